"""Opening a table: out of the cache, or by reading its narrow columns. Of a large one that is
opened for the first time the beginning is there at once, for the first page."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from crosslight.store import TableFile
from crosslight.view.rows.columns import kept_columns, read_columns
from crosslight.view.rows.files import Files, Layout
from crosslight.view.rows.regroup import LARGE, rewritten, with_small_groups
from crosslight.view.rows.search import Search
from crosslight.view.rows.shape import Shape
from crosslight.view.rows.table import Table

BEGINNING: Final = 16_000
"""Rows of a beginning, which is read in a tenth of a second; a row group more at most."""
MOST_BEGINNING: Final = 100_000
"""Rows that are read at once in any case: so many take half a second."""


def open_table(
    shape: Shape, cache: Path | None, told: Callable[[str], None] = lambda line: None
) -> Table:
    """All of a table; `told` gets a line where that takes long. Raises `TableError`."""
    return _kept(shape, cache) or _read(shape, cache, told)


def open_beginning(
    shape: Shape, cache: Path | None, told: Callable[[str], None] = lambda line: None
) -> tuple[Table, bool]:
    """All of a table where that is quick, else its first rows; and whether there are others.
    Raises `TableError`."""
    kept = _kept(shape, cache)
    if kept is not None:
        return kept, False
    first = _beginning(shape)
    return (_read(shape, cache, told), False) if first is None else (first, True)


def _read(shape: Shape, cache: Path | None, told: Callable[[str], None]) -> Table:
    return Table(with_small_groups(shape, cache, told), Search(cache), cache)


def _kept(shape: Shape, cache: Path | None) -> Table | None:
    """As it was opened before; None where it was not, or has row groups that are too large and
    may be found small in the cache."""
    shape = rewritten(shape, cache)
    columns = kept_columns(shape, cache)
    if columns is None or any(max(counts, default=0) > LARGE for counts in columns.layout.groups):
        return None
    return Table(shape, Search(cache), opened=(columns, Files(shape.files, columns.layout)))


def _beginning(shape: Shape) -> Table | None:
    """The first row groups as a table of its own; None where all of it is not much more."""
    if not shape.files:
        return None
    file = TableFile(shape.files[0])
    size = sum(path.stat().st_size for path in shape.files)
    expected = file.rows * size // max(1, file.size)
    groups: list[int] = []
    for rows in file.rows_by_group:
        if sum(groups) >= BEGINNING:
            break
        groups.append(rows)
    if expected <= MOST_BEGINNING or sum(groups) > MOST_BEGINNING:
        file.close()
        return None
    layout = Layout(file.schema, (tuple(groups), *[()] * (len(shape.files) - 1)))
    files = Files(shape.files, layout, file)
    try:
        columns = read_columns(shape.only(frozenset(layout.schema.names)), files)
    except BaseException:
        files.close()
        raise
    return Table(shape, opened=(columns, files))
