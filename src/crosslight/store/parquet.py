"""Reading parquet that anybody may have written: judged before it is unpacked, and in parts.

A few kilobytes can stand for gigabytes: a page that unpacks a thousandfold, one long value that all
rows share, more rows than bytes, one page in many row groups. What pages unpack to is read out of
the pages' own headers, for the footer may lie; it is the headers that the decoder believes.

Where the pages are is read out of the footer by ourselves: pyarrow's objects for a column chunk end
the process (`terminate`, no exception) where its statistics are odd; its reader does not.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from crosslight.records import CrosslightError
from crosslight.store.paths import open_regular
from crosslight.store.thrift import Wanted, read_struct

MIB: Final = 2**20
AT_ONCE = 1024
"""Rows of a batch, where their values are short."""
MOST_BATCH = 64 * MIB
"""Bytes that a batch may decode to beyond its pages, where values share bytes."""
MOST_PAGES = 96 * MIB
"""Bytes of the unpacked pages that are in memory at once, of a small file."""
MOST_PAGES_EVER = 1024 * MIB
"""The same of a large file: up to four times its own size."""
MOST_READ = 4096 * MIB
"""Bytes that a file may unpack to, and a hundred times its size above that."""
MOST_ROWS = 100_000
"""Rows (and values of a column), and eight a byte of the file above that."""
MOST_TABLE = 512 * MIB
"""Bytes of a table that is read as a whole, and up to `MOST_READ` for 256 times the file's size."""
_HEADER = 512  # bytes of a page's header, as a rule
_MOST_HEADER = 256 * 1024
_MOST_PAGES_OF_A_FILE = 100_000  # and one a KiB of the file above that
_MOST_HEADERS_OF_A_FILE = 8 * MIB  # and a sixteenth of the file above that
_MOST_GROUPS = 10_000  # and one for 256 bytes of the file above that
_MOST_WALKED = 1_000_000  # values of a dictionary that are looked at one by one

_DICTIONARY = frozenset((2, 8))  # encodings whose values stand in the dictionary page
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
_FRONT_CODED = 7  # DELTA_BYTE_ARRAY: a value may be its predecessor's bytes and none of its own


class TableError(CrosslightError):
    """A table that is damaged, no parquet, or larger than what is read. `hint` says what to do."""


@dataclass(slots=True)
class _Column:
    """What a column chunk unpacks to: the bytes held at once, and those of its longest value
    where values share them (0: each has its own)."""

    held: int = 0
    unpacked: int = 0
    longest: int = 0
    values: int = 0


@dataclass(slots=True)
class _Walk:
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
class _Chunk:
    """Where a column of a row group lies. Numbers as the format has them."""

    kind: int
    codec: int
    values: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Group:
    """A row group: its rows, and a chunk for every leaf of the schema."""

    rows: int
    chunks: tuple[_Chunk, ...]


class TableFile:
    """An open parquet file. Raises `TableError` for all that is wrong inside of the file, and
    OSError for what is wrong with its place (missing, no right to read)."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._raw: BinaryIO = open_regular(self.path)
        try:
            with _readable(self.path):
                self.size = self._raw.seek(0, 2)
                # Without pre-buffering a row group of photos is streamed, not held.
                self._file = pq.ParquetFile(self.path, pre_buffer=False, buffer_size=MIB)
                self.schema: pa.Schema = self._file.schema_arrow
                self.rows: int = self._file.metadata.num_rows
                self._walk = _Walk(self._raw, self.size)
                self._groups = _footer(self._raw, self.size)
                self._leaves = [
                    self._file.schema.column(at).path for at in range(len(self._file.schema.names))
                ]
                self._refuse(self.rows > self._most_values, f"{self.rows:,} rows")
        except BaseException:
            self._raw.close()
            raise
        self._unpacked = 0

    def batches(
        self,
        columns: Sequence[str] | None = None,
        *,
        at_once: int = AT_ONCE,
        groups: Sequence[int] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Rows of the wanted columns (`image.bytes` is a part of one), at most `at_once` together
        and fewer where they are large; of all row groups or of some."""
        wanted = None if columns is None else list(dict.fromkeys(columns))
        there = {name for found in _asked(self._leaves, wanted or ()) for name in found}
        for name in wanted or ():
            if name not in there:
                raise TableError(
                    f"{self.path.name} has no column {name!r}", "get or make the table again"
                )
        for group in range(self.groups) if groups is None else groups:
            with _readable(self.path):
                rows = min(at_once, self._judge(group, wanted))
                parts = self._file.iter_batches(rows, row_groups=[group], columns=wanted)
            while True:
                with _readable(self.path):
                    batch = next(parts, None)
                    if batch is None:
                        break
                    self._spend(batch.nbytes)
                yield batch

    def rows_of(
        self, columns: Sequence[str] | None = None, *, groups: Sequence[int] | None = None
    ) -> Iterator[dict[str, Any]]:
        """The same, a row at a time as Python values."""
        for batch in self.batches(columns, groups=groups):
            with _readable(self.path):
                rows = batch.to_pylist()
            yield from rows

    @property
    def groups(self) -> int:
        """How many row groups there are."""
        return len(self._groups)

    @property
    def rows_by_group(self) -> list[int]:
        """Rows of each row group."""
        return [group.rows for group in self._groups]

    def column(self, name: str, group: int) -> pa.ChunkedArray:
        """One column of a row group as a whole; of an image its bytes and path alone."""
        parts = [leaf for leaf in self._leaves if leaf in (f"{name}.bytes", f"{name}.path")]
        batches = _held(self, self.batches(parts or [name], groups=[group]))
        with _readable(self.path):
            return pa.chunked_array([batch.column(0) for batch in batches])

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def _most_values(self) -> int:
        return MOST_ROWS + 8 * self.size

    def _judge(self, group: int, wanted: Sequence[str] | None) -> int:
        """How many rows of a row group may be decoded at once. Raises `TableError`."""
        about = self._groups[group]
        held = shared = 0
        asked = None if wanted is None else _asked(self._leaves, wanted)
        for at in range(len(self._leaves)):
            if asked is not None and not asked[at]:
                continue
            kind = self._file.schema.column(at)
            repeated = kind.max_repetition_level > 0
            column = _unpacked(self._walk, about.chunks[at], max(0, kind.length or 0), repeated)
            self._spend(column.unpacked)
            self._refuse(column.values > self._most_values, f"{column.values:,} values")
            held += column.held
            shared += column.longest
            # One row may hold all the values.
            if repeated and column.values * column.longest > 4 * MOST_BATCH:
                self._refuse(True, f"lists of {column.values * column.longest:,} bytes")
        most = max(MOST_PAGES, min(MOST_PAGES_EVER, 4 * self.size))
        self._refuse(held > most, f"pages of {held:,} bytes in row group {group}")
        self._refuse(shared > most, f"a value of {shared:,} bytes in row group {group}")
        return max(1, MOST_BATCH // shared) if shared else max(1, about.rows)

    def _spend(self, size: int) -> None:
        self._unpacked += size
        self._refuse(self._unpacked > max(MOST_READ, 100 * self.size), "endless data")

    def _refuse(self, refused: bool, what: str) -> None:
        if refused:
            raise TableError(
                f"{self.path.name} unpacks {self.size:,} bytes to more than is read: {what}",
                "write it again with smaller row groups",
            )


def _asked(leaves: Sequence[str], wanted: Sequence[str]) -> list[list[str]]:
    """Of each leaf those of the names that are its path, or that of something it is part of."""
    names, lengths = frozenset(wanted), {len(name) for name in wanted}
    ends = [[n for n in lengths if leaf[n : n + 1] in ("", ".")] for leaf in leaves]
    return [
        [leaf[:n] for n in found if leaf[:n] in names]
        for leaf, found in zip(leaves, ends, strict=True)
    ]


def read_table(path: str | Path, columns: Sequence[str] | None = None) -> pa.Table:
    """These columns of a table as a whole. Raises `TableError` and OSError."""
    with TableFile(path) as file:
        batches = _held(file, file.batches(columns))
        with _readable(file.path):
            if batches:
                return pa.Table.from_batches(batches)
            kept = [f for f in file.schema if columns is None or f.name in columns]
            return pa.schema(kept, metadata=file.schema.metadata).empty_table()


def _held(file: TableFile, batches: Iterator[pa.RecordBatch]) -> list[pa.RecordBatch]:
    most = max(MOST_TABLE, min(MOST_READ, 256 * file.size))
    held: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        held.append(batch)
        size += batch.nbytes
        if size > most:
            raise TableError(
                f"{file.path.name} unpacks {file.size:,} bytes to more than {most:,}",
                "get or make the table again, in smaller row groups",
            )
    return held


def table_rows(path: str | Path, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a table, in parts. Raises `TableError` and OSError."""
    with TableFile(path) as file:
        yield from file.rows_of(columns)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except CrosslightError:
        raise
    # Arrow's errors, broken UTF-8, dates past Python's, too deep a schema, no memory
    except Exception as error:
        if isinstance(error, OSError) and error.errno:
            raise
        line = " ".join(str(error).split())[:200] or type(error).__name__
        raise TableError(
            f"{path.name} is no parquet table that can be read: {line}",
            "get or make the table again",
        ) from error


def _footer(raw: BinaryIO, size: int) -> tuple[_Group, ...]:
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


def _group(told: dict[int, Any], size: int) -> _Group:
    return _Group(_whole(told[3]), tuple(_chunk(chunk[3], size) for chunk in told[1]))


def _chunk(told: dict[int, Any], size: int) -> _Chunk:
    start, dictionary = _whole(told[9]), _whole(told.get(11, 0))
    if 0 < dictionary < start:
        start = dictionary
    end = start + _whole(told[7])
    if not 0 <= start <= end <= size:
        raise ValueError("a column past the end of the file")
    return _Chunk(_whole(told[1]), _whole(told[4]), _whole(told[5]), start, end)


def _whole(value: Any) -> int:
    if not isinstance(value, int):
        raise ValueError("a number that is none")
    return value


def _unpacked(walk: _Walk, chunk: _Chunk, fixed: int, repeated: bool) -> _Column:
    """What a column chunk unpacks to, by the headers of its pages. Raises `ValueError`.

    `fixed`: bytes of a value where all have one length.
    """
    at, raw = chunk.start, walk.raw
    column = _Column(longest=fixed)
    dictionary = page = longest = 0
    while at < chunk.end and column.values < chunk.values:
        header, length = _header(raw, at)
        walk.page(length)
        size, packed = _whole(header.get(2)), _whole(header.get(3))
        if size < 0 or not 0 <= packed <= chunk.end - at:
            raise ValueError("a page past the end of its column")
        column.unpacked += size
        if header[_TYPE] == _DICTIONARY_PAGE:
            dictionary += size
            longest = dictionary
            many = chunk.values if repeated else AT_ONCE
            if size * many > MOST_BATCH // 64 and 0 < size <= MOST_PAGES:
                raw.seek(at + length)
                longest = _longest(
                    raw.read(packed), size, header[_ABOUT[_DICTIONARY_PAGE]].get(1), chunk
                )
        elif (told := _data_page(header)) is not None:
            values, encoding = told
            column.values += values
            page = max(page, size)
            if encoding in _DICTIONARY:
                column.longest = max(column.longest, longest)
            elif encoding == _FRONT_CODED:
                column.longest = max(column.longest, size)
        at += length + packed
    column.held = dictionary + page
    return column


def _header(raw: BinaryIO, at: int) -> tuple[dict[int, Any], int]:
    """The header of a page, which is of one kind and says so. Raises `ValueError`."""
    raw.seek(at)
    data = raw.read(_HEADER)
    try:
        header, length = read_struct(data)
    except ValueError:  # statistics can make it longer
        header, length = read_struct(data + raw.read(_MOST_HEADER - _HEADER))
    about = {field for field in _ABOUT.values() if isinstance(header.get(field), dict)}
    if about != {field for kind, field in _ABOUT.items() if kind == header.get(_TYPE)}:
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


def _longest(packed: bytes, size: int, count: Any, chunk: _Chunk) -> int:
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
    while at + 4 <= len(data):
        length = int.from_bytes(data[at : at + 4], "little")
        longest = max(longest, length)
        at += 4 + length
    return min(longest, size)
