"""`crosslight compare` as a person types it: the set-up first, then the numbers of each kind."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from crosslight.cli import app
from crosslight.records.errors import BadSetting
from crosslight.runs.folder import NotARunFolder
from tests.bench.small import By, items, run
from tests.build.scenes import picture
from tests.build.scripted import build
from tests.judge.scripted import graded, judged

HOSTILE = "[bold red]x[/] \x1b[2J\u202egpj :bomb: | <script>\n# y"


def said(*words: object, ends: int = 0) -> str:
    result = CliRunner().invoke(
        app, ["compare", *map(str, words)], env={"COLUMNS": "200"}, catch_exceptions=False
    )
    assert result.exit_code == ends, result.output
    return result.output


def test_judging_runs(tmp_path: Path) -> None:
    a, b = judged(tmp_path / "a", "uus?"), judged(tmp_path / "b", "uss?", "fake:b")
    told = said(a, b, "-o", tmp_path / "c")
    assert told.index("models.judge.spec: fake:a -> fake:b") < told.index("4 images judged by both")
    assert "A 66.7%, B 33.3%, B - A -33.3 points" in told
    assert "over the 3 images that both call safe or unsafe; 1 undecided left out" in told
    assert "1 of 4 verdicts differ" in told and "1.jpg" in told
    written = json.loads((tmp_path / "c" / "compare.json").read_text("utf-8"))["pairs"][0]
    assert (written["kind"], written["unsafe"]["n"]) == ("judge", 3)
    assert str(tmp_path) not in json.dumps(written)
    assert "| models.judge.spec | fake:a | fake:b |" in (tmp_path / "c" / "compare.md").read_text()


def test_the_same_run_twice(tmp_path: Path) -> None:
    run = judged(tmp_path / "a", "us?")
    told = said(run, run)
    assert "the set-ups are the same" in told and "no verdict differs" in told


def test_graded_runs(tmp_path: Path) -> None:
    a, b = graded(tmp_path / "a", "25?"), graded(tmp_path / "b", "45?")
    told = said(a, b, "-o", tmp_path / "c")
    assert "mean grade: A 3.50, B 4.50, B - A +1.00" in told
    assert "1 undecided left out" in told
    assert "mean grade" in (tmp_path / "c" / "compare.md").read_text("utf-8")


def test_a_stopped_run_is_compared_and_said_to_be_stopped(tmp_path: Path) -> None:
    a, b = judged(tmp_path / "a", "us"), judged(tmp_path / "b", "us")
    whole = json.loads((b / "run.json").read_text())
    stopped = whole | {"status": "stopped", "reason": "the budget of 9 calls is spent"}
    (b / "run.json").write_text(json.dumps(stopped))
    told = said(a, b, "-o", tmp_path / "c")
    assert "stopped: the budget of 9 calls is spent" in told
    assert "the set-ups are the same" in told
    assert "B stopped: the budget" in (tmp_path / "c" / "compare.md").read_text("utf-8")


def test_what_cannot_be_compared_is_told_with_a_remedy(tmp_path: Path) -> None:
    a, b = judged(tmp_path / "a", "u"), graded(tmp_path / "b", "2")
    with pytest.raises(BadSetting, match="different kinds") as caught:
        said(a, b)
    assert caught.value.hint
    with pytest.raises(NotARunFolder, match="holds no run") as missing:
        said(a, tmp_path / "nowhere")
    assert "build, judge, assess, prefer, bench" in missing.value.hint
    with pytest.raises(BadSetting, match="two runs"):
        said(a)
    with pytest.raises(BadSetting, match="--agreement"):
        said(a, a, "--agreement")
    said(a, a, "-o", tmp_path / "c")
    with pytest.raises(NotARunFolder, match="a run of compare, which is not compared"):
        said(a, tmp_path / "c")


def test_no_run_is_overwritten_and_no_file_of_another_comparison_stays(tmp_path: Path) -> None:
    a = judged(tmp_path / "a", "u")
    with pytest.raises(NotARunFolder, match="holds no comparison"):
        said(a, a, "-o", a)
    said(a, a, "-o", tmp_path / "c")
    (tmp_path / "c" / "flips.csv").write_text("of a bench")
    said(a, a, "-o", tmp_path / "c")
    assert not (tmp_path / "c" / "flips.csv").exists()


def test_names_of_strangers_are_shown_as_they_are(tmp_path: Path) -> None:
    a, b = judged(tmp_path / "a", "us"), judged(tmp_path / "b", "uu")
    rename(a / "verdicts.parquet")
    run = json.loads((b / "run.json").read_text())
    run["settings"]["note"] = HOSTILE
    run["models"][0]["spec"] = HOSTILE
    (b / "run.json").write_text(json.dumps(run))
    told = said(a, b, "-o", tmp_path / "c")
    assert told.count("[bold red]x[/] ‹U+001B›[2J‹U+202E›gpj :bomb: | <script> # y") >= 3
    written = (tmp_path / "c" / "compare.md").read_text("utf-8")
    assert "<script>" not in written and "\n# y" not in written
    for text in (told, written):
        assert "\x1b" not in text and "\u202e" not in text


def rename(path: Path) -> None:
    """Give every image of a table the hostile name."""
    table = pq.read_table(path)
    names = pa.array([HOSTILE] * len(table), pa.string())
    pq.write_table(table.set_column(table.column_names.index("source"), "source", names), path)


def test_bench_runs_keep_their_own_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        run(tmp_path, items(8, "choice"), By(f"fake:{name}", lambda request: {"No": 1.0}), out=name)
    told = said(tmp_path / "a", tmp_path / "b", "-o", tmp_path / "c")
    assert told.index("models.model.spec: fake:a -> fake:b") < told.index("Balanced accuracy")
    assert "0 of 8 common items differ: none" in told
    names = {path.name for path in (tmp_path / "c").iterdir()}
    assert {"compare.json", "compare.md", "differences.csv", "flips.csv", "report.html"} <= names


def test_builds(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for number in range(2):
        (tmp_path / "photos" / f"{HOSTILE[:4]}{number}.jpg").write_bytes(picture(number))
    build(tmp_path, tmp_path / "photos", "a", "fake:echo")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    told = said(tmp_path / "a", tmp_path / "b", "-o", tmp_path / "c")
    assert "the set-ups are the same" in told
    assert told.index("the set-ups") < told.index("photos with a row: A 0 of 2 inputs (0.0%)")
    assert json.loads((tmp_path / "c" / "compare.json").read_text())["pairs"][0]["kind"] == "build"
