"""The members of a tar, read forwards only: what a stranger writes into a header cannot turn the
reader back, call it deeper, or make it hold more than a header's bound.

`tarfile` does all three (sizes below zero, chains of long names, maps of sparse files), differently
at every patch level, and ends without a word at a header in the middle that it cannot read.
"""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import IO

from crosslight.photos.sources.found import SourceError

BLOCK = tarfile.BLOCKSIZE
MOST_HEADER = 4 * 2**20
"""Bytes of long names and other records before one member."""
MOST_CHAIN = 32
"""Such records before one member: a name, a link's target and a few of other tools."""
MOST_NAME = 4096
"""Characters of a name that are kept."""
CHUNK = 2**20

_LONG_NAME, _LONG_LINK = tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK
_RECORDS = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
_BEFORE = (_LONG_NAME, _LONG_LINK, *_RECORDS, tarfile.XGLTYPE)
_PAX_SPARSE = "GNU.sparse."


class Kind(Enum):
    """What a member is."""

    FILE = auto()
    FOLDER = auto()
    LINK = auto()
    SPECIAL = auto()
    """A device, a FIFO, a sparse file, or of a type that we do not know."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member: `size` bytes of data begin at `offset`, of the unpacked archive."""

    name: str
    kind: Kind
    offset: int
    size: int


def read_members(file: "Forward") -> Iterator[Member]:
    """The members in order. Between two of them the caller may read the data, or a part of it.

    Raises `SourceError` (`damaged_archive`) for what is no tar, is cut, or lies about itself.
    """
    common: dict[str, str] = {}
    while (member := _next(file, common)) is not None:
        yield member
        file.skip_to(member.offset + _padded(member.size))


class Forward:
    """A file that is only read forwards. `length` is where it ends; None where nobody knows.

    `most` bounds what is read of it, in bytes.
    """

    def __init__(self, file: IO[bytes], length: int | None, most: int) -> None:
        self._file = file
        self.length = length
        self._most = most
        self.at = 0

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end."""
        self._bound(self.at + size)
        parts: list[bytes] = []
        left = size
        while left > 0 and (part := self._file.read(min(left, CHUNK))):
            parts.append(part)
            left -= len(part)
        self.at += size - left
        return b"".join(parts)

    def read_whole(self, size: int) -> bytes:
        """`size` bytes, or the archive is cut."""
        data = self.read(size)
        if len(data) < size:
            raise damaged("unexpected end of data")
        return data

    def skip_to(self, place: int) -> None:
        """Go forward to a place."""
        self._bound(place)
        if self.length is not None:
            if place > self.length:
                raise damaged("unexpected end of data")
            self._file.seek(place)
            self.at = place
        while self.at < place:
            if not self.read(min(place - self.at, CHUNK)):
                raise damaged("unexpected end of data")

    def _bound(self, place: int) -> None:
        if place > self._most:
            raise damaged(f"unpacks to more than {self._most:,} bytes")


def damaged(detail: str) -> SourceError:
    """The archive from here on cannot be used."""
    return SourceError("damaged_archive", detail)


def _next(file: Forward, common: dict[str, str]) -> Member | None:
    """The next member; None at the mark of the end. `common` holds what global headers say."""
    long_name, own = "", dict[str, str]()
    spent = 0
    for _ in range(MOST_CHAIN + 1):
        header = _header(file)
        if header is None:
            if spent:
                raise damaged("a name without a member")
            return None
        if header.type not in _BEFORE:
            told = {**common, **own}
            if _PAX_SPARSE + "name" in told:
                long_name = told[_PAX_SPARSE + "name"]
            return _member(file, header, told, told.get("path") or long_name)
        spent += header.size
        if not 0 <= header.size <= MOST_HEADER or spent > MOST_HEADER:
            raise damaged(f"a header of {header.size:,} bytes")
        data = file.read_whole(_padded(header.size))[: header.size]
        if header.type == _LONG_NAME:
            long_name = _text(data.partition(b"\0")[0])
        elif header.type == tarfile.XGLTYPE:
            common |= _records(data)
        elif header.type in _RECORDS:
            own |= _records(data)
    raise damaged(f"more than {MOST_CHAIN} headers before one member")


def _header(file: Forward) -> tarfile.TarInfo | None:
    """The next header block; None for the block of zeros that ends an archive."""
    block = file.read(BLOCK)
    if not block:
        raise damaged("empty" if file.at == 0 else "no mark of the end: it may be cut")
    if len(block) < BLOCK:
        raise damaged("unexpected end of data")
    if not any(block):
        return None
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise damaged(str(error) or "a bad header") from None
    more = header.type == tarfile.GNUTYPE_SPARSE and block[482]
    while more:  # the rest of a sparse file's map
        more = file.read_whole(BLOCK)[504]
    return header


def _member(file: Forward, header: tarfile.TarInfo, told: dict[str, str], name: str) -> Member:
    size = header.size
    if "size" in told:
        if not (told["size"].isascii() and told["size"].isdigit() and len(told["size"]) < 20):
            raise damaged(f"a size of {told['size'][:40]!r}")
        size = int(told["size"])
    if size < 0:
        raise damaged(f"a size of {size:,} bytes")
    kind = _kind(header, told)
    if kind not in (Kind.FILE, Kind.SPECIAL) or header.type in _WITHOUT_DATA:
        size = 0
    if file.length is not None and file.at + size > file.length:
        raise damaged("unexpected end of data")
    return Member((name or header.name)[:MOST_NAME], kind, file.at, size)


_WITHOUT_DATA = (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)


def _kind(header: tarfile.TarInfo, told: dict[str, str]) -> Kind:
    if header.isdir():
        return Kind.FOLDER
    if header.issym() or header.islnk():
        return Kind.LINK
    if header.type not in tarfile.REGULAR_TYPES or header.type == tarfile.GNUTYPE_SPARSE:
        return Kind.SPECIAL
    return Kind.SPECIAL if _PAX_SPARSE in told else Kind.FILE


def _records(data: bytes) -> dict[str, str]:
    """The records of a PAX header, `LENGTH KEY=VALUE` each, of which three and a mark are kept."""
    found: dict[str, str] = {}
    at = 0
    while at < len(data) and data[at]:
        space = data.find(b" ", at, at + 12)
        length = data[at:space] if space > 0 else b""
        if not length.isdigit():
            raise damaged("a bad record in a header")
        end = at + int(length)
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if not equals or end > len(data) or data[end - 1 : end] != b"\n":
            raise damaged("a bad record in a header")
        name = _text(key)
        if name in ("path", "size", _PAX_SPARSE + "name"):
            found[name] = _text(value)
        if name.startswith(_PAX_SPARSE):
            found[_PAX_SPARSE] = ""
        at = end
    return found


def _text(data: bytes) -> str:
    return data[: 4 * MOST_NAME].decode("utf-8", "surrogateescape")


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK
