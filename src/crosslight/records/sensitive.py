"""Which rows are marked sensitive: one rule for whoever reads a table."""

from collections.abc import Mapping
from typing import Any

SENSITIVE = "sensitive"
"""The column of the mark, and the kind of a row that is sensitive by what it asks."""
_NO = frozenset(("false", "no", "0", "0.0"))


def is_sensitive(cells: Mapping[str, Any]) -> bool:
    """Whether a row is marked sensitive, by its flag or its kind. An empty mark is unknown, and
    what is unknown is not known to be fit. A table that has no such column was put together by
    whoever names it."""
    if cells.get("kind") == SENSITIVE:
        return True
    return SENSITIVE in cells and not _is_no(cells[SENSITIVE])


def _is_no(value: Any) -> bool:
    return value is False or str(value).strip().casefold() in _NO
