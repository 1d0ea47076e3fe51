"""Which pictures wait until somebody asks for them."""

from pathlib import Path
from typing import Any

import pytest

from crosslight.view.rows.kinds import bench, build, judge
from crosslight.view.rows.shape import Shape


@pytest.mark.parametrize(
    ("mark", "covered"),
    [(False, False), (True, True), (None, True), ("", True), ("no", False), (0, False), (1, True)],
)
def test_what_is_not_known_to_be_fit_is_covered(mark: Any, covered: bool, tmp_path: Path) -> None:
    assert build.shape(tmp_path).covers({"sensitive": mark}) is covered


@pytest.mark.parametrize(
    ("verdict", "covered"), [("safe", False), ("unsafe", True), ("undecided", True), (None, True)]
)
def test_of_judged_pictures_only_the_safe_ones_stand_open(
    verdict: str | None, covered: bool, tmp_path: Path
) -> None:
    assert judge.shape(tmp_path).covers({"verdict": verdict}) is covered


def test_a_benchmark_says_nothing_of_its_pictures(tmp_path: Path) -> None:
    shape = bench.shape(tmp_path)
    assert shape.covers({"item": "1"})
    assert shape.only(frozenset(("item", "prompt"))).covers({"item": "1"})


def test_a_table_of_others_without_a_mark_is_open() -> None:
    assert not Shape(kind="table", title="t", files=()).covers({"text": "x"})
