"""A parquet of others: its columns by their names, or as its reader says."""

from pathlib import Path
from typing import Any

import pytest

from crosslight.runs import NotARunFolder, RunError
from crosslight.store import TableError
from crosslight.view.rows.open import shape_of
from tests.view.rows.make import write


@pytest.fixture
def file(tmp_path: Path) -> Path:
    columns: dict[str, list[Any]] = {
        "UID": ["a", "b", "c"],
        "Question": ["long " * 30, "who", "what"],
        "img": [{"bytes": b"x", "path": None}] * 3,
        "score": [0.5, None, 0.1],
        "label": ["yes", "no", "yes"],
        "vector": [[0.1, 0.2]] * 3,
    }
    return write(tmp_path / "t.parquet", columns)


def test_parts_are_found_by_name_in_any_case(file: Path) -> None:
    shape = shape_of(file)
    assert shape is not None
    assert (shape.id, shape.text, shape.image, shape.category) == (
        "UID",
        "Question",
        "img",
        "label",
    )
    assert shape.scores == ("score",)
    assert "label" in shape.facets and "Question" not in shape.facets


def test_a_mapping_says_it_otherwise(file: Path) -> None:
    shape = shape_of(file, {"text": "label", "category": "UID"})
    assert shape is not None
    assert (shape.text, shape.category) == ("label", "UID")


def test_a_mapping_of_what_is_not_there_names_what_is(file: Path) -> None:
    with pytest.raises(TableError, match="no column 'nope'") as caught:
        shape_of(file, {"text": "nope"})
    assert "Question" in caught.value.hint
    with pytest.raises(TableError, match="'colour' is no part"):
        shape_of(file, {"colour": "label"})


def test_a_column_called_image_without_pictures_is_none(tmp_path: Path) -> None:
    shape = shape_of(write(tmp_path / "t.parquet", {"image": ["a.png", "b.png"], "id": [1, 2]}))
    assert shape is not None and shape.image == ""


def test_nothing_to_look_at_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotARunFolder, match="no run and no parquet"):
        shape_of(tmp_path)
    with pytest.raises(RunError, match="no such folder"):
        shape_of(tmp_path / "gone")
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(TableError, match="torn"):
        shape_of(tmp_path / "torn.parquet")


def test_a_table_behind_a_link_out_of_its_folder_is_refused(tmp_path: Path, file: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.parquet").symlink_to(file)
    with pytest.raises(RunError, match="link out of"):
        shape_of(folder)


def test_a_link_within_the_folder_is_as_good_as_a_file(tmp_path: Path, file: Path) -> None:
    (tmp_path / "again.parquet").symlink_to(file)
    shape = shape_of(tmp_path)
    assert shape is not None and len(shape.files) == 2
