"""Two tables by the ids of their rows: those that only one has, and columns that have changed."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crosslight.view.rows.narrow import Numbers
from crosslight.view.rows.table import Table

MOST_BYTES: Final = 512 * 2**20
"""Of a column that is held whole to be compared; a larger one is left out, and named."""
MADE: Final = "provenance"
NEAR: Final = 1e-6
"""Numbers that differ by less are the same."""


@dataclass(frozen=True)
class Compared:
    """Row numbers. `both`: of A and, in the same places, of B; `changed`: by column which of these
    pairs differ; `left_out`: columns that were not compared."""

    only_a: Numbers
    only_b: Numbers
    both: tuple[Numbers, Numbers]
    changed: dict[str, Numbers]
    left_out: tuple[str, ...]

    @property
    def any_changed(self) -> Numbers:
        """Which of the pairs differ in any column."""
        found = np.zeros(len(self.both[0]), dtype=bool)
        for mask in self.changed.values():
            found |= mask
        return found


def compare(a: Table, b: Table) -> Compared | None:
    """None where the rows of one have no ids. Of several rows of one id the first counts."""
    by = a.shape.same if a.shape.same == b.shape.same else ""
    ids_a, ids_b = _keys(a, by), _keys(b, by)
    if ids_a is None or ids_b is None:
        return None
    place = pc.index_in(ids_a, value_set=ids_b)
    in_a = np.flatnonzero(place.is_valid().to_numpy(zero_copy_only=False))
    in_b = place.drop_null().to_numpy(zero_copy_only=False).astype(np.int64)
    only_a = np.flatnonzero(place.is_null().to_numpy(zero_copy_only=False))
    found_b = pc.is_in(ids_b, value_set=ids_a)
    only_b = np.flatnonzero(~found_b.to_numpy(zero_copy_only=False))
    changed: dict[str, Numbers] = {}
    left_out = sorted(set(a.files.schema.names) ^ set(b.files.schema.names))
    for name in a.files.schema.names:
        if name in (a.shape.id, by) or name not in b.files.schema.names:
            continue
        if by and name == MADE:
            left_out.append(name)  # of two makers it differs in every row
            continue
        try:
            differs = _differs(a, b, name, in_a, in_b)
        except (pa.ArrowException, ValueError):  # text against lists, broken text
            differs = None
        if differs is None:
            left_out.append(name)
        elif differs.any():
            changed[name] = differs
    return Compared(only_a, only_b, (in_a, in_b), changed, tuple(left_out))


def _keys(table: Table, by: str) -> pa.Array | None:
    """What says which row is which: its id, or the column `by`."""
    column = _column(table, by) if by else None
    return table.columns.ids if column is None else column.cast(pa.large_string())


def _differs(a: Table, b: Table, name: str, in_a: Numbers, in_b: Numbers) -> Numbers | None:
    kind = a.files.schema.field(name).type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_null(kind):
        return None
    left, right = _column(a, name), _column(b, name)
    if left is None or right is None:
        return None
    left, right = left.take(pa.array(in_a)), right.take(pa.array(in_b))
    if pa.types.is_floating(left.type) and pa.types.is_floating(right.type):
        one, two = (np.asarray(c.cast(pa.float64()).to_numpy(), np.float64) for c in (left, right))
        same = (np.abs(one - two) <= NEAR) | (np.isnan(one) & np.isnan(two)) | (one == two)
        return np.asarray(~same)
    if left.type != right.type:
        left, right = left.cast(pa.string()), right.cast(pa.string())
    unlike = pc.fill_null(pc.not_equal(left, right), False)
    one_unknown = pc.xor(left.is_null(), right.is_null())
    return np.asarray(pc.or_(unlike, one_unknown).to_numpy())


def _column(table: Table, name: str) -> pa.ChunkedArray | None:
    parts, size = [], 0
    for batch in table.files.batches([name]):
        parts.append(batch.column(0))
        size += parts[-1].nbytes
        if size > MOST_BYTES:
            return None
    return pa.chunked_array(parts, table.files.schema.field(name).type)
