"""What a parquet file holds by its footer, and what its pages unpack to by their headers.

The footer may lie; it is the pages' headers that the decoder believes. Both are read by ourselves:
pyarrow's objects for a column chunk end the process (`terminate`, no exception) where its
statistics are odd; its reader does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any, BinaryIO, Final

import pyarrow as pa

from crosslight.store.thrift import Wanted, read_struct

MIB: Final = 2**20
MOST_BATCH = 64 * MIB
"""Bytes that a batch may decode to beyond its pages, where values share bytes."""
MOST_PAGES = 96 * MIB
"""Bytes of the unpacked pages that are in memory at once, of a small file."""
_HEADER = 512  # bytes of a page's header, as a rule
_MOST_HEADER = 256 * 1024
_MOST_PAGES_OF_A_FILE = 100_000  # and one a KiB of the file above that
_MOST_HEADERS_OF_A_FILE = 8 * MIB  # and a sixteenth of the file above that
_MOST_GROUPS = 10_000  # and one for 256 bytes of the file above that
_MOST_WALKED = 1_000_000  # values of a dictionary that are looked at one by one

_DICTIONARY = frozenset((2, 8))  # encodings whose values stand in the dictionary page
_PAGE_FIELDS: Wanted = {
    **{1: {}, 2: {}, 3: {}},
    **{5: {1: {}, 2: {}}, 7: {1: {}}, 8: {1: {}, 4: {}}},
}
_ROW_GROUPS = 4  # the field of the footer
_CHUNK_FIELDS: Wanted = {3: {1: {}, 4: {}, 5: {}, 7: {}, 9: {}, 11: {}}}
_FOOTER_FIELDS: Wanted = {_ROW_GROUPS: {1: _CHUNK_FIELDS, 3: {}}}
_TYPE = 1  # of a page, and below what it can be
_DATA, _INDEX, _DICTIONARY_PAGE, _DATA_2 = range(4)
_ABOUT = {_DATA: 5, _DICTIONARY_PAGE: 7, _DATA_2: 8}
"""The field of a page's header that tells about a page of that type."""
_MOST_FOOTER = 32 * MIB
_BYTE_ARRAY, _FIXED_BYTES = 6, 7  # types of values
_CODECS = {1: "snappy", 2: "gzip", 4: "brotli", 6: "zstd", 7: "lz4_raw"}
_LENGTH = Struct("<I")  # before each text of a dictionary
_FRONT_CODED = 7  # DELTA_BYTE_ARRAY: a value may be its predecessor's bytes and none of its own


@dataclass(slots=True)
class Column:
    """What a column chunk unpacks to: the bytes held at once, and those of its longest value
    where values share them (0: each has its own), or more. `coded`: the dictionary, in
    which nobody has looked yet; `besides`: the longest value without it."""

    repeated: bool
    held: int = 0
    unpacked: int = 0
    longest: int = 0
    besides: int = 0
    values: int = 0
    coded: "Coded | None" = None


@dataclass(frozen=True, slots=True)
class Coded:
    """A dictionary page: where it lies, its bytes packed and unpacked, the values in it."""

    at: int
    packed: int
    size: int
    count: Any


@dataclass(frozen=True, slots=True)
class Leaf:
    """A column of the file by its place; `fixed`: bytes of a value where all have one length."""

    at: int
    path: str
    fixed: int
    repeated: bool


@dataclass(slots=True)
class Walk:
    """What was looked at in a file so far: a page can stand in many columns, and cost time each
    time, without unpacking to anything."""

    raw: BinaryIO
    size: int
    pages: int = 0
    headers: int = 0

    def page(self, header: int) -> None:
        """One more page, with a header of so many bytes. Raises `ValueError`."""
        self.pages += 1
        self.headers += header
        if self.pages > _MOST_PAGES_OF_A_FILE + self.size // 1024:
            raise ValueError("too many pages")
        if self.headers > _MOST_HEADERS_OF_A_FILE + self.size // 16:
            raise ValueError("too many bytes of pages' headers")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where a column of a row group lies. Numbers as the format has them."""

    kind: int
    codec: int
    values: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Group:
    """A row group: its rows, and a chunk for every leaf of the schema."""

    rows: int
    chunks: tuple[Chunk, ...]


def read_footer(raw: BinaryIO, size: int) -> tuple[Group, ...]:
    """The row groups of a file. Raises `ValueError` and `LookupError` for a footer that is none."""
    raw.seek(max(0, size - 8))
    length = int.from_bytes(raw.read(4), "little")
    if length > min(_MOST_FOOTER, size - 8):
        raise ValueError(f"a footer of {length:,} bytes")
    raw.seek(size - 8 - length)
    told, _ = read_struct(raw.read(length), _FOOTER_FIELDS)
    if len(told[_ROW_GROUPS]) > _MOST_GROUPS + size // 256:
        raise ValueError(f"{len(told[_ROW_GROUPS]):,} row groups")
    return tuple(_group(group, size) for group in told[_ROW_GROUPS])


def _group(told: dict[int, Any], size: int) -> Group:
    rows = _whole(told[3])
    if rows < 0:
        raise ValueError("a row group of less than no rows")
    return Group(rows, tuple(_chunk(chunk[3], size) for chunk in told[1]))


def _chunk(told: dict[int, Any], size: int) -> Chunk:
    start, dictionary = _whole(told[9]), _whole(told.get(11, 0))
    if 0 < dictionary < start:
        start = dictionary
    end = start + _whole(told[7])
    if not 0 <= start <= end <= size:
        raise ValueError("a column past the end of the file")
    return Chunk(_whole(told[1]), _whole(told[4]), _whole(told[5]), start, end)


def _whole(value: Any) -> int:
    if not isinstance(value, int):
        raise ValueError("a number that is none")
    return value


def unpacked(walk: Walk, chunk: Chunk, leaf: Leaf) -> Column:
    """What a column chunk unpacks to, by the headers of its pages. Raises `ValueError`."""
    at, raw = chunk.start, walk.raw
    column = Column(leaf.repeated, besides=leaf.fixed)
    coded: Coded | None = None
    dictionary = page = shared = 0
    while at < chunk.end and column.values < chunk.values:
        header, length = page_header(raw, at)
        walk.page(length)
        size, packed = _whole(header.get(2)), _whole(header.get(3))
        if size < 0 or not 0 <= packed <= chunk.end - at:
            raise ValueError("a page past the end of its column")
        column.unpacked += size
        if header[_TYPE] == _DICTIONARY_PAGE:
            count = header[_ABOUT[_DICTIONARY_PAGE]].get(1)
            coded = None if dictionary else Coded(at + length, packed, size, count)
            dictionary += size
        elif (told := _data_page(header)) is not None:
            values, encoding = told
            column.values += values
            page = max(page, size)
            if encoding in _DICTIONARY:
                shared = dictionary
            elif encoding == _FRONT_CODED:
                column.besides = max(column.besides, size)
        at += length + packed
    column.held = dictionary + page
    column.coded = coded if shared else None
    column.longest = max(column.besides, shared)
    return column


def fits(columns: Sequence[Column], rows: int) -> bool:
    """Whether so many rows are small also where each had the longest values that there may be."""
    lists = max((c.values * c.longest for c in columns if c.repeated), default=0)
    return rows * sum(c.longest for c in columns) <= MOST_BATCH and lists <= 4 * MOST_BATCH


def look_closer(column: Column, raw: BinaryIO, chunk: Chunk) -> None:
    """Find the longest value of a column's dictionary, where that can be less than all of it."""
    coded = column.coded
    if coded is not None and 0 < coded.size <= MOST_PAGES:
        raw.seek(coded.at)
        longest = _longest(raw.read(coded.packed), coded.size, coded.count, chunk)
        column.longest = max(column.besides, longest)


def page_header(raw: BinaryIO, at: int) -> tuple[dict[int, Any], int]:
    """The header of a page, which is of one kind and says so. Raises `ValueError`."""
    raw.seek(at)
    data = raw.read(_HEADER)
    try:
        header, length = read_struct(data, _PAGE_FIELDS)
    except ValueError:  # statistics can make it longer
        header, length = read_struct(data + raw.read(_MOST_HEADER - _HEADER), _PAGE_FIELDS)
    about = _ABOUT.get(_whole(header.get(_TYPE)))
    for field in _ABOUT.values():
        if isinstance(header.get(field), dict) != (field == about):
            raise ValueError("a page that is of two kinds, or of none")
    return header, length


def _data_page(header: dict[int, Any]) -> tuple[int, Any] | None:
    """Values and encoding of a data page, of either version; None of another page."""
    if header[_TYPE] not in (_DATA, _DATA_2):
        return None
    told = header[_ABOUT[header[_TYPE]]]
    values, encoding = told.get(1), told.get(2 if header[_TYPE] == _DATA else 4)
    if not isinstance(values, int) or values < 0:
        raise ValueError("a page without a number of values")
    return values, encoding


def _longest(packed: bytes, size: int, count: Any, chunk: Chunk) -> int:
    """Bytes of the longest value of a dictionary page; all of the page where nobody can tell."""
    if chunk.kind != _BYTE_ARRAY:
        return size if chunk.kind == _FIXED_BYTES else 16
    if not isinstance(count, int) or not 0 <= count <= _MOST_WALKED:
        return size
    data = packed
    if chunk.codec:
        try:
            data = pa.Codec(_CODECS[chunk.codec]).decompress(packed, size, asbytes=True)
        except (pa.ArrowException, OSError, ValueError, LookupError):
            return size
    at = longest = 0
    for _ in range(count):  # the decoder takes no more either
        if at + 4 > len(data):
            break
        (length,) = _LENGTH.unpack_from(data, at)
        longest = max(longest, length)
        at += 4 + length
    return min(longest, size)
