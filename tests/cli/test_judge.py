"""The verbs of the judge through the command line, against scripted models."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crosslight.cli import app
from crosslight.cli.judge_console import METRICS, table
from tests.judge.simulated import picture

SCRIPT = """
rules:
  - {task: visible, choice: {"Yes": 0.97, "No": 0.02}, colour: red}
  - {task: weigh, json: {thought: I look, rationale: none, rating: "No"}}
  - {task: guard, answer: '{"rating": "Unsafe", "category": "x"}'}
"""
POLICY = """
title: One rule
by: hand
rules:
  - id: lamp
    rule: No lamp may stand here.
    text: No lamp may stand here.
    chain:
      - any: [{see: a lamp, words: [lamp]}]
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    for number in range(6):
        (tmp_path / "photos" / f"{number}.jpg").write_bytes(picture(number))
    (tmp_path / "script.yaml").write_text(SCRIPT)
    (tmp_path / "policy.yaml").write_text(POLICY)
    return tmp_path


def call(*args: str) -> str:
    result = CliRunner().invoke(app, args, catch_exceptions=False)
    assert result.exit_code in (0, 1), result.output
    return result.output


RUN = (
    "judge",
    "photos",
    "--constitution",
    "policy.yaml",
    "--model",
    "fake:script.yaml",
    "-o",
    "out",
    "--store",
    "store",
    "--addressed",
    "off",
    "-q",
)


def test_judge_report_rethreshold(place: Path) -> None:
    assert "images judged" in call(*RUN, "--flip-test")
    assert (place / "out" / "report.html").exists()
    assert (place / "out" / "flips.json").exists()
    assert "0 calls" in call("judge", "rethreshold", "out", "--set", "beta=0.3", "--store", "store")
    with (place / "labels.csv").open("w", newline="") as file:
        rows = [
            ("image", "label"),
            *((f"{n}.jpg", "unsafe" if n % 2 else "safe") for n in range(6)),
        ]
        csv.writer(file).writerows(rows)
    told = call("judge", "report", "labels.csv", "--run", "out", "--store", "store")
    assert "overall" in told and "label next: nothing" in told
    assert not (place / "out" / "label_next.csv").exists()  # no empty file to fill in
    assert "\u2026" not in told  # no interval is cut off
    assert json.loads((place / "out" / "card.json").read_text())["labels"] == 6
    assert "Report card" in (place / "out" / "report.html").read_text()


def test_the_labelling_loop_from_no_label_on(place: Path) -> None:
    call(*RUN)
    where = ("--run", "out", "--store", "store")
    assert "4 images in out/label_next.csv" in call("judge", "report", *where, "--queue", "4")
    queue = place / "out" / "label_next.csv"
    with queue.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["label"] = "safe" if row["image"] < "3" else "unsafe"
    with queue.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    told = " ".join(call("judge", "report", str(queue), *where).split())
    assert "4 labels: 2 drawn by chance from 6 images, and all of the" in told
    assert "too few" in told and "(1.00-1.00)" not in told
    assert "2 images in out/label_next-2.csv" in told
    assert "unsafe" in queue.read_text()  # what a person wrote stays
    card = str(place / "out" / "card.json")
    refused = CliRunner().invoke(app, ["judge", "rethreshold", "out", "--card", card])
    assert "neither a cut nor a map" in str(refused.exception)
    told = call("judge", "rethreshold", "out", "--set", "lamp.score_cut=0", "--store", "store")
    assert "6 unsafe" in told


def test_rules_without_a_cut_of_their_own_are_named(place: Path) -> None:
    call(*RUN)
    (place / "labels.csv").write_text(
        "image,label\n" + "".join(f"{n}.jpg,{('safe', 'unsafe')[n % 2]}\n" for n in range(6))
    )
    call("judge", "report", "labels.csv", "--run", "out", "--store", "store")
    card = json.loads((place / "out" / "card.json").read_text())
    card["overall"]["cut"]["at"] = 0.5
    given = ("judge", "rethreshold", "out", "--store", "store", "--card", "card.json")
    labelled = {**card["overall"], "cut": {"at": None}}
    for rules, said in (({}, "no label at all"), ({"lamp": labelled}, "too few labels for a cut")):
        (place / "card.json").write_text(json.dumps({**card, "rules": rules}))
        told = " ".join(call(*given).split())
        assert f"1 rule with {said}: lamp takes the cut of all images" in told
        assert "1 rule with" not in call(*given, "--set", "lamp.score_cut=0.4")


NAMES = ("unlocked_door", "a_firearm_pointed_at_a_person")


@pytest.mark.parametrize("width", [80, 120, 160])
def test_no_name_and_no_figure_in_the_table_of_a_card_is_broken(width: int) -> None:
    figure = {"few": False, "value": 0.9, "low": 0.74, "high": 1.0}
    one = {"labelled": 120, "unsafe": 7, "coverage": 1.0, **dict.fromkeys(METRICS, figure)}
    lines = list(table({"overall": one, "rules": dict.fromkeys(NAMES, one)}, width))
    assert all(any(line.startswith(name) for line in lines) for name in ("overall", *NAMES))
    figures = [line for line in lines if line.count("0.90 (0.74-1.00)") == len(METRICS)]
    assert len(figures) == 3
    assert len({line.index("0.90 (") for line in figures}) == 1  # below each other
    assert max(map(len, lines)) <= width


def test_a_threshold_of_one_rule(place: Path) -> None:
    assert "6 safe" in call(*RUN, "--threshold", "lamp=0.999")
    settings = json.loads((place / "out" / "run.json").read_text())["settings"]
    assert settings["by_rule"] == {"lamp": {"score_cut": 0.999}}
    refused = CliRunner().invoke(app, [*RUN, "--threshold", "lump=0.6"])
    assert "'lump' is no rule; there are: lamp" in str(refused.exception)
    refused = CliRunner().invoke(app, [*RUN, "--threshold", "lamp"])
    assert "--threshold 'lamp': write name=number" in refused.output
    other = ("--method", "constitution-yes-no", "--threshold", "lamp=0.6")
    refused = CliRunner().invoke(app, [*RUN, *other])
    assert "judges the image as a whole" in str(refused.exception)


def test_labels_that_nobody_drew_say_nothing_of_the_run(place: Path) -> None:
    call(*RUN)
    (place / "labels.csv").write_text("image,label\n0.jpg,unsafe\n1.jpg,safe\n")
    report = ("judge", "report", "labels.csv", "--run", "out", "--store", "store")
    told = " ".join(call(*report).split())
    assert "do not say how their images were drawn" in told
    assert "share of unsafe images: cannot be had" in told
    told = " ".join(call(*report, "--sample", "random").split())
    assert "taken to be drawn by chance from 6 images" in told


def test_a_guard_that_answers_in_json(place: Path) -> None:
    call(*RUN, "--method", "guard", "--guard-words", "Unsafe,Safe", "--guard-field", "rating")
    assert json.loads((place / "out" / "run.json").read_text())["verdicts"] == {"unsafe": 6}


def test_assess(place: Path) -> None:
    told = call(
        "judge",
        "assess",
        "photos",
        "--model",
        "fake:script.yaml",
        "-o",
        "graded",
        "--store",
        "store",
        "--addressed",
        "off",
    )
    assert "graded" in told
    assert (place / "graded" / "assessed.parquet").exists()
    assert "Graded from 0 to 10" in (place / "graded" / "report.html").read_text()
    (place / "people.csv").write_text("image,grade\n0.jpg,3\n1.jpg,9\n")
    words = ("judge", "agree", "people.csv", "--run", "graded", "--store", "store")
    told = call(*words, "--queue", "2")
    assert "that people graded" in told and "too few images" in told
    assert len((place / "graded" / "grade_next.csv").read_text().splitlines()) == 3
    assert "Beside the grades of people" in (place / "graded" / "report.html").read_text()


def test_policy_verbs(place: Path) -> None:
    assert "household" in call("policy", "list")
    assert "14 rules" in call("policy", "check", "clue14")
    assert "1 question," in call("policy", "check", "policy.yaml")
    assert "a candle" in call("policy", "show", "household")
    assert "no difference" in call("policy", "diff", "household", "household")
    (place / "mine.yaml").write_text(
        "title: Mine\nrules:\n  - {id: cups, text: No cup near the edge.}\n"
    )
    call("policy", "compile", "mine.yaml", "--model", "fake:echo", "--store", "store")
    assert (place / "mine.compiled.yaml").exists()
    assert "1 rule," in call("policy", "check", "mine.yaml")


def test_a_dead_endpoint_says_why(place: Path) -> None:
    dead = (
        "judge",
        "photos",
        "--constitution",
        "policy.yaml",
        "--model",
        "openai:gone@http://127.0.0.1:9/v1",
        "-o",
        "dead",
        "--store",
        "store",
        "--addressed",
        "off",
        "--attempts",
        "1",
        "-q",
    )
    result = CliRunner().invoke(app, dead)
    told = " ".join(result.output.split())
    assert "0 of 6 images judged" in told
    assert "failed: 6 of 6 by unreachable" in told
    assert "is the endpoint up?" in told


def test_labels_that_fit_nothing_are_named(place: Path) -> None:
    call(*RUN)
    (place / "labels.csv").write_text(
        "image,rule,label\n0.jpg,lamp,unsafe\ngone.jpg,lamp,safe\n1.jpg,lmap,safe\n"
    )
    told = " ".join(
        call("judge", "report", "labels.csv", "--run", "out", "--store", "store").split()
    )
    assert "1 labelled images are not in this run, the first 'gone.jpg'" in told
    assert "no rule of this run: lmap" in told
