"""Rows of a grading run: facets, a row's scale with its shares, and grades of people that go on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crosslight.judge import grade_agreement, read_grades
from tests.judge.scripted import graded
from tests.view.server.ask import ask

pytest.importorskip("starlette", reason="the extra `web` is not installed")

from crosslight.store import ImageStore
from crosslight.view.server.app import application
from crosslight.view.server.fence import LOCAL
from crosslight.view.server.graded import graded as graded_row
from crosslight.view.server.opened import open_places

SAME = {"sec_fetch_site": "same-origin", "content_type": "application/x-www-form-urlencoded"}


@pytest.fixture
def viewed(tmp_path: Path) -> Iterator[tuple[Any, Path]]:
    run = graded(tmp_path, "28?5")
    images = ImageStore(tmp_path / "images", fsync=False)
    yield application(open_places([run], images, None), hosts=LOCAL), run


def photo_of(app: Any, source: str) -> str:
    page = ask(app, f"/r/run/rows?q={source}").text
    return page.split("/r/run/row/", 1)[1].split("?", 1)[0].split('"', 1)[0]


def test_all_graded_images_are_rows_with_facets_and_ranges(viewed: tuple[Any, Path]) -> None:
    app, _ = viewed
    page = ask(app, "/r/run/rows").text
    assert page.count("/picture/") >= 4
    assert "undecided" in page and "outside" in page
    assert "grade 8<" in page and page.count(">grade ") == 4
    assert ask(app, "/r/run/rows?f.status=undecided").text.count('class="card') == 1
    assert "/r/run/rows" in ask(app, "/r/run/overview").text


def test_a_row_says_its_grade_its_shares_and_why_it_is_open(viewed: tuple[Any, Path]) -> None:
    app, _ = viewed
    page = ask(app, f"/r/run/row/{photo_of(app, '1.jpg')}").text
    assert '<p class="graded"><b>8</b>' in page and "A street." in page
    assert page.count('name="label"') == 11
    assert 'aria-label="share 1, with the image 1' in page
    unsure = ask(app, f"/r/run/row/{photo_of(app, '2.jpg')}").text
    assert "90% of the probability lay on no grade" in unsure


def test_grades_of_reviewers_are_the_file_that_judge_agree_reads(
    viewed: tuple[Any, Path], tmp_path: Path
) -> None:
    app, run = viewed
    for source, by, grade in (("0.jpg", "ann", 2), ("0.jpg", "bob", 4), ("1.jpg", "ann", 9)):
        body = f"row={photo_of(app, source)}&by={by}&label={grade}%40"
        assert ask(app, "/r/run/review", "POST", body, **SAME).status == 303
    page = ask(app, f"/r/run/row/{photo_of(app, '0.jpg')}").text
    assert '<b class="by">ann</b>' in page and '<b class="by">bob</b>' in page
    assert "3 grades of people" in ask(app, "/r/run/review").text
    answer = ask(app, "/r/run/labels.csv")
    assert "grades.csv" in answer.headers["content-disposition"]
    file = tmp_path / "grades.csv"
    file.write_bytes(answer.body)
    known = read_grades(file)
    assert known.raters == 2 and known.of("", "") is None
    assert sorted(known.values.values()) == [(2.0, 4.0), (9.0,)]
    told = grade_agreement(run, known).lines()
    assert "2 images with a grade of both" in " ".join(told)
    assert "2 images with a grade of both" in ask(app, "/r/run/overview").text


@pytest.mark.parametrize("said", ["[" * 9_000, "{}", "7", '{"1": "x"}', '{"1": 7}', "[true]"])
def test_shares_that_are_none_are_unknown(said: str) -> None:
    row = {"distribution": said, "shown": said, "prior": said}
    found = graded_row({"scale": {"marks": 3}}, row, [])
    assert [one.share for one in found.marks] == [None] * 11
    assert not found.measured and not found.debiased


def test_two_gradings_are_compared_image_by_image(tmp_path: Path) -> None:
    one = graded(tmp_path, "28?5").rename(tmp_path / "one")
    two = graded(tmp_path, "27?5", spec="fake:b").rename(tmp_path / "two")
    app = application(open_places([one, two], None, None), hosts=LOCAL)
    page = ask(app, "/compare?a=one&b=two").text
    assert "grade" in page and "only" in page
