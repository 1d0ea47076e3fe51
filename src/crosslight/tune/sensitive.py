"""Which rows are marked sensitive: one rule for all methods of `tune`."""

from collections.abc import Mapping
from typing import Any

MARKED = "marked sensitive: --include-sensitive takes it"
"""Why such a row is left out."""
COLUMN = "sensitive"
KIND = "sensitive"
_NO = frozenset(("false", "no", "0", "0.0"))


def is_marked(cells: Mapping[str, Any]) -> bool:
    """Whether a row is marked sensitive, by its flag or its kind. An empty mark is unknown, and
    what is unknown is not known to be fit. A table that has no such column was put together by
    whoever names it."""
    return (COLUMN in cells and not _is_no(cells[COLUMN])) or cells.get("kind") == KIND


def _is_no(value: Any) -> bool:
    return value is False or str(value).strip().casefold() in _NO
