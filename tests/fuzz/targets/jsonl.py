"""Tables of photos as JSON lines."""

from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.target import Target, account

SOUND = (
    b'{"image": "a.jpg", "licence": "CC0", "tags": ["x"], "n": 3}\n'
    b'{"image": {"path": "b.jpg", "bytes": null}}\n{"image": ["a.jpg", "https://x.org/b.jpg"]}\n',
    b'{"url": "http://x.org/a.jpg", "author": "\xc3\xa4", "w": 1.5, "ok": true, "no": null}\n',
)
VALUES = (
    *("1", "-1", "1e999", "NaN", "null", "true", '""', '" "', "[]", "{}", "[[]]", "[null]"),
    *('{"bytes": 3}', '{"path": {"path": "a"}}', '{"path": ["a"]}', '"\\u0000"', '"\\ud800"'),
    *('"data:image/png;base64,AA"', '"file:///etc/passwd"', '"http://["', '"http://x:y:z/"'),
    *('"/dev/zero"', '"' + "x" * 9000 + '"', "1" * 5000, "[" * 3000 + "]" * 3000, "[1, [2]]"),
)


def sound() -> Sequence[bytes]:
    """Two small tables."""
    return SOUND


def handmade() -> Sequence[bytes]:
    """Every odd value as the image, and as what is said of one."""
    texts = [f'{{"image": {value}}}\n{{"image": "a.jpg"}}' for value in VALUES]
    texts += [f'{{"image": "a.jpg", "licence": {value}, "x": {value}}}' for value in VALUES]
    texts += ["", "\n\n", "[", "[1]", "{", '{"": ""}', '{"image": "a.jpg"', "\0", '"image"']
    return [text.encode() for text in texts]


def read(data: bytes, folder: Path) -> None:
    """A file of that content."""
    path = folder / "t.jsonl"
    path.write_bytes(data)
    account(path)


TARGET = Target("jsonl", read, sound, handmade)
