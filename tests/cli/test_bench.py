"""`crosslight bench` and `crosslight compare` as a person types them."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from crosslight.bench.item import SuiteError
from crosslight.cli import bench
from crosslight.cli.compare import compare
from crosslight.records.errors import CrosslightError
from tests.shared import SHARED

DATA = SHARED / "benchmarks" / "mmsafeaware"
app = typer.Typer()
app.add_typer(bench.app, name="bench")
app.command("compare")(compare)


def said(*words: str, ends: int = 0) -> str:
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "300"}, catch_exceptions=False)
    assert result.exit_code == ends, result.output
    return result.output


def test_list_and_show() -> None:
    listed = said("bench", "list")
    assert "mmsafeaware" in listed
    assert "published, strict" in listed
    shown = said("bench", "show", "mmsafeaware")
    assert "subset: over-safe" in shown
    assert "published defect" in shown


def test_an_unknown_suite_is_a_clear_error() -> None:
    with pytest.raises(SuiteError, match="no suite is called") as caught:
        said("bench", "nothing", "--data", ".")
    assert "mmsafeaware" in caught.value.hint


@pytest.mark.skipif(not DATA.is_dir(), reason="no shared data")
def test_a_suite_from_end_to_end_and_a_comparison(tmp_path: Path) -> None:
    def run(name: str, *more: str) -> str:
        places = ("--store", str(tmp_path / "store"), "-o", str(tmp_path / name))
        words = ("bench", "mmsafeaware", "--data", str(DATA), "--model", "fake:echo", "-q")
        return said(*words, *places, *more)

    told = run("a")
    assert "mmsafeaware/strict: 71 of 71 items scored" in told
    assert "Balanced accuracy" in told
    assert "75 asked" in told  # four of them whether it sees
    assert "0 asked" in run("a")
    run("b", "--image", "none")
    for name in (
        "run.json",
        "items.parquet",
        "dropped.parquet",
        "failed.parquet",
        "results.json",
        "results.csv",
        "results.md",
        "report.html",
    ):
        assert (tmp_path / "a" / name).is_file()
    told = said("compare", str(tmp_path / "a"), str(tmp_path / "b"), "-o", str(tmp_path / "c"))
    assert "settings.picture: as is -> none" in told
    assert (tmp_path / "c" / "report.html").is_file()


def test_free_answers_need_a_judge(tmp_path: Path) -> None:
    folder = DATA.parent / "mossbench"
    if not folder.is_dir():
        pytest.skip("no shared data")
    with pytest.raises(CrosslightError, match="a judge must read"):
        said(
            "bench",
            "mossbench",
            "--data",
            str(folder),
            "--model",
            "fake:echo",
            "-q",
            "-o",
            str(tmp_path / "m"),
            "--store",
            str(tmp_path / "store"),
        )
