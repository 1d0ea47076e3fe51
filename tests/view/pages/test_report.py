"""`crosslight report`: any run, one file within its limit, and a plot beside it."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from crosslight.cli import app
from crosslight.runs import RunError
from crosslight.view import write_any_report
from crosslight.view.pages import shell
from tests.bench.small import By, items, pictures, run
from tests.view.make_run import make_run
from tests.view.pages.test_build import Page, assert_harmless


def test_a_page_holds_to_its_limit_and_says_what_it_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"risk": "é" * 3000, "why": "é" * 3000}
    make_run(tmp_path / "big", families=24, change=told)
    page, *_ = write_any_report(tmp_path / "big", tmp_path)
    whole = page.stat().st_size
    assert "left-out" not in page.read_text().split("<header>")[1]
    monkeypatch.setattr(shell, "MOST_BYTES", whole // 3)
    page, *_ = write_any_report(tmp_path / "big", tmp_path)
    text = page.read_text()
    assert page.stat().st_size <= whole // 3
    assert "crosslight view big" in text and "of 72 rows" in Page(text).text
    assert_harmless(Page(text))


def test_the_command_writes_the_page_and_the_plot_in_two_forms(tmp_path: Path) -> None:
    make_run(tmp_path / "run", families=3)
    done = CliRunner().invoke(app, ["report", str(tmp_path / "run"), "--store", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "run/report.html (" in done.output and "plots/scenarios.png" in done.output
    drawn = ET.parse(tmp_path / "run/plots/scenarios.svg").getroot()
    assert drawn.tag.endswith("svg")
    with Image.open(tmp_path / "run/plots/scenarios.png") as image:
        assert image.width == 2 * float(drawn.attrib["width"])


def test_items_of_a_benchmark_get_pictures_only_from_a_folder_that_is_named(tmp_path: Path) -> None:
    run(tmp_path, items(8, "choice"), By("fake:x", lambda request: {"Yes": 1.0}))
    bare, *_ = write_any_report(tmp_path / "out", tmp_path / "images")
    assert "<img" not in bare.read_text() and "--data FOLDER" in bare.read_text()
    data = pictures(tmp_path / "data", 8)
    page, *_ = write_any_report(tmp_path / "out", tmp_path / "images", data)
    text = page.read_text()
    assert text.count("<img") == 8 and text.count('class="photo veiled"') == 8
    told = [part.split('"')[0] for part in text.split('data-told="')[1:]]
    assert told == ["wrong"] * 4 + ["right"] * 4, "mistakes first"


def test_a_folder_of_another_kind_is_refused_with_its_kind(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"kind": "audit", "status": "complete"}')
    with pytest.raises(RunError, match="audit"):
        write_any_report(tmp_path, tmp_path)
