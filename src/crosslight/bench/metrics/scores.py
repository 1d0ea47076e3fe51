"""The scores of a run as columns, so that a million of them aggregate in seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Codes = NDArray[np.int32]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

COLUMNS = ("side", "expected", "subset", "status", "verdict", "pair")


@dataclass(frozen=True, slots=True)
class Column:
    """Texts as numbers: `codes[i]` is the place of item i's text in `names`."""

    codes: Codes
    names: tuple[str, ...]

    def among(self, *wanted: str) -> Mask:
        """Which items have one of these texts."""
        places = [at for at, name in enumerate(self.names) if name in wanted]
        if len(places) == 1:
            return np.asarray(self.codes == places[0])
        return np.isin(self.codes, places)

    @classmethod
    def of(cls, values: Any) -> Self:
        """From a sequence of texts or an arrow column; null is the empty text."""
        array = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
        array = array.cast(pa.string()).fill_null("").combine_chunks()
        if isinstance(array, pa.ChunkedArray):  # no chunk at all
            array = pa.array([], pa.string())
        coded = array.dictionary_encode()
        codes = coded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
        return cls(codes, tuple(coded.dictionary.to_pylist()))

    def take(self, mask: Mask) -> Self:
        """The items of a mask."""
        return type(self)(self.codes[mask], self.names)


@dataclass(frozen=True, slots=True)
class Scores:
    """Columns of equal length. `right` is NaN, 0 or 1; `value` NaN or the protocol's number.

    Only an item of status `done` has a score: `done` masks them, and no metric reads another.
    """

    side: Column
    expected: Column
    subset: Column
    status: Column
    verdict: Column
    pair: Column
    right: Floats
    value: Floats
    item: Column | None = None
    """Whose answers these are, where items were asked more than once."""

    def __len__(self) -> int:
        return len(self.right)

    @property
    def done(self) -> Mask:
        """The items that have a score."""
        return self.status.among("done")

    @classmethod
    def of(cls, table: pa.Table | Sequence[dict[str, Any]]) -> Self:
        """From items.parquet, or from rows with its columns."""
        if not isinstance(table, pa.Table):
            rows = list(table)
            names: tuple[str, ...] = (*COLUMNS, "right", "value")
            if any("epoch" in row for row in rows):
                names += ("item", "epoch")
            table = pa.table({name: [row.get(name) for row in rows] for name in names})
        columns = {name: Column.of(table[name]) for name in COLUMNS}
        item = Column.of(table["item"]) if "epoch" in table.column_names else None
        right, value = _floats(table["right"]), _floats(table["value"])
        return cls(**columns, right=right, value=value, item=item)

    def take(self, mask: Mask) -> Self:
        """The items of a mask."""
        columns = {name: getattr(self, name).take(mask) for name in COLUMNS}
        item = self.item.take(mask) if self.item else None
        return type(self)(**columns, right=self.right[mask], value=self.value[mask], item=item)


def _floats(column: Any) -> Floats:
    numbers = column.cast(pa.float64())
    made = numbers.to_numpy(zero_copy_only=False) if len(numbers) else np.zeros(0)
    return np.asarray(made, dtype=np.float64)
