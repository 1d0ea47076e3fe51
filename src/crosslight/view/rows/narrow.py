"""Narrow columns in memory: few values as codes, numbers as float32. A million rows of twenty
columns are some 60 MB; everything wide stays on disk."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crosslight.view.rows.values import values_of

Numbers = np.ndarray[Any, np.dtype[Any]]

MOST_VALUES: Final = 5_000
"""A column with more values than this is no facet: nobody reads such a list."""
BINS: Final = 24
"""Bars of a histogram."""
UNKNOWN: Final = "(unknown)"
_TRUTH = {True: "yes", False: "no"}


def in_order(keys: Numbers, falling: bool) -> Numbers:
    """The places of float32 keys in their order; equal ones as they stand, NaN behind all others
    either way: what is unknown is not the least.

    (A float's bits sort as numbers do once its sign is turned; by their halves numpy counts
    instead of comparing, which for a million takes 40 ms and not 100.)
    """
    zero = np.float32(0)  # added, so that -0 and 0 are one key
    bits = ((-keys if falling else keys) + zero).view(np.uint32)
    bits = np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))
    bits[np.isnan(keys)] = np.iinfo(np.uint32).max
    by_low = np.argsort(bits.astype(np.uint16), kind="stable")
    high = (bits >> np.uint32(16)).astype(np.uint16)
    return np.asarray(by_low[np.argsort(high[by_low], kind="stable")])


class TooManyValues(ValueError):
    """A column that holds too many different values to be a facet."""


@dataclass(frozen=True)
class Facet:
    """A column of few values. `codes[i]` is the place in `values` of the value of row `at[i]`, or
    of row i where `at` is None; a column of lists has several codes a row, or none."""

    name: str
    values: tuple[str, ...]
    codes: Numbers
    at: Numbers | None = None

    def mask(self, wanted: Sequence[str], rows: int) -> Numbers:
        """Which rows have one of these values."""
        known = [self.values.index(value) for value in wanted if value in self.values]
        hit = np.isin(self.codes, np.asarray(known, dtype=self.codes.dtype))
        if self.at is None:
            return hit
        found = np.zeros(rows, dtype=bool)
        found[self.at[hit]] = True
        return found

    def counts(self, mask: Numbers | None) -> list[tuple[str, int]]:
        """How many of the masked rows have each value, most first; values of none are left out."""
        codes = self.codes
        if mask is not None:
            codes = codes[mask if self.at is None else mask[self.at]]
        numbers = np.bincount(codes, minlength=len(self.values))
        found = [(v, int(n)) for v, n in zip(self.values, numbers, strict=True) if n]
        return sorted(found, key=lambda one: (-one[1], one[0]))

    def of(self, numbers: Sequence[int]) -> list[str | list[str] | None]:
        """The values of these rows, as they are counted; None where there is none."""
        if self.at is None:
            said = [self.values[self.codes[number]] for number in numbers]
            return [None if one == UNKNOWN else one for one in said]
        starts = np.searchsorted(self.at, numbers, "left")
        ends = np.searchsorted(self.at, numbers, "right")
        return [
            [self.values[code] for code in self.codes[start:end]]
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        ]

    def ranks(self, rows: int) -> Numbers:
        """A number a row that sorts as the values do; a row without a value comes last."""
        order = np.empty(len(self.values), dtype=np.float32)
        order[np.argsort(np.asarray(self.values, dtype=object), kind="stable")] = np.arange(
            len(self.values)
        )
        if self.at is None:
            return order[self.codes]
        found = np.full(rows, np.nan, dtype=np.float32)
        found[self.at[::-1]] = order[self.codes[::-1]]  # the first of a list counts
        return found


@dataclass
class FacetMaker:
    """Takes a facet's batches one after the other. Raises `TooManyValues`."""

    name: str
    _places: dict[str, int] = field(default_factory=dict)
    _codes: list[Numbers] = field(default_factory=list)
    _at: list[Numbers] = field(default_factory=list)
    _rows: int = 0
    _lists: bool = False

    def add(self, column: pa.Array) -> None:
        """The next rows."""
        rows = len(column)
        if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
            self._lists = True
            self._at.append(pc.list_parent_indices(column).to_numpy().astype(np.int32) + self._rows)
            column = pc.list_flatten(column)
        encoded = pc.dictionary_encode(column)
        names = [self._place(value) for value in values_of(encoded.dictionary)]
        # A missing value has a place of its own, so that it is counted and can be asked for.
        places = encoded.indices
        if places.null_count:
            names.append(self._place(None))
            places = places.fill_null(len(names) - 1)
        mapped = np.asarray(names, dtype=np.uint16)
        self._codes.append(mapped[places.to_numpy(zero_copy_only=False)])
        self._rows += rows

    def _place(self, value: Any) -> int:
        said = UNKNOWN if value is None or value == "" else str(value)
        if isinstance(value, bool):
            said = _TRUTH[value]
        elif isinstance(value, float):
            said = f"{value:g}"
        place = self._places.setdefault(said, len(self._places))
        if place >= MOST_VALUES:
            raise TooManyValues(self.name)
        return place

    def made(self) -> Facet:
        """The whole column."""
        codes = np.concatenate(self._codes) if self._codes else np.zeros(0, np.uint16)
        at = np.concatenate(self._at) if self._at else np.zeros(0, np.int32)
        if self._lists:  # a value that a row has twice counts once
            _, first = np.unique(at.astype(np.int64) * MOST_VALUES + codes, return_index=True)
            first.sort()
            at, codes = at[first], codes[first]
        return Facet(self.name, tuple(self._places), codes, at if self._lists else None)


@dataclass(frozen=True)
class Measure:
    """A column of numbers; NaN where there is none, which is never zero."""

    name: str
    values: Numbers

    def mask(self, low: float, high: float) -> Numbers:
        """Which rows lie between, both ends included; an unknown number does not."""
        ends = np.finfo(np.float32)  # past its ends lie only the infinite
        low = low if math.isinf(low) else max(low, float(ends.min))
        high = high if math.isinf(high) else min(high, float(ends.max))
        return np.asarray((self.values >= low) & (self.values <= high))

    def bars(self, mask: Numbers | None) -> "Bars | None":
        """A small histogram of the masked rows over the range of all; None without a number."""
        ends, places = self._binned
        if ends is None:
            return None
        counts = np.bincount(places if mask is None else places[mask], minlength=BINS + 1)
        return Bars(*ends, tuple(int(n) for n in counts[:BINS]), int(counts[BINS]))

    @cached_property
    def _binned(self) -> tuple[tuple[float, float] | None, Numbers]:
        """The ends of the histogram, and of each row its bar; behind the last: unknown."""
        known = np.isfinite(self.values)
        places = np.full(len(self.values), BINS, dtype=np.uint8)
        if not known.any():
            return None, places
        finite = self.values[known].astype(np.float64)
        low, high = float(finite.min()), float(finite.max())
        if low >= 0 and high <= 1:
            low, high = 0.0, 1.0
        shares = (finite - low) / ((high - low) or 1.0)
        places[known] = np.minimum(shares * BINS, BINS - 1).astype(np.uint8)
        return (low, high), places


@dataclass(frozen=True)
class Bars:
    """A histogram: its ends, a count a bin, and how many rows have no number."""

    low: float
    high: float
    counts: tuple[int, ...]
    unknown: int


def as_floats(part: pa.Array) -> Numbers:
    """A batch of a column of numbers."""
    plain = pc.cast(part, pa.float32(), safe=False)
    return np.asarray(plain.to_numpy(zero_copy_only=False), np.float32)


def as_measure(name: str, parts: Sequence[Numbers]) -> Measure:
    """A column of numbers out of its batches."""
    return Measure(name, np.concatenate(parts) if parts else np.zeros(0, np.float32))


@dataclass(frozen=True)
class Group:
    """A column whose equal values belong together: of each row the place of its value."""

    name: str
    codes: Numbers
    values: pa.Array

    def mask(self, wanted: Sequence[str]) -> Numbers:
        """Which rows have one of these values."""
        known = pc.is_in(self.values, value_set=pa.array(wanted, self.values.type))
        return np.asarray(known.to_numpy(zero_copy_only=False)[self.codes])

    def firsts(self, numbers: Numbers) -> tuple[Numbers, Numbers]:
        """Of rows in their order the first of each group, and the size of its group."""
        codes = self.codes[numbers]
        sizes = np.bincount(codes, minlength=len(self.values))
        first = np.full(len(self.values), -1, dtype=np.int64)
        first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)  # the last to be written stays
        places = np.sort(first[first >= 0])
        return numbers[places], sizes[codes[places]]

    def of(self, numbers: Sequence[int]) -> list[str | None]:
        """The values of these rows."""
        found: list[str | None] = self.values.take(pa.array(self.codes[numbers])).to_pylist()
        return found


@dataclass
class GroupMaker:
    """Takes a group column's batches one after the other."""

    name: str
    _places: dict[Any, int] = field(default_factory=dict)
    _codes: list[Numbers] = field(default_factory=list)

    def add(self, column: pa.Array) -> None:
        """The next rows."""
        encoded = pc.dictionary_encode(column, null_encoding="encode")
        named = [
            self._places.setdefault(v, len(self._places)) for v in encoded.dictionary.to_pylist()
        ]
        self._codes.append(np.asarray(named, dtype=np.int32)[encoded.indices.to_numpy()])

    def made(self) -> Group:
        """The whole column."""
        codes = np.concatenate(self._codes) if self._codes else np.zeros(0, np.int32)
        said = [None if value is None else str(value) for value in self._places]
        return Group(self.name, codes, pa.array(said, pa.string()))
