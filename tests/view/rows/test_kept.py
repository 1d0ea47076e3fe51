"""What the cache keeps of large tables: narrow columns, and files with small row groups."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crosslight.store import TableError, parquet
from crosslight.view.rows import columns, regroup
from crosslight.view.rows.files import Files
from crosslight.view.rows.query import Query
from crosslight.view.rows.regroup import with_small_groups
from crosslight.view.rows.shape import Shape
from crosslight.view.rows.table import Table
from tests.view.rows.make import write

COLUMNS: dict[str, list[Any]] = {
    "id": [f"r{n}" for n in range(12)],
    "p": [0.5, None, 0.25] * 4,
    "kind": ["a", "b", None] * 4,
    "rules": [["x"], [], ["x", "y"]] * 4,
    "photo": ["p1", "p1", None, "p2"] * 3,
}
PARTS: dict[str, Any] = {
    "id": "id",
    "facets": ("kind", "rules"),
    "scores": ("p",),
    "groups": ("photo",),
}


@pytest.fixture
def shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shape:
    monkeypatch.setattr(columns, "KEPT_FROM", 1)
    monkeypatch.setattr(columns, "SPARED", 0)
    file = write(tmp_path / "t.parquet", COLUMNS)
    return Shape(kind="table", title="t", files=(file,), **PARTS)


def told(table: Table) -> tuple[object, ...]:
    query = Query(group="photo", sort="p")
    return (
        table.page(table.select(query), 1, ("id", "p", "kind", "rules", "photo")),
        [table.counts(query, name) for name in table.facets],
        table.bars(query, "p"),
        table.number_of("r7"),
        table.files.schema,
    )


def test_kept_columns_say_the_same_and_open_no_file(
    shape: Shape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = told(Table(shape, None, tmp_path / "cache"))
    assert len(list((tmp_path / "cache").glob("*.npz"))) == 1

    def never(*_: object) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr("crosslight.view.rows.files.TableFile", never)
    assert told(Table(shape, None, tmp_path / "cache")) == first


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 torn", None])
def test_a_damaged_cache_only_costs_time(
    shape: Shape, tmp_path: Path, damage: bytes | None
) -> None:
    first = told(Table(shape, None, tmp_path / "cache"))
    (kept,) = (tmp_path / "cache").glob("*.npz")
    kept.write_bytes(kept.read_bytes()[:-40] if damage is None else damage)
    assert told(Table(shape, None, tmp_path / "cache")) == first
    assert kept.stat().st_size > 100


def test_another_file_of_the_name_is_read_anew(shape: Shape, tmp_path: Path) -> None:
    Table(shape, None, tmp_path / "cache")
    write(shape.files[0], {**COLUMNS, "id": [f"s{n}" for n in range(12)]})
    assert Table(shape, None, tmp_path / "cache").number_of("s7") == 7
    assert len(list((tmp_path / "cache").iterdir())) == 1  # the older one is gone


def test_no_room_for_the_cache_is_no_error(
    shape: Shape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "SPARED", 2**62)
    assert Table(shape, None, tmp_path / "cache").rows == 12
    assert not list((tmp_path / "cache").glob("*"))


def large(path: Path, rows: int = 9_000) -> Shape:
    table = pa.table({"text": [f"t{n}" for n in range(rows)], "tags": [["x"]] * rows})
    pq.write_table(table, path, row_group_size=rows)
    return Shape(kind="table", title="t", files=(path,), text="text")


def test_large_row_groups_are_written_small_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regroup, "SPARED", 0)
    shape, cache = large(tmp_path / "t.parquet"), tmp_path / "cache"
    said: list[str] = []
    small = with_small_groups(shape, cache, said.append)
    assert small.files[0].parent == cache and len(said) == 1
    with parquet.TableFile(small.files[0]) as file:
        assert max(file.rows_by_group) <= 1_000
    assert pq.read_table(small.files[0]).equals(pq.read_table(tmp_path / "t.parquet"))
    assert with_small_groups(shape, cache, said.append) == small and len(said) == 1
    large(tmp_path / "t.parquet", 5_000)
    again = with_small_groups(shape, cache, said.append)
    assert again != small and not small.files[0].exists()
    assert not list(cache.glob("*.part"))


def test_without_room_the_file_itself_is_read_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regroup, "SPARED", 2**62)
    shape = large(tmp_path / "t.parquet")
    said: list[str] = []
    assert with_small_groups(shape, tmp_path / "cache", said.append) == shape
    assert "pages will be slow" in said[0]
    assert with_small_groups(shape, None) == shape


def test_small_row_groups_stay_where_they_are(tmp_path: Path) -> None:
    shape = Shape(kind="table", title="t", files=(write(tmp_path / "t.parquet", COLUMNS),))
    assert with_small_groups(shape, tmp_path / "cache") == shape


def test_a_file_is_read_for_longer_than_one_opening_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "t.parquet", {"text": ["x" * 50] * 200}, group=100)
    monkeypatch.setattr(parquet, "MOST_READ", 0)
    files = Files([file])
    most = 100 * file.stat().st_size // (50 * 100) + 50
    for _ in range(most):
        assert files.cell(150, "text") == "x" * 50


def test_a_file_that_was_replaced_is_not_read_as_the_old_one(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", {"text": ["old"] * 3})
    files = Files([path])
    files.close()
    write(tmp_path / "new", {"text": ["new"]}).replace(path)
    with pytest.raises(TableError, match="changed"):
        files.cell(0, "text")
