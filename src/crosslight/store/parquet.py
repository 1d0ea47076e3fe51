"""Reading parquet that anybody may have written: judged before it is unpacked, and in parts.

A few kilobytes can stand for gigabytes: a page that unpacks a thousandfold, one long value that all
rows share, more rows than bytes, one page in many row groups. What pages unpack to is read out of
the pages' own headers (`pages.py`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import pyarrow as pa
import pyarrow.parquet as pq

from crosslight.records import CrosslightError
from crosslight.store.pages import (
    MIB,
    MOST_BATCH,
    MOST_PAGES,
    Leaf,
    Walk,
    fits,
    look_closer,
    read_footer,
    unpacked,
)
from crosslight.store.paths import open_regular

AT_ONCE = 1024
"""Rows of a batch, where their values are short."""
MOST_PAGES_EVER = 1024 * MIB
"""The same of a large file: up to four times its own size."""
MOST_READ = 4096 * MIB
"""Bytes that a file may unpack to, and a hundred times its size above that."""
MOST_ROWS = 100_000
"""Rows (and values of a column), and eight a byte of the file above that."""
MOST_TABLE = 512 * MIB
"""Bytes of a table that is read as a whole, and up to `MOST_READ` for 256 times the file's size."""


class TableError(CrosslightError):
    """A table that is damaged, no parquet, or larger than what is read. `hint` says what to do."""


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
                self._walk = Walk(self._raw, self.size)
                self._groups = read_footer(self._raw, self.size)
                places = len(self._file.schema.names)
                self._leaves = [
                    Leaf(at, one.path, max(0, one.length or 0), one.max_repetition_level > 0)
                    for at, one in enumerate(map(self._file.schema.column, range(places)))
                ]
                most = max(self.rows, sum(self.rows_by_group))  # the one need not be the other
                self._refuse(most > self._most_values, f"{most:,} rows")
        except BaseException:
            self._raw.close()
            raise
        self._unpacked = 0
        self._chosen: dict[tuple[str, ...], list[Leaf]] = {}

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
        leaves = self._leaves if wanted is None else self._leaves_of(wanted)
        for group in range(self.groups) if groups is None else groups:
            with _readable(self.path):
                rows = self._judge(group, leaves, at_once)
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
        of_image = (f"{name}.bytes", f"{name}.path")
        parts = [leaf.path for leaf in self._leaves if leaf.path in of_image]
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

    def _leaves_of(self, names: Sequence[str]) -> list[Leaf]:
        """Raises `TableError` for a name that no column has."""
        if tuple(names) in self._chosen:
            return self._chosen[tuple(names)]
        found = _asked([leaf.path for leaf in self._leaves], names)
        there = {name for asked in found for name in asked}
        for name in names:
            if name not in there:
                raise TableError(
                    f"{self.path.name} has no column {name!r}", "get or make the table again"
                )
        both = zip(self._leaves, found, strict=True)
        self._chosen[tuple(names)] = [leaf for leaf, asked in both if asked]
        return self._chosen[tuple(names)]

    def _judge(self, group: int, leaves: Sequence[Leaf], at_once: int) -> int:
        """How many rows of a row group may be decoded at once, of so many that are wanted. Raises
        `TableError`."""
        about = self._groups[group]
        columns = []
        for leaf in leaves:
            column = unpacked(self._walk, about.chunks[leaf.at], leaf)
            self._spend(column.unpacked)
            self._refuse(column.values > self._most_values, f"{column.values:,} values")
            columns.append(column)
        rows = min(at_once, max((column.values for column in columns), default=about.rows))
        if not fits(columns, rows):
            # Only now it is worth to look for the longest values of the dictionaries.
            for leaf, column in zip(leaves, columns, strict=True):
                look_closer(column, self._raw, about.chunks[leaf.at])
        for column in columns:
            # One row may hold all the values.
            lists = column.values * column.longest if column.repeated else 0
            self._refuse(lists > 4 * MOST_BATCH, f"lists of {lists:,} bytes")
        held, shared = sum(c.held for c in columns), sum(c.longest for c in columns)
        most = max(MOST_PAGES, min(MOST_PAGES_EVER, 4 * self.size))
        self._refuse(held > most, f"pages of {held:,} bytes in row group {group}")
        self._refuse(shared > most, f"a value of {shared:,} bytes in row group {group}")
        return max(1, min(at_once, MOST_BATCH // shared if shared else max(1, rows)))

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
