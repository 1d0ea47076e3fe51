"""Tables of photos as CSV."""

from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.target import Target, account

SOUND = (
    b'image,license,source_url,note\r\na.jpg,CC0,https://x.org/1,"a ""b"", c"\r\n'
    b",,,\r\nb.jpg,,,\r\n",
    b"\xef\xbb\xbfpath,terms\na.jpg,\xc3\xa4\n../b.jpg,x\nhttps://x.org/c.jpg?sig=1,y\n",
)
HEADERS = (b"", b",", b"image", b"image,image", b"\0", b'"image', b"\xff\xfei\0m\0", b"x" * 200_000)
ROWS = (b"", b'"', b"a\0b", b"x" * 200_000, b",,,,,,", b'"\n"\n"', b"http://[", b"\xff\xff", b"\r")


def sound() -> Sequence[bytes]:
    """Two small tables."""
    return SOUND


def handmade() -> Sequence[bytes]:
    """Odd headers over odd rows."""
    return [head + b"\n" + row + b"\na.jpg,x\n" for head in HEADERS for row in ROWS]


def read(data: bytes, folder: Path) -> None:
    """A file of that content."""
    path = folder / "t.csv"
    path.write_bytes(data)
    account(path)


TARGET = Target("csv", read, sound, handmade)
