"""Labels of people as CSV, JSON and JSON lines."""

import itertools
from collections.abc import Sequence
from pathlib import Path

from crosslight.judge.labels import LabelError, read_labels
from tests.fuzz.target import Target

SOUND = (
    b'image,label,rule\r\na.jpg,unsafe,flame\r\n"b, c.jpg",safe,*\r\nd.jpg,,\r\n',
    b"sep=;\nimage;label;\na.jpg;1;\n",
    "image\tlabel\rü.jpg\tsafe\r".encode("utf-16"),
    b'{"image": "a", "label": "unsafe"}\n{"photo": "b", "label": false}\n',
    b'[{"source": "a", "label": "safe", "rule": "r"}, {"image": "b", "label": 1}]',
)
HEADERS = (
    b"image,label",
    b"image;label",
    b"label",
    b"",
    b"\0",
    b"image,label,,",
    b"sep=\t",
    b'"image',
)
ROWS = (
    b"a,safe",
    b"a;safe",
    b"a,b,c,d",
    b'"',
    b"\xff,safe",
    b"a,\x00",
    b"a,s\xc3\xa4fe",
    b"\r,safe",
)
VALUES = (
    b"1",
    b"[]",
    b"{}",
    b'"a"',
    b"NaN",
    b"[1]",
    b'{"label": {}}',
    b'{"image": [], "label": "1"}',
)


def sound() -> Sequence[bytes]:
    """Small files of each form."""
    return SOUND


def handmade() -> Sequence[bytes]:
    """Odd headers over odd rows, and odd JSON."""
    tables = [head + b"\n" + row + b"\n" for head, row in itertools.product(HEADERS, ROWS)]
    values = [b"[" + value + b"]" for value in VALUES] + [value + b"\n" for value in VALUES]
    return [*tables, *values, b"[" * 50_000, b'{"a":' * 50_000, b"[" + b"9" * 5_000 + b"]"]


def read(data: bytes, folder: Path) -> None:
    """A file of that content, under each name that it could have."""
    for name in ("l.csv", "l.json", "l.jsonl"):
        path = folder / name
        path.write_bytes(data)
        try:
            found = read_labels(path)
        except LabelError as error:
            assert name in error.message
            assert len(error.message) < 50_000
        else:
            assert found.values


TARGET = Target("labels", read, sound, handmade, files=300)
