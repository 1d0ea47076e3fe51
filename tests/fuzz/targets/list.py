"""Lists of paths and URLs."""

from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.target import Target, account

LINES = (
    *("a.jpg", "../a.jpg", "/etc/passwd", "~", ".", "/", "\\\\host\\share", "C:\\a.jpg", "a\0b"),
    *(
        "http://",
        "http:/x",
        "http://[",
        "http://[::1",
        "http://x:99999/",
        "http://x:y/",
        "HTTP://X",
    ),
    *("https://me:pw@x.org/a?b#c", "ftp://x/a", "file:///etc/passwd", "data:image/png;base64,A"),
    *("javascript:alert(1)", "://", "a:b", "a://", "%00", "%2e%2e/", "\u202egpj.a", "\x1b[31m"),
    *("x" * 5000, "x" * 9000, "d/" * 3000, "/proc/self/environ", "/dev/zero", "/dev/stdin", "con"),
    *(
        "127。0。0。1",
        "http://127。0。0。1/",
        "http://\u00ad/",
        "http://x\u3002y/",
        "\ufeff",
        "\u0085",
    ),
    *("http://x/" + "%" * 100, "http://" + "a" * 300 + "/", "\ud7ff", "\U0010ffff", " a.jpg", "\t"),
)


def sound() -> Sequence[bytes]:
    """A list with what people write."""
    return ["\n".join(LINES[:8]).encode(), "\r\n".join(LINES).encode()]


def handmade() -> Sequence[bytes]:
    """Every line by itself, and lists that are none."""
    others = [b"", b"\n\n", b"\xff\xfe", b"\xef\xbb\xbf", b"\0" * 1000, b"x" * 5_000_000]
    return [*(line.encode() for line in LINES), *others]


def read(data: bytes, folder: Path) -> None:
    """A file of that content."""
    path = folder / "l.txt"
    path.write_bytes(data)
    account(path)


TARGET = Target("list", read, sound, handmade)
