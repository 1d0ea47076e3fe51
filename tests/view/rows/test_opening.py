"""A large table that was never opened shows its beginning at once; later all of it is at hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crosslight.store import TableError
from crosslight.view.rows import columns, opening, regroup
from crosslight.view.rows.opening import open_beginning, open_table
from crosslight.view.rows.query import Query
from crosslight.view.rows.shape import Shape
from crosslight.view.rows.table import Table

ROWS = 400


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is large begins here with some hundred rows."""
    monkeypatch.setattr(opening, "BEGINNING", 30)
    monkeypatch.setattr(opening, "MOST_BEGINNING", 100)
    monkeypatch.setattr(columns, "KEPT_FROM", 1)
    for module in (columns, regroup):
        monkeypatch.setattr(module, "SPARED", 0)


def written(folder: Path, group: int = 20, files: int = 2) -> Shape:
    """Rows over some files, four of a photo."""
    paths = []
    for file in range(files):
        numbers = range(file * ROWS // files, (file + 1) * ROWS // files)
        made = {
            "id": [f"r{n}" for n in numbers],
            "photo": [f"p{n // 4}" for n in numbers],
            "kind": ["ab"[n % 2] for n in numbers],
            "p": [n / ROWS for n in numbers],
        }
        paths.append(folder / f"{file}.parquet")
        pq.write_table(pa.table(made), paths[-1], row_group_size=group)
    parts: dict[str, Any] = {"id": "id", "facets": ("kind",), "scores": ("p",)}
    return Shape(kind="table", title="t", files=tuple(paths), groups=("photo",), **parts)


def page(table: Table, number: int = 1) -> list[dict[str, Any]]:
    return table.page(table.select(Query(group="photo")), number, ("id", "photo", "kind", "p"))


@pytest.mark.usefixtures("small")
def test_the_first_pages_of_a_beginning_are_those_of_the_whole(tmp_path: Path) -> None:
    shape = written(tmp_path)
    begun, partial = open_beginning(shape, tmp_path / "cache")
    whole = open_table(shape, tmp_path / "cache")
    assert (begun.rows, partial, whole.rows) == (40, True, ROWS)
    assert page(begun) == page(whole)[:10]
    assert begun.counts(Query(), "kind") == [("a", 20), ("b", 20)]


@pytest.mark.usefixtures("small")
def test_what_is_kept_or_small_is_opened_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape, cache = written(tmp_path), tmp_path / "cache"
    open_table(shape, cache)
    kept, partial = open_beginning(shape, cache)
    assert (kept.rows, partial) == (ROWS, False)
    monkeypatch.setattr(opening, "MOST_BEGINNING", 2 * ROWS)
    whole, partial = open_beginning(shape, None)
    assert (whole.rows, partial) == (ROWS, False)


@pytest.mark.usefixtures("small")
def test_large_row_groups_are_written_small_behind_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regroup, "LARGE", 60)
    monkeypatch.setattr(opening, "LARGE", 60)
    monkeypatch.setattr(regroup, "GROUP", 20)
    shape, cache = written(tmp_path, group=80), tmp_path / "cache"
    said: list[str] = []
    begun, partial = open_beginning(shape, cache, said.append)
    assert (begun.rows, partial, said) == (80, True, [])
    whole = open_table(shape, cache, said.append)
    assert whole.rows == ROWS and len(said) == 2
    again, partial = open_beginning(shape, cache, said.append)
    assert not partial and len(said) == 2
    assert again.shape.files[0].parent == cache and page(again, 2) == page(whole, 2)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("make", [lambda path: path.write_bytes(b"PAR1"), Path.unlink])
def test_a_broken_file_behind_the_beginning_shows_when_it_is_read(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    shape = written(tmp_path, files=4)
    make(shape.files[3])
    with pytest.raises((TableError, FileNotFoundError), match=r"3\.parquet"):
        open_table(shape, None)
