"""What rows are called in addresses and reviews: their ids, where these tell them apart.

A benchmark has an item once an epoch; tables of others have ids that are missing, stand twice or
cannot stand in an address. Such a row has its number in its name, so that each can be reached.
"""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MOST: Final = 200
"""Letters of an id that is a name: servers take addresses of some thousand."""
_ODD: Final = r"[\x00-\x1f\x7f]|^\.{0,2}$"
"""Browsers change line breaks and NUL in forms, and take dots for a folder."""


def can_name(kind: pa.DataType) -> bool:
    """Whether values of a column can be ids at all."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return not (
        pa.types.is_nested(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_null(kind)
    )


def row_names(ids: pa.Array) -> pa.Array:
    """A name for each row, no two alike; of an id that stands once in a table of good ids the id
    itself. A repeated one has `~2`, `~3` behind it. Raises `pa.ArrowInvalid` for broken UTF-8."""
    ids.validate(full=True)
    odd = pc.or_(
        pc.greater(pc.utf8_length(ids), MOST), pc.match_substring_regex(ids, _ODD)
    ).fill_null(True)
    if not odd.true_count and pc.count_distinct(ids).as_py() == len(ids):
        return ids
    return _told_apart(ids, np.flatnonzero(odd.to_numpy(zero_copy_only=False)))


def _told_apart(ids: pa.Array, odd: np.ndarray[tuple[int], np.dtype[np.intp]]) -> pa.Array:
    names: list[str] = ids.to_pylist()
    for at in odd.tolist():
        names[at] = f"#{at}"
    taken, times = set(names), dict[str, int]()
    for at, name in enumerate(names):
        many = times[name] = times.get(name, 0) + 1
        if many == 1:
            continue
        while (new := f"{name}~{many}") in taken:
            many += 1
        names[at], times[name] = new, many
        taken.add(new)
    return pa.array(names, pa.large_string())
