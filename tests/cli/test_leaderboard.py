"""`crosslight compare runs/*` over a folder of runs: one table, four forms, nothing in silence."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from crosslight.cli import app
from crosslight.models.protocol import Request
from crosslight.records.errors import BadSetting
from tests.bench.small import By, items, run

HOSTILE = "fake:=HYPERLINK(1)|<script>&%_\\input{x}"


def no(request: Request) -> Any:
    return {"No": 0.9, "Yes": 0.1}


def wiser(request: Request) -> Any:
    number = int(request.messages[-1].text.split("question ")[1])
    return {"No": 0.2, "Yes": 0.8} if number % 2 else no(request)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    run(folder, items(20, "choice"), By("fake:no", no), out="a")
    run(folder, items(20, "choice"), By(HOSTILE, wiser), out="b")
    run(folder, items(12, "choice"), By("fake:no", no), out="c")
    (folder / "broken").mkdir()
    (folder / "broken/run.json").write_text("{")
    (folder / "notes.txt").write_text("mine")
    return folder


def said(*words: object) -> str:
    result = CliRunner().invoke(
        app, ["compare", *map(str, words)], env={"COLUMNS": "240"}, catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.output


def test_a_folder_of_runs_is_a_table_and_the_broken_ones_are_named(runs: Path) -> None:
    for told in (said(runs), said(*sorted(runs.iterdir())), said(runs, "--leaderboard")):
        assert told.index("HYPERLINK") < told.index("fake:no")  # the better one first
        assert "broken: " in told and "skipped" in told
        assert "differs from others of its name: data" in told  # 12 items are no 20
        assert "100.0%" in told and "95% interval" in told
    assert "notes.txt" in said(*sorted(runs.iterdir()))


def test_csv_holds_every_number_and_no_formula(runs: Path) -> None:
    text = said(runs, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    safe = [row for row in rows if row["metric"] == "accuracy_safe"]
    assert [(row["model"][:8], row["value"], row["n"]) for row in safe] == [
        ("fake:=HY", "1.0", "10"),
        ("fake:no", "0.0", "10"),
        ("fake:no", "0.0", "6"),
    ]
    assert len({row["set_up"] for row in safe}) == 2 and len({row["data"] for row in safe}) == 2
    assert all(row["low"] and row["coverage"] == "1.0" for row in safe)
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())


def test_latex_markdown_and_page_show_hostile_names_as_text(runs: Path) -> None:
    tex = said(runs, "--format", "tex")
    assert r"\textbar{}\textless{}script\textgreater{}\&\%\_\textbackslash{}input\{x\}" in tex
    assert tex.count(r"\begin{tabular}") == tex.count(r"\end{tabular}") == 1
    body = [line for line in tex.splitlines() if line.endswith(r"\\")]
    columns = [line.replace(r"\&", "").count("&") for line in body[1:]]
    assert len(set(columns)) == 1
    md = said(runs, "--format", "md")
    table = [line.replace("\\|", "") for line in md.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1 and "<script" not in md
    page = said(runs, "--format", "html")
    assert "&lt;script&gt;" in page and "<script" not in page
    assert page.count('<th scope="row"') == 2


def test_files(runs: Path, tmp_path: Path) -> None:
    said(runs, "--leaderboard", "-o", tmp_path / "board")
    names = {path.name for path in (tmp_path / "board").iterdir()}
    assert {f"leaderboard.{form}" for form in ("md", "csv", "tex", "html")} <= names
    said(runs, "-o", tmp_path / "mine.tex")
    assert "tabular" in (tmp_path / "mine.tex").read_text("utf-8")
    again = runs / "a2"
    again.mkdir()
    for path in (runs / "a").iterdir():
        if path.is_file():
            (again / path.name).write_bytes(path.read_bytes())
    told = said(runs / "a", runs / "b", again, "-o", tmp_path / "both")
    assert "[" in told and "flips.csv" in {path.name for path in (tmp_path / "both").iterdir()}
    assert (tmp_path / "both/leaderboard.html").is_file()
    rows = list(csv.DictReader((tmp_path / "both/leaderboard.csv").open(encoding="utf-8")))
    assert len({row["run"] for row in rows if row["metric"] == "accuracy"}) in (0, 3)
    assert len({row["model"] for row in rows}) == 3  # a run twice is two rows


def test_another_judge_or_protocol_is_another_column(runs: Path, tmp_path: Path) -> None:
    for name, change in (("x", {}), ("y", {"outside_max": 0.1})):
        (tmp_path / name).mkdir()
        for path in (runs / "a").iterdir():
            if path.is_file():
                (tmp_path / name / path.name).write_bytes(path.read_bytes())
        told = json.loads((tmp_path / name / "run.json").read_text())
        told["settings"] |= change
        (tmp_path / name / "run.json").write_text(json.dumps(told))
    found = said(tmp_path, "--leaderboard")
    assert "differs from others of its name: outside_max 0.5" in found
    assert "differs from others of its name: outside_max 0.1" in found


def test_nothing_to_show_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="none of 1 folders"):
        said(tmp_path, "--leaderboard")
    with pytest.raises(BadSetting, match="--format"):
        said(tmp_path, "--format", "pdf")
    with pytest.raises(BadSetting, match="agreement"):
        said(tmp_path, "--leaderboard", "--agreement")
