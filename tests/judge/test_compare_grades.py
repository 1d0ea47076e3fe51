"""Two graded runs beside each other: an undecided image has no grade and moves no mean."""

from pathlib import Path

import pytest

from crosslight.judge.compare_grades import compare_assessed
from crosslight.judge.scales import read_scale
from crosslight.runs.folder import NotARunFolder
from tests.judge.scripted import graded


def test_the_same_run_twice_differs_in_nothing(tmp_path: Path) -> None:
    run = graded(tmp_path, "258?")
    (pair,) = compare_assessed([run, run])
    assert not (pair.setup or pair.moved)
    assert pair.grades is not None
    assert (pair.grades.difference, pair.grades.low, pair.grades.high) == (0, 0, 0)
    assert pair.sections()[-1].text == "no grade differs"


def test_the_mean_moves_by_images_with_a_grade_in_both(tmp_path: Path) -> None:
    a, b = graded(tmp_path / "a", "2580?9"), graded(tmp_path / "b", "4590?")
    (pair,) = compare_assessed([a, b])
    assert (pair.images.common, pair.images.only_a) == (5, 1)
    assert pair.statuses == {("done", "done"): 4, ("undecided", "undecided"): 1}
    found = pair.grades
    assert found is not None and found.low is not None and found.high is not None
    assert (found.n, found.a, found.b, found.difference) == (4, 3.75, 4.5, 0.75)
    assert found.low < 0.75 < found.high
    assert [(m.source, m.a, m.b) for m in pair.moved] == [("0.jpg", 2, 4), ("2.jpg", 8, 9)]


def test_undecided_in_one_run_is_told_first_and_moves_no_mean(tmp_path: Path) -> None:
    a, b = graded(tmp_path / "a", "25"), graded(tmp_path / "b", "9?")
    (pair,) = compare_assessed([a, b])
    assert [(m.source, m.a, m.b) for m in pair.moved] == [("1.jpg", 5, None), ("0.jpg", 2, 9)]
    assert pair.statuses[("done", "undecided")] == 1
    assert pair.grades is not None
    assert (pair.grades.n, pair.grades.low) == (1, None), "one image gives no interval"


def test_no_common_grade_is_no_mean(tmp_path: Path) -> None:
    a, b = graded(tmp_path / "a", "2?"), graded(tmp_path / "b", "?2")
    (pair,) = compare_assessed([a, b])
    assert pair.grades is None
    assert "no image has a grade in both" in pair.sections()[1].text


def test_scale_model_and_settings_are_told(tmp_path: Path) -> None:
    a = graded(tmp_path / "a", "2")
    b = graded(tmp_path / "b", "2", "fake:b", scale=read_scale("crossing"), spread_max=2.0)
    (pair,) = compare_assessed([a, b])
    names = {one.name for one in pair.setup}
    assert {"models.judge.spec", "settings.spread_max", "scale.question", "scale.marks.8"} <= names


def test_a_missing_table_is_a_clear_error(tmp_path: Path) -> None:
    run = graded(tmp_path, "2")
    (run / "assessed.parquet").unlink()
    with pytest.raises(NotARunFolder, match="lacks assessed"):
        compare_assessed([run, run])
