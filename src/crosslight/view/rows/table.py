"""A table that somebody looks at: filtered, searched, sorted and grouped by row number, without a
database. A (filter, order) gives an array of row numbers, which is kept; a page reads its rows."""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crosslight.view.rows.columns import Columns, keep_columns, kept_columns, read_columns
from crosslight.view.rows.files import Files, plain_columns
from crosslight.view.rows.narrow import Bars, Numbers, in_order
from crosslight.view.rows.query import Query
from crosslight.view.rows.search import Search
from crosslight.view.rows.shape import Shape

PAGE: Final = 48
"""Rows (or groups) of a page."""
MOST_SELECTIONS: Final = 16
FILTER: Final = ("only", "between", "search", "within")
MOST_COUNTS: Final = 500
"""Counts of a facet or a score that are kept."""


@dataclass(frozen=True)
class Selection:
    """Row numbers in their order. `sizes`: of each the rows of its group, where rows are grouped.
    `searched`: rows that the search has seen so far, fewer than all while an index is made."""

    numbers: Numbers
    mask: Numbers
    sizes: Numbers | None = None
    searched: int | None = None

    @property
    def rows(self) -> int:
        """How many rows pass the filter."""
        return int(self.mask.sum())

    @property
    def pages(self) -> int:
        """How many pages they fill; at least one."""
        return max(1, -(-len(self.numbers) // PAGE))

    def page(self, number: int) -> list[int]:
        """The row numbers of a page from 1; beyond the last the last."""
        start = (min(number, self.pages) - 1) * PAGE
        return [int(n) for n in self.numbers[start : start + PAGE]]


class Table:
    """Raises `TableError` where a file cannot be read. `cache`: a folder for what is kept for the
    next opening; `opened`: what has been read already."""

    def __init__(
        self,
        shape: Shape,
        search: Search | None = None,
        cache: Path | None = None,
        opened: tuple[Columns, Files] | None = None,
    ) -> None:
        self.columns, self.files = opened or _opened(shape, cache)
        self.shape = shape.only(frozenset(self.files.schema.names))
        self.rows = self.files.rows
        self.search = search or Search()
        self.facets, self.measures = self.columns.facets, self.columns.measures
        self._lock = threading.Lock()
        self._selections: OrderedDict[tuple[object, ...], Selection] = OrderedDict()
        self._counts: OrderedDict[tuple[object, ...], Any] = OrderedDict()
        self._counting: dict[tuple[object, ...], threading.Lock] = {}

    def select(self, query: Query) -> Selection:
        """The rows that a query asks for; what names no column is passed over."""
        key = query.filter_key
        with self._lock:
            if key in self._selections:
                self._selections.move_to_end(key)
                return self._selections[key]
        if query.within is None:
            mask, searched = self._mask(query)
            numbers = self._sorted(np.flatnonzero(mask).astype(np.int32), query)
        else:  # what is sorted once stays sorted, whatever reviewers say meanwhile
            whole = self.select(replace(query, within=None, group=""))
            mask, searched = whole.mask & query.within.mask, whole.searched
            numbers = whole.numbers[query.within.mask[whole.numbers]]
        sizes = None
        if query.group in self.columns.groups:
            numbers, sizes = self.columns.groups[query.group].firsts(numbers)
        found = Selection(numbers, mask, sizes, searched)
        if searched is None:  # of a search that is not through the next answer is another
            with self._lock:
                self._selections[key] = found
                while len(self._selections) > MOST_SELECTIONS:
                    self._selections.popitem(last=False)
        return found

    def page(
        self, selection: Selection, number: int, columns: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """What a page shows of its rows, or these columns; the row's number stands under `#`,
        whatever a column of that name says."""
        return self.some(selection.page(number), columns or self.shown)

    def some(self, numbers: Sequence[int], columns: Sequence[str]) -> list[dict[str, Any]]:
        """These columns of rows. What is in memory is not read again: the rows of a sorted page
        lie in as many row groups."""
        held: dict[str, list[Any]] = {}
        for name in columns:
            if name == self.shape.id and self.columns.ids is not None:
                held[name] = self.columns.ids.take(pa.array(numbers, pa.int64())).to_pylist()
            elif name in self.columns.groups:
                held[name] = list(self.columns.groups[name].of(numbers))
            elif name in self.facets:
                held[name] = self._facet_of(name, numbers)
            elif name in self.measures:
                values = self.measures[name].values[numbers].tolist()
                held[name] = [value if math.isfinite(value) else None for value in values]
        read = self.files.rows_of(numbers, [name for name in columns if name not in held])
        return [
            {**{c: held[c][at] if c in held else read[at][c] for c in columns}, "#": n}
            for at, n in enumerate(numbers)
        ]

    def _facet_of(self, name: str, numbers: Sequence[int]) -> list[Any]:
        values = self.facets[name].of(numbers)
        if pa.types.is_boolean(self.files.schema.field(name).type):
            return [None if value is None else value == "yes" for value in values]
        return values

    @cached_property
    def shown(self) -> tuple[str, ...]:
        """The columns of a page's table."""
        s = self.shape
        return _named(
            s.id, s.photo, s.source, s.text, s.sensitive, s.category, *s.facets, *s.scores
        )

    @cached_property
    def on_card(self) -> tuple[str, ...]:
        """The columns of a card in the grid."""
        s = self.shape
        return _named(s.id, s.text, s.sensitive, s.category, s.number, *s.facets[:2])

    def row(self, number: int) -> dict[str, Any]:
        """Everything of a row but pictures and other bytes; what it is called under `#id`."""
        told = self.files.rows_of([number], self.plain)[0]
        return {**told, "#": number, "#id": self.name_of(number)}

    @cached_property
    def plain(self) -> list[str]:
        """The columns without bytes in them."""
        return plain_columns(self.files.schema)

    def name_of(self, number: int) -> str:
        """What a row is called in addresses and reviews: its id, or its number where the table has
        none."""
        return str(number if self.columns.ids is None else self.columns.ids[number].as_py())

    def number_of(self, id: str) -> int | None:
        """The number of the row that is called so."""
        if self.columns.ids is None:
            known = id.isascii() and id.isdigit() and len(id) < 19 and id == str(int(id))
            return int(id) if known and int(id) < self.rows else None
        at = int(pc.index(self.columns.ids, pa.scalar(id, pa.large_string())).as_py())
        return None if at < 0 else at

    def numbers_of(self, ids: Sequence[str]) -> dict[str, int]:
        """The numbers of the rows with these ids, in one pass; ids of no row are left out."""
        hit = np.flatnonzero(self.mask_of(ids))[::-1].tolist()  # of an id twice the first counts
        return {self.name_of(number): number for number in hit}

    def mask_of(self, ids: Sequence[str]) -> Numbers:
        """Which rows have one of these ids."""
        found = np.zeros(self.rows, dtype=bool)
        if self.columns.ids is not None:
            hit = pc.is_in(self.columns.ids, value_set=pa.array(ids, pa.large_string()))
            return np.asarray(hit.to_numpy(zero_copy_only=False), dtype=bool)
        found[[n for id in ids if (n := self.number_of(id)) is not None]] = True
        return found

    def known(self, ids: Collection[str]) -> set[str]:
        """Those of the names that a row has."""
        if self.columns.ids is None:
            return {id for id in ids if self.number_of(id) is not None}
        asked = pa.array(sorted(ids), pa.large_string())
        return set(asked.filter(pc.is_in(asked, value_set=self.columns.ids)).to_pylist())

    def first_rows(self, column: str, values: Collection[str]) -> dict[str, int]:
        """Of each of these values the number of the first row that has it."""
        found: dict[str, int] = {}
        start = 0
        wanted = pa.array(sorted(values), pa.string())
        for batch in self.files.batches([column]):
            cells = pc.cast(batch.column(0), pa.string())
            for at in pc.indices_nonzero(pc.is_in(cells, value_set=wanted)).to_pylist():
                found.setdefault(cells[at].as_py(), start + at)
            start += len(batch)
        return found

    def counts(self, query: Query, name: str) -> list[tuple[str, int]]:
        """A facet's values, counted over the rows that pass everything but this facet."""
        only = tuple(one for one in query.only if one[0] != name)
        other = replace(_filter(query), only=only)
        found: list[tuple[str, int]] = self._counted(other, name, self.facets[name].counts)
        return found

    def bars(self, query: Query, name: str) -> Bars | None:
        """A score's histogram over the rows that pass everything but its own ends."""
        between = tuple(one for one in query.between if one[0] != name)
        other = replace(_filter(query), between=between)
        found: Bars | None = self._counted(other, name, self.measures[name].bars)
        return found

    def _counted(self, other: Query, name: str, count: Callable[[Numbers], Any]) -> Any:
        """A page does not count again what another thread is counting."""
        key = (other.filter_key, name)
        with self._lock:
            counting = self._counting.setdefault(key, threading.Lock())
        with counting:
            try:
                return self._counted_alone(key, other, count)
            finally:
                with self._lock:
                    self._counting.pop(key, None)

    def _counted_alone(
        self, key: tuple[object, ...], other: Query, count: Callable[[Numbers], Any]
    ) -> Any:
        with self._lock:
            if key in self._counts:
                self._counts.move_to_end(key)
                return self._counts[key]
        selection = self.select(other)
        found = count(selection.mask)
        if selection.searched is None:
            with self._lock:
                self._counts[key] = found
                while len(self._counts) > MOST_COUNTS:
                    self._counts.popitem(last=False)
        return found

    def warm(self, query: Query) -> None:
        """Find out beforehand what the first page will ask."""
        self.page(self.select(query), 1, self.on_card)
        for name in self.facets:
            self.counts(query, name)
        for name in self.measures:
            self.bars(query, name)
        self.files.open_all()

    def members(self, query: Query, leaders: Sequence[int], group: str) -> dict[int, list[int]]:
        """Of the groups that these rows stand for all rows that pass, in the query's order."""
        numbers = self.select(replace(query, group="")).numbers
        codes = self.columns.groups[group].codes
        mine = {int(codes[leader]): leader for leader in leaders}
        found: dict[int, list[int]] = {leader: [] for leader in leaders}
        for number in numbers[np.isin(codes[numbers], np.asarray([*mine], dtype=codes.dtype))]:
            found[mine[int(codes[number])]].append(int(number))
        return found

    def beside(self, number: int, group: str) -> list[int]:
        """The rows of the same group as this, itself left out."""
        codes = self.columns.groups[group].codes
        found = np.flatnonzero(codes == codes[number])
        return [int(n) for n in found if n != number]

    def close(self) -> None:
        """Close the files."""
        self.files.close()

    def _mask(self, query: Query) -> tuple[Numbers, int | None]:
        mask = np.ones(self.rows, dtype=bool)
        for name, values in query.only:
            if name in self.facets:
                mask &= self.facets[name].mask(values, self.rows)
            elif name in self.columns.groups:  # the rows of one photo, say
                mask &= self.columns.groups[name].mask(values)
        for name, low, high in query.between:
            if name in self.measures:
                mask &= self.measures[name].mask(low, high)
        if not query.search:
            return mask, None
        found, searched = self.search.find(self, query.search)
        return mask & found, None if searched >= self.rows else searched

    def _sorted(self, numbers: Numbers, query: Query) -> Numbers:
        if query.sort in self.measures:
            keys = self.measures[query.sort].values[numbers]
        elif query.sort in self.facets:
            keys = self.facets[query.sort].ranks(self.rows)[numbers]
        else:
            return numbers[::-1] if query.falling else numbers
        return numbers[in_order(keys, query.falling)]


def _opened(shape: Shape, cache: Path | None) -> tuple[Columns, Files]:
    """The columns and the files; out of the cache, where the same files were opened before."""
    kept = kept_columns(shape, cache)
    if kept is not None:
        return kept, Files(shape.files, kept.layout)
    files = Files(shape.files)
    try:
        columns = read_columns(shape.only(frozenset(files.schema.names)), files)
    except BaseException:
        files.close()
        raise
    keep_columns(shape, columns, cache)
    return columns, files


def _filter(query: Query) -> Query:
    """What decides which rows there are, in whatever order."""
    return replace(Query(), **{name: getattr(query, name) for name in FILTER})


def _named(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))
