"""Rows of open parquet files by their number, a row group at a time."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from crosslight.store import TableError, TableFile

MOST_GROUPS: Final = 64
"""Row groups of narrow columns that are kept unpacked."""
MOST_KEPT: Final = 64 * 2**20
"""Bytes of them."""


class Files:
    """Several parquet files as one table. Raises `TableError` for what cannot be read. Threads may
    share it: one reads at a time."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._stamps = [_stamp(path) for path in paths]
        self._files = [TableFile(path) for path in paths]
        groups = [
            (at, group, rows)
            for at, file in enumerate(self._files)
            for group, rows in enumerate(file.rows_by_group)
        ]
        self._groups = [(at, group) for at, group, _ in groups]
        self._starts = np.cumsum([0, *(rows for _, _, rows in groups)])
        self._kept: OrderedDict[tuple[int, tuple[str, ...]], pa.Table] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def rows(self) -> int:
        """How many there are."""
        return int(self._starts[-1])

    @property
    def schema(self) -> pa.Schema:
        """Of the first file; the others have at least its columns, or cannot be read."""
        return self._files[0].schema if self._files else pa.schema([])

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """All rows of these columns, in order; others may read in between."""
        for at, group in self._groups:
            with self._lock:
                batches = self._read(at, group, columns)
            for batch in batches:
                yield batch.select([c for c in columns if c in batch.schema.names])

    def rows_of(self, numbers: Sequence[int], columns: Sequence[str]) -> list[dict[str, Any]]:
        """These rows as Python values, in the order in which they are asked for."""
        found: dict[int, dict[str, Any]] = {}
        places = np.searchsorted(self._starts, np.asarray(numbers, dtype=np.int64), "right") - 1
        for place in sorted(set(places.tolist())):
            table = self._group(int(place), tuple(columns))
            start = int(self._starts[place])
            wanted = [n for n, p in zip(numbers, places.tolist(), strict=True) if p == place]
            taken = table.take(pa.array([n - start for n in wanted]))
            found.update(zip(wanted, taken.to_pylist(), strict=True))
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

    def _cell(self, at: int, group: int, column: str, offset: int) -> Any:
        for batch in self._files[at].batches([column], groups=[group]):
            if offset < len(batch):
                return batch.column(0)[offset].as_py()
            offset -= len(batch)
        raise TableError(f"{self._files[at].path.name} ends early", "get or make the table again")

    def _read(self, at: int, group: int, columns: Sequence[str]) -> list[pa.RecordBatch]:
        try:
            return list(self._files[at].batches(list(columns), groups=[group], at_once=65_536))
        except TableError:
            if not self._reopened(at):
                raise
            return list(self._files[at].batches(list(columns), groups=[group], at_once=65_536))

    def _reopened(self, at: int) -> bool:
        """Open a file anew: what one opening may unpack is bounded, and pages are read for hours.
        False where it is another file by now."""
        if _stamp(self._files[at].path) != self._stamps[at]:
            return False
        fresh = TableFile(self._files[at].path)
        self._files[at].close()
        self._files[at] = fresh
        return True

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()

    def _group(self, place: int, columns: tuple[str, ...]) -> pa.Table:
        key = (place, columns)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            at, group = self._groups[place]
            table = pa.Table.from_batches(self._read(at, group, columns))
            self._kept[key] = table
            while len(self._kept) > 1 and (
                len(self._kept) > MOST_GROUPS
                or sum(t.nbytes for t in self._kept.values()) > MOST_KEPT
            ):
                self._kept.popitem(last=False)
            return table


def _stamp(path: Path) -> tuple[int, ...]:
    about = path.stat()
    return about.st_ino, about.st_size, about.st_mtime_ns
