"""The page of a grading run, on real runs: escaped, the worst first, people beside it."""

import re
from pathlib import Path

import pytest

from crosslight.judge import GRADE_AGREEMENT_FILE, Scale, grade_agreement, read_grades
from crosslight.runs import RunError
from crosslight.store import read_json, write_json
from crosslight.view import write_assess_report
from crosslight.view.pages.assess import choose
from tests.judge.scripted import graded

EVIL = "</style><script>alert(1)</script>"
SCALE = Scale(question=f"How risky? {EVIL}", marks={0: "calm", 5: f"look {EVIL}", 10: "harm"})


def test_the_page_shows_the_highest_grades_first_and_escapes_all(tmp_path: Path) -> None:
    run = graded(tmp_path, "28?5", scale=SCALE)
    page = write_assess_report(run, tmp_path / "images").read_text()
    shown = re.findall(r'<span class="verdict[^"]*">([^<]*)</span> <bdi>([^<]*)</bdi>', page)
    assert shown == [("8.0", "1.jpg"), ("5.0", "3.jpg"), ("2.0", "0.jpg"), ("undecided", "2.jpg")]
    assert EVIL not in page and "&lt;script&gt;" in page
    assert page.count("data:image/jpeg") == 4
    assert page.count("At least: <bdi>look &lt;") == 2  # 8 and 5 have reached the mark 5
    assert "90% of the probability lay on no grade" in page
    assert "…" in page  # and is counted without its number
    assert 'src="http' not in page


def test_without_the_store_there_are_no_pictures(tmp_path: Path) -> None:
    run = graded(tmp_path, "28")
    page = write_assess_report(run, tmp_path / "gone").read_text()
    assert page.count("The photo cannot be shown here.") == 2


def test_people_stand_on_the_page_of_the_grades_they_were_compared_with(tmp_path: Path) -> None:
    run = graded(tmp_path, "28")
    file = tmp_path / "people.csv"
    file.write_text("image,grade\n0.jpg,2\n1.jpg,9\n")
    grade_agreement(run, read_grades(file))
    assert "2 images with a grade of both" in write_assess_report(run, tmp_path).read_text()
    write_json(run / GRADE_AGREEMENT_FILE, {"assessed_sha256": "0" * 64, "lines": ["of old"]})
    assert "Beside the grades of people" not in write_assess_report(run, tmp_path).read_text()


def test_a_run_on_a_scale_without_marks_still_has_its_page(tmp_path: Path) -> None:
    run = graded(tmp_path, "28")
    told = read_json(run / "run.json")
    write_json(run / "run.json", told | {"scale": {"question": "How risky is it?", "marks": {}}})
    page = write_assess_report(run, tmp_path).read_text()
    assert "How risky is it?" in page and "At least" not in page


def test_another_run_has_no_such_page(tmp_path: Path) -> None:
    with pytest.raises(RunError):
        write_assess_report(tmp_path, tmp_path)


def test_many_images_share_the_room() -> None:
    done = [{"status": "done", "grade": float(n % 11), "photo": f"d{n}"} for n in range(30)]
    open_ = [{"status": "undecided", "grade": None, "photo": f"o{n}"} for n in range(30)]
    kinds = [row["status"] for row in choose([*open_, *done], 20)]
    assert kinds == ["done"] * 10 + ["undecided"] * 10
    assert len(choose([*open_[:3], *done], 20)) == 20
    assert len(choose([*open_, *done[:3]], 20)) == 20
