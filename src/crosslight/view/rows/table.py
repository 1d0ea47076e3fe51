"""A table that somebody looks at: filtered, searched, sorted and grouped by row number, without a
database. A (filter, order) gives an array of row numbers, which is kept; a page reads its rows."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crosslight.view.rows.files import Files
from crosslight.view.rows.narrow import (
    Bars,
    Facet,
    FacetMaker,
    Measure,
    Numbers,
    TooManyValues,
    as_measure,
)
from crosslight.view.rows.query import Query
from crosslight.view.rows.search import Search
from crosslight.view.rows.shape import Shape

PAGE: Final = 48
"""Rows (or groups) of a page."""
MOST_SELECTIONS: Final = 16


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
    """Raises `TableError` where a file cannot be read."""

    def __init__(self, shape: Shape, search: Search | None = None) -> None:
        self.files = Files(shape.files)
        self.shape = shape.only(frozenset(self.files.schema.names))
        self.rows = self.files.rows
        self.search = search or Search()
        self._lock = threading.Lock()
        self._selections: OrderedDict[tuple[object, ...], Selection] = OrderedDict()
        self._groups: dict[str, Numbers] = {}
        self.facets, self.measures = self._narrow()

    def select(self, query: Query) -> Selection:
        """The rows that a query asks for; what names no column is passed over."""
        key = query.filter_key
        with self._lock:
            if key in self._selections:
                self._selections.move_to_end(key)
                return self._selections[key]
        mask, searched = self._mask(query)
        numbers = np.flatnonzero(mask).astype(np.int32)
        numbers = self._sorted(numbers, query)
        sizes = None
        if query.group in self.shape.groups:
            numbers, sizes = self._grouped(numbers, query.group)
        found = Selection(numbers, mask, sizes, searched)
        if searched is None:  # of a search that is not through the next answer is another
            with self._lock:
                self._selections[key] = found
                while len(self._selections) > MOST_SELECTIONS:
                    self._selections.popitem(last=False)
        return found

    def page(self, selection: Selection, number: int) -> list[dict[str, Any]]:
        """What a grid or a table shows of a page's rows; the row's number stands under `#`."""
        numbers = selection.page(number)
        rows = self.files.rows_of(numbers, self.shown)
        return [{"#": n, **row} for n, row in zip(numbers, rows, strict=True)]

    @cached_property
    def shown(self) -> tuple[str, ...]:
        """The columns of a page."""
        s = self.shape
        wanted = (s.id, s.photo, s.source, s.text, s.sensitive, s.category, *s.facets, *s.scores)
        return tuple(dict.fromkeys(name for name in wanted if name))

    def row(self, number: int) -> dict[str, Any]:
        """Everything of a row but its pictures."""
        names = [n for n in self.files.schema.names if n not in (self.shape.image, "images")]
        return {"#": number, **self.files.rows_of([number], names)[0]}

    def number_of(self, id: str) -> int | None:
        """The number of the row with this id."""
        if not self.shape.id:
            return int(id) if id.isascii() and id.isdigit() and int(id) < self.rows else None
        at = int(pc.index(self._ids, id).as_py())
        return None if at < 0 else at

    def mask_of(self, ids: Sequence[str]) -> Numbers:
        """Which rows have one of these ids."""
        found = np.zeros(self.rows, dtype=bool)
        if self.shape.id:
            hit = pc.is_in(self._ids, value_set=pa.array(ids, pa.string()))
            return np.asarray(hit.to_numpy(), dtype=bool)
        found[[n for id in ids if (n := self.number_of(id)) is not None]] = True
        return found

    def counts(self, query: Query, name: str) -> list[tuple[str, int]]:
        """A facet's values, counted over the rows that pass everything but this facet."""
        only = tuple(one for one in query.only if one[0] != name)
        other = Query(only=only, between=query.between, search=query.search)
        return self.facets[name].counts(self.select(other).mask)

    def bars(self, query: Query, name: str) -> Bars | None:
        """A score's histogram over the rows that pass everything but its own ends."""
        between = tuple(one for one in query.between if one[0] != name)
        other = Query(only=query.only, between=between, search=query.search)
        return self.measures[name].bars(self.select(other).mask)

    def beside(self, number: int, group: str) -> list[int]:
        """The rows of the same group as this, itself left out."""
        codes = self._codes(group)
        found = np.flatnonzero(codes == codes[number])
        return [int(n) for n in found if n != number]

    def close(self) -> None:
        """Close the files."""
        self.files.close()

    @cached_property
    def _ids(self) -> pa.ChunkedArray:
        batches = self.files.batches([self.shape.id])
        return pa.chunked_array([pc.cast(b.column(0), pa.string()) for b in batches], pa.string())

    def _narrow(self) -> tuple[dict[str, Facet], dict[str, Measure]]:
        makers = {name: FacetMaker(name) for name in self.shape.facets}
        parts: dict[str, list[pa.Array]] = {name: [] for name in self.shape.scores}
        columns = [*makers, *parts]
        if not columns:
            return {}, {}
        for batch in self.files.batches(columns):
            for name in list(makers):
                try:
                    makers[name].add(batch.column(name))
                except TooManyValues:
                    del makers[name]
            for name, found in parts.items():
                found.append(batch.column(name))
        facets = {name: maker.made() for name, maker in makers.items()}
        # One value for all rows tells nobody anything.
        facets = {name: facet for name, facet in facets.items() if len(facet.values) > 1}
        measures = {name: as_measure(name, found) for name, found in parts.items()}
        known = {n: m for n, m in measures.items() if np.isfinite(m.values).any()}
        return facets, known

    def _mask(self, query: Query) -> tuple[Numbers, int | None]:
        mask = np.ones(self.rows, dtype=bool)
        for name, values in query.only:
            if name in self.facets:
                mask &= self.facets[name].mask(values, self.rows)
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
        # NaN sorts behind everything either way: what is unknown is not the least.
        return numbers[np.argsort(-keys if query.falling else keys, kind="stable")]

    def _grouped(self, numbers: Numbers, group: str) -> tuple[Numbers, Numbers]:
        codes = self._codes(group)[numbers]
        _, first, sizes = np.unique(codes, return_index=True, return_counts=True)
        order = np.argsort(first, kind="stable")
        return numbers[first[order]], sizes[order]

    def _codes(self, group: str) -> Numbers:
        with self._lock:
            if group in self._groups:
                return self._groups[group]
        places: dict[Any, int] = {}
        parts: list[Numbers] = []
        for batch in self.files.batches([group]):
            encoded = pc.dictionary_encode(batch.column(0), null_encoding="encode")
            named = [places.setdefault(v, len(places)) for v in encoded.dictionary.to_pylist()]
            parts.append(np.asarray(named, dtype=np.int32)[encoded.indices.to_numpy()])
        codes = np.concatenate(parts) if parts else np.zeros(0, np.int32)
        with self._lock:
            return self._groups.setdefault(group, codes)
