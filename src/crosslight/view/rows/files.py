"""Rows of open parquet files by their number, a row group at a time."""

import hashlib
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from crosslight.store import TableError, TableFile
from crosslight.view.rows.values import rows_of

MOST_GROUPS: Final = 256
"""Row groups of narrow columns that are kept unpacked."""
MOST_KEPT: Final = 64 * 2**20
"""Bytes of them."""
AT_ONCE: Final = 65_536
FEW: Final = 16
"""Pictures that are unpacked together to find one: a row group may hold a thousand large ones."""
HERE: Final = 24
"""Letters of a name in the cache that stay when a file changes."""
PAUSE_S: Final = 0.5
"""Seconds that files wait for each other, where nobody waits for them: pages come first."""


@dataclass(frozen=True)
class Layout:
    """What an opening finds out: the columns, and of each file the rows of its row groups."""

    schema: pa.Schema
    groups: tuple[tuple[int, ...], ...]


class Files:
    """Several parquet files as one table. Raises `TableError` for what cannot be read. Threads may
    share it: one reads at a time. With a `layout` of before a file is opened when it is read, but
    for the `first`, where that is open already."""

    def __init__(
        self, paths: Sequence[Path], layout: Layout | None = None, first: TableFile | None = None
    ) -> None:
        self._paths = tuple(paths)
        self._stamps = [stamp(path) for path in paths]
        self._open: dict[int, TableFile] = {} if first is None else {0: first}
        self._kept: OrderedDict[tuple[int, tuple[str, ...]], pa.Table] = OrderedDict()
        self._kept_bytes = 0
        self._lock = threading.RLock()
        self.layout = layout or self._looked()
        groups = [
            (at, group, rows)
            for at, counts in enumerate(self.layout.groups)
            for group, rows in enumerate(counts)
        ]
        self._groups = [(at, group) for at, group, _ in groups]
        self._starts = np.cumsum([0, *(rows for _, _, rows in groups)])

    @property
    def rows(self) -> int:
        """How many there are."""
        return int(self._starts[-1])

    @property
    def schema(self) -> pa.Schema:
        """Of the first file; the others have at least its columns, or cannot be read."""
        return self.layout.schema

    def open_all(self) -> None:
        """Open what is not open yet, so that no reader waits for it."""
        for at in range(len(self._paths)):
            if at in self._open:
                continue
            time.sleep(PAUSE_S)
            with self._lock:
                self._file(at)

    def batches(
        self, columns: Sequence[str], within: tuple[int, int] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """All rows of these columns, in order, or those of some row groups (from, up to); others
        may read in between."""
        first, last = within or (0, len(self._groups))
        for at, group in self._groups[first:last]:
            with self._lock:
                batches = self._read(at, group, columns)
            for batch in batches:
                there = set(batch.schema.names)
                yield batch.select([c for c in columns if c in there])

    def starts(self) -> list[int]:
        """The number of the first row of each row group, and that behind the last."""
        return [int(start) for start in self._starts]

    def rows_of(self, numbers: Sequence[int], columns: Sequence[str]) -> list[dict[str, Any]]:
        """These rows as Python values, in the order in which they are asked for."""
        if not columns:
            return [{} for _ in numbers]
        found: dict[int, dict[str, Any]] = {}
        places = np.searchsorted(self._starts, np.asarray(numbers, dtype=np.int64), "right") - 1
        for place in sorted(set(places.tolist())):
            table = self._group(int(place), tuple(columns))
            start = int(self._starts[place])
            wanted = [n for n, p in zip(numbers, places.tolist(), strict=True) if p == place]
            taken = table.take(pa.array([n - start for n in wanted]))
            found.update(zip(wanted, rows_of(taken), strict=True))
        return [found[number] for number in numbers]

    def cell(self, number: int, column: str) -> Any:
        """One value, also a large one: nothing of it is kept."""
        place = int(np.searchsorted(self._starts, number, "right")) - 1
        at, group = self._groups[place]
        offset = number - int(self._starts[place])
        with self._lock:
            try:
                return self._cell(at, group, column, offset)
            except TableError:
                if not self._reopened(at):
                    raise
                return self._cell(at, group, column, offset)

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            for file in self._open.values():
                file.close()
            self._open.clear()

    def _looked(self) -> Layout:
        schema = pa.schema([])
        groups: list[tuple[int, ...]] = []
        try:
            for at in range(len(self._paths)):
                file = self._file(at)
                schema = schema if at else file.schema
                groups.append(tuple(file.rows_by_group))
        except BaseException:
            self.close()
            raise
        self._refuse_twins(schema)
        return Layout(schema, tuple(groups))

    def _refuse_twins(self, schema: pa.Schema) -> None:
        twins = sorted(name for name, many in Counter(schema.names).items() if many > 1)
        if twins:
            self.close()
            raise TableError(
                f"{self._paths[0].name} has two columns called {twins[0]!r}", "rename one of them"
            )

    def _file(self, at: int) -> TableFile:
        if at not in self._open:
            path = self._paths[at]
            file = TableFile(path)
            if stamp(path) != self._stamps[at]:
                file.close()
                raise TableError(f"{path.name} has changed since it was opened", "load again")
            self._open[at] = file
        return self._open[at]

    def _cell(self, at: int, group: int, column: str, offset: int) -> Any:
        file = self._file(at)
        for batch in file.batches([column], groups=[group], at_once=FEW):
            if offset < len(batch):
                return batch.column(0)[offset].as_py()
            offset -= len(batch)
        raise TableError(f"{file.path.name} ends early", "get or make the table again")

    def _read(self, at: int, group: int, columns: Sequence[str]) -> list[pa.RecordBatch]:
        try:
            return list(self._file(at).batches(list(columns), groups=[group], at_once=AT_ONCE))
        except TableError:
            if not self._reopened(at):
                raise
            return list(self._file(at).batches(list(columns), groups=[group], at_once=AT_ONCE))

    def _reopened(self, at: int) -> bool:
        """Open a file anew: what one opening may unpack is bounded, and pages are read for hours.
        False where it is another file by now."""
        with suppress(OSError):
            if stamp(self._paths[at]) == self._stamps[at]:
                if at in self._open:
                    self._open.pop(at).close()
                return True
        return False

    def _group(self, place: int, columns: tuple[str, ...]) -> pa.Table:
        key = (place, columns)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            at, group = self._groups[place]
            table = pa.Table.from_batches(self._read(at, group, columns))
            self._kept[key] = table
            self._kept_bytes += table.nbytes
            while len(self._kept) > 1 and (
                len(self._kept) > MOST_GROUPS or self._kept_bytes > MOST_KEPT
            ):
                self._kept_bytes -= self._kept.popitem(last=False)[1].nbytes
            return table


def plain_columns(schema: pa.Schema) -> list[str]:
    """The columns without bytes in them."""
    return [field.name for field in schema if not _has_bytes(field.type)]


def _has_bytes(kind: pa.DataType) -> bool:
    if pa.types.is_nested(kind):
        return any(_has_bytes(kind.field(at).type) for at in range(kind.num_fields))
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def stamp(path: Path) -> tuple[int, ...]:
    """What changes when another file takes a path."""
    about = path.stat()
    return about.st_ino, about.st_size, about.st_mtime_ns


def kept_at(cache: Path, paths: Sequence[Path], of: object, ending: str) -> Path:
    """Where the cache keeps what was made `of` files as they are now: `HERE-NOW.ENDING`."""
    # A file that was written again into the cache goes by the one that it was made of.
    here = [p.name[:HERE] if p.parent == cache else str(p.resolve()) for p in paths]
    now = [stamp(path) for path in paths]
    return cache / f"{_short((here, of))[:HERE]}-{_short(now)[:12]}.{ending}"


def drop_older(kept: Path) -> None:
    """Delete what the cache keeps of the same files as they were."""
    here, _, rest = kept.name.partition("-")
    for old in kept.parent.glob(f"{here}-*.{rest.partition('.')[2]}"):
        if old != kept:
            old.unlink(missing_ok=True)


def _short(about: object) -> str:
    return hashlib.sha256(repr(about).encode("utf-8", "surrogateescape")).hexdigest()
