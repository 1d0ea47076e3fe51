"""Grades of people beside those of a run."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from crosslight.judge.grade_agreement import (
    ENOUGH,
    Kappa,
    _jackknifed,
    grade_agreement,
    quadratic_kappa,
)
from crosslight.judge.grade_labels import read_grades, write_grade_queue
from crosslight.judge.labels import LabelError
from crosslight.store import read_json
from tests.judge.scripted import graded


def labels(folder: Path, text: str) -> Path:
    file = folder / "grades.csv"
    file.write_text(text)
    return file


def test_grades_of_people_are_read_and_their_means_taken(tmp_path: Path) -> None:
    file = labels(tmp_path, "image,grade,rater\na.jpg,3,x\na.jpg,4,y\nb.jpg,,x\nc.jpg,0,x\n")
    found = read_grades(file)
    assert (found.raters, found.of("", "a.jpg"), found.of("", "b.jpg")) == (2, 3.5, None)
    assert found.of("", "c.jpg") == 0


@pytest.mark.parametrize(
    "text",
    [
        "Image;Grade;Rater\na.jpg;3,5;x\nb.jpg;4;x\n",
        "sep=;\nimage;grade\na.jpg;3.5\nb.jpg;4\n",
        "image\tgrade\na.jpg\t3,5\nb.jpg\t4\n",
        " GRADE , image\n3.5,a.jpg\n4,b.jpg\n",
    ],
)
def test_grades_out_of_a_spreadsheet_are_read(tmp_path: Path, text: str) -> None:
    found = read_grades(labels(tmp_path, text))
    assert (found.of("", "a.jpg"), found.of("", "b.jpg"), found.raters) == (3.5, 4, 1)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("sep=;\nimage;grade\na.jpg;x\n", "line 3.*'x' is no grade"),
        ("image,grade,Grade\na.jpg,3,4\n", "two columns grade"),
        ("image,grade\na.jpg,11\n", "line 2.*11 is no grade from 0 to 10"),
        ("image,grade\na.jpg,nan\n", "nan is no grade"),
        ("image,grade\na.jpg,high\n", "'high' is no grade"),
        ("image,grade\n,4\n", "no image"),
        ("image,grade\na.jpg,3\na.jpg,4\n", "line 3.*two grades of one rater"),
        ("image,label\na.jpg,3\n", "has the columns image, label"),
        ("image,grade\na.jpg,\n", "holds no grade"),
        ("", "has the columns"),
    ],
)
def test_what_is_no_grade_is_refused_with_its_row(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(LabelError, match=why) as wrong:
        read_grades(labels(tmp_path, text))
    assert "0 to 10" in wrong.value.hint


def test_the_agreement_of_a_run_leaves_undecided_out_and_counts_it(tmp_path: Path) -> None:
    said = ("0123456789" * 3)[: ENOUGH - 1] + "9?5"
    run = graded(tmp_path, said[:12] + "?")
    people = "".join(f"{n}.jpg,{int(g)}\n" for n, g in enumerate(said[:12]))
    found = grade_agreement(
        run, read_grades(labels(tmp_path, f"image,grade\n{people}12.jpg,3\nx,1\n"))
    )
    assert (found.images, found.undecided, found.strangers) == (12, 1, 1)
    assert found.kappa is None and "too few images (12 of 20)" in found.lines()[1]
    assert found.bias is not None and found.bias.mean == 0
    assert read_json(run / "agreement.json")["lines"] == found.lines()


def test_an_interval_of_few_images_stays_within_what_grades_can_differ_by(tmp_path: Path) -> None:
    run = graded(tmp_path, "28")
    found = grade_agreement(run, read_grades(labels(tmp_path, "image,grade\n0.jpg,2\n1.jpg,3\n")))
    assert found.bias is not None and found.bias.high is not None and found.bias.high > 10
    assert "run less people: 2.50 (95% interval -10.00 to 10.00)" in found.lines()
    assert "size of the difference: 2.50 (95% interval 0.00 to 10.00)" in found.lines()


def test_kappa_is_that_of_scikit_learn_and_so_is_each_without_one() -> None:
    whole = np.random.default_rng(0).integers(0, 11, (40, 2))
    whole[:, 1] = np.clip(whole[:, 0] + np.random.default_rng(1).integers(-2, 3, 40), 0, 10)
    found, why = quadratic_kappa(whole.astype(float))
    assert isinstance(found, Kappa) and not why
    assert found.low < found.value < found.high < 1
    for at, mine in enumerate(_jackknifed(whole)):
        a, b = np.delete(whole, at, axis=0).T
        assert mine == pytest.approx(cohen_kappa_score(a, b, weights="quadratic"))


def test_no_kappa_where_nothing_varies() -> None:
    flat = np.full((30, 2), 4.0)
    assert quadratic_kappa(flat) == (None, "one side gave all images the same grade")
    same = np.repeat(np.arange(10.0), 3)[:, None].repeat(2, axis=1)
    assert "nothing tells how sure" in quadratic_kappa(same)[1]


@pytest.mark.parametrize("n", [20, 60])
def test_its_interval_covers(n: int) -> None:
    """Against a kappa of many images drawn alike; the benchmark's standard is 93% of 1,000."""
    rng = np.random.default_rng(n)

    def drawn(size: int) -> np.ndarray:
        people = rng.integers(0, 11, size)
        return np.stack([np.clip(people + rng.integers(-3, 4, size), 0, 10), people], axis=1) * 1.0

    truth, _ = quadratic_kappa(drawn(5000))
    assert truth is not None
    hits = 0
    for _ in range(120):
        found, _ = quadratic_kappa(drawn(n))
        assert found is not None
        hits += found.low <= truth.value <= found.high
    assert hits >= 120 * 0.9


def test_the_queue_is_drawn_by_chance_without_what_is_graded(tmp_path: Path) -> None:
    known = read_grades(labels(tmp_path, "image,grade\n3.jpg,3\n"))
    images = [(f"hash{n}", f"{n}.jpg") for n in range(10)]
    assert write_grade_queue(tmp_path / "next.csv", images, known, 4, 0) == 4
    rows = (tmp_path / "next.csv").read_text().splitlines()
    assert rows[0] == "image,photo,grade"
    assert len(rows) == 5
    assert not any(row.startswith("3.jpg") for row in rows)
    assert write_grade_queue(tmp_path / "all.csv", images, known, 50, 0) == 9
