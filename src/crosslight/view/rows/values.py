"""Values of a table as Python's, also where Python has none: dates after its last year, time zones
that nobody knows, text that is no UTF-8. One such cell must not take a page away."""

from typing import Any, Final

import pyarrow as pa

UNREADABLE: Final = "(cannot be read)"


def values_of(column: pa.Array | pa.ChunkedArray) -> list[Any]:
    """The values of a column."""
    try:
        found: list[Any] = column.to_pylist()
    except Exception:  # of Arrow, of Python's dates, of a codec
        found = [_value(one) for one in column]
    return found


def rows_of(table: pa.Table | pa.RecordBatch) -> list[dict[str, Any]]:
    """The rows of a table; of columns of one name the last."""
    columns = [values_of(column) for column in table.columns]
    return [
        dict(zip(table.schema.names, row, strict=True)) for row in zip(*columns, strict=True)
    ] or [{} for _ in range(len(table))]


def _value(one: pa.Scalar) -> Any:
    try:
        return one.as_py()
    except Exception:
        return _said(one)


def _said(one: Any) -> str:
    """Text with its broken letters replaced, a date as Arrow writes it."""
    try:
        if pa.types.is_string(one.type) or pa.types.is_large_string(one.type):
            return bytes(one.as_buffer()).decode("utf-8", "replace")
        return str(one.cast(pa.string()).as_py())
    except Exception:
        return UNREADABLE
