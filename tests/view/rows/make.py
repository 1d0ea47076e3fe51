"""Small tables for the viewer's tests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from crosslight.view.rows.search import Search
from crosslight.view.rows.shape import Shape
from crosslight.view.rows.table import Table


def write(path: Path, columns: Mapping[str, Any], group: int = 4) -> Path:
    """A parquet file with row groups of a few rows."""
    pq.write_table(pa.table(columns), path, row_group_size=group)
    return path


def table(
    folder: Path, columns: dict[str, list[Any]], search: Search | None = None, **parts: Any
) -> Table:
    """The same rows in two files, read as one table."""
    rows = len(next(iter(columns.values())))
    half = rows // 2
    whole = pa.table(columns)
    group = max(3, rows // 8)
    first, second = folder / "a.parquet", folder / "b.parquet"
    pq.write_table(whole.slice(0, half), first, row_group_size=group)
    pq.write_table(whole.slice(half), second, row_group_size=group)
    shape = Shape(kind="table", title="t", files=(first, second), **parts)
    return Table(shape, search)
