"""TIFF directories (also those inside EXIF and MPF): how much they make a reader read.

An entry of twelve bytes can name any stretch of the file as its value, so a small file could be
read a thousand times over.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from crosslight.store.bounds import too_complex

WIDTH, HEIGHT = 256, 257
STRIPS, TILES = 273, 324
ORIENTATION = 0x0112
_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_BYTES |= {16: 8, 17: 8, 18: 8}
_INNER = (34665, 34853)  # EXIF, GPS: read too
_MOST_ENTRIES = 4_096
_MOST_PIECES = 1_000_000  # strips or tiles of one picture
_PLAIN_ENTRIES = 512
_SMALL = 1 << 16
_EXIF = b"Exif\0\0"


@dataclass
class Directory:
    """A directory as far as it can be read. `value_bytes` lie outside its entries."""

    entries: int = 0
    value_bytes: int = 0
    numbers: dict[int, int] = field(default_factory=dict)
    """Of some tags, the first value where it stands in the entry itself."""
    counts: dict[int, int] = field(default_factory=dict)


def read_directory(data: bytes) -> Directory:
    """The first directory of a TIFF with its inner ones. Raises `BadImage` for a costly one."""
    if len(data) < 8:
        return Directory()
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"+\0", b"\0+")
    start = _number(data, order + ("Q" if big else "I"), 8 if big else 4)
    found = _directory(data, start, order, big)
    for tag in _INNER:
        if tag in found.numbers:
            inner = _directory(data, found.numbers[tag], order, big)
            found.entries += inner.entries
            found.value_bytes += inner.value_bytes
    # A real file's values do not overlap; some writers let a few of them.
    if found.value_bytes > 2 * len(data) + _SMALL:
        raise too_complex(f"tags of {found.value_bytes:,} bytes in a file of {len(data):,}")
    pieces = max(found.counts.get(STRIPS, 0), found.counts.get(TILES, 0))
    if pieces > _MOST_PIECES:
        raise too_complex(f"{pieces:,} strips or tiles, the bound is {_MOST_PIECES:,}")
    return found


def plain_exif(block: bytes) -> bool:
    """Whether an EXIF block costs next to nothing to read. Raises `BadImage` for a costly one."""
    body = block.removeprefix(_EXIF).removeprefix(_EXIF)
    if body[:2] not in (b"II", b"MM"):
        return True  # refused at its first bytes
    found = read_directory(body)
    return found.entries <= _PLAIN_ENTRIES and found.value_bytes <= 4 << 20


def _directory(data: bytes, start: int, order: str, big: bool) -> Directory:
    found = Directory()
    count = _number(data, order + ("Q" if big else "H"), start)
    at = start + (8 if big else 2)
    for tag, unit, many, value in _entries(data, at, count, order, big):
        found.entries += 1
        if found.entries > _MOST_ENTRIES:
            raise too_complex(f"more than {_MOST_ENTRIES:,} tags in one directory")
        found.counts.setdefault(tag, many)
        if unit * many > (8 if big else 4):
            found.value_bytes += unit * many
        elif many:
            form = {1: "B", 2: "H", 4: "I", 8: "Q"}[unit]
            found.numbers.setdefault(tag, _number(value, order + form, 0))
    return found


def _entries(
    data: bytes, at: int, count: int, order: str, big: bool
) -> Iterator[tuple[int, int, int, bytes]]:
    """(tag, bytes of one value, how many, the value's field) of every entry that is whole."""
    form = struct.Struct(order + ("HHQ8s" if big else "HHI4s"))
    for _ in range(count):
        if at < 0 or at + form.size > len(data):
            return
        tag, kind, many, value = form.unpack_from(data, at)
        at += form.size
        if kind in _BYTES:
            yield tag, _BYTES[kind], many, value


def _number(data: bytes, form: str, at: int) -> int:
    """The number there; 0 where the data ends before."""
    if at < 0 or at + struct.calcsize(form) > len(data):
        return 0
    return int(struct.unpack_from(form, data, at)[0])
