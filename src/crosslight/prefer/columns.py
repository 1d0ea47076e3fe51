"""What a comparison and a pair both tell, and how rows of either go into a table and come back.

The type of a column is that of its field, so the two cannot drift apart.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import UnionType
from typing import Any, get_args, get_type_hints

import pyarrow as pa

from crosslight.records import is_sensitive

Numbers = tuple[float, ...]
_KINDS: Mapping[Any, pa.DataType] = {
    str: pa.string(),
    float: pa.float64(),
    int: pa.int64(),
    bool: pa.bool_(),
    Numbers: pa.list_(pa.float64()),
    tuple[str, ...]: pa.list_(pa.string()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedColumns:
    """Of a question, how two replies to it were drawn, and what an annotator said of them. None is
    unknown, or was not asked; in lists of probabilities the first reply of the row is named first.
    """

    source: str = ""
    lever: str = ""
    side_p: float | None = None
    domain: str = ""
    middle: str = ""
    leaf: str = ""
    leaf_known: bool | None = None
    leaf_blind: tuple[str, ...] | None = None
    thing: str = ""
    points: float | None = None
    matters: float | None = None
    drawn_by: str = ""
    p_drawn: float | None = None
    harmless_first: Numbers | None = None
    harmless_swapped: Numbers | None = None
    helpful_first: Numbers | None = None
    helpful_swapped: Numbers | None = None
    reason_first: str = ""
    reason_swapped: str = ""
    margin_harmless: float | None = None
    margin_helpful: float | None = None
    sensitive: bool = False
    cluster: str = ""
    licence: str = ""
    origin: str = ""


QUESTION = (
    *("source", "lever", "side_p", "domain", "middle", "leaf", "leaf_known", "thing"),
    *("points", "matters", "licence", "origin", "cluster"),
)
"""Those that a question brings along under the same names."""


def column_kinds(row: type[Any]) -> dict[str, pa.DataType]:
    """The columns of a row's class with their types: its own first, then those that are shared."""
    hints = get_type_hints(row)
    own_first = sorted(fields(row), key=lambda field: field.kw_only is True)
    return {field.name: _KINDS[_known(hints[field.name])] for field in own_first}


def cells_of(row: Any) -> dict[str, Any]:
    """Unknown is null, and so is the empty text of what was never asked."""
    return {name: _cell(value) for name, value in asdict(row).items()}


def values_of(cells: Mapping[str, Any], kinds: Mapping[str, pa.DataType]) -> dict[str, Any]:
    """The fields of a row that stood in a table. Raises `TypeError`, `ValueError` for what does not
    fit."""
    return {name: _value(name, cells[name], kind) for name, kind in kinds.items()}


def _known(hint: Any) -> Any:
    """The type without its None."""
    if not isinstance(hint, UnionType):
        return hint
    (known,) = (one for one in get_args(hint) if one is not type(None))
    return known


def _cell(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return None if value == "" else value


def _value(name: str, value: Any, kind: pa.DataType) -> Any:
    if name == "sensitive":
        return is_sensitive({name: value})
    if kind == pa.string():
        return "" if value is None else str(value)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if pa.types.is_list(kind):
        return tuple(value)
    if kind == pa.bool_():
        return bool(value)
    return int(value) if kind == pa.int64() else float(value)
