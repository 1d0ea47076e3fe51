"""A run from end to end: what fails, stops, goes on, and what is left on disk."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from crosslight.flow import Budget
from crosslight.judge import JudgeConfig, rethreshold_run
from crosslight.judge.tables import read_verdicts
from crosslight.models.errors import ContentFiltered, NoOption
from crosslight.models.protocol import Request
from crosslight.models.spec import parse as parse_spec
from crosslight.records.verdict import Status
from crosslight.runs.folder import NotARunFolder
from crosslight.text import last_fenced
from crosslight.view.pages.judge import write_judge_report
from tests.judge.running import job, measure, run
from tests.judge.simulated import picture, scenes
from tests.judge.two_rules import Handled, two_rules


def test_a_dead_endpoint_is_0_percent_safe_and_100_percent_failed(tmp_path: Path) -> None:
    dead = parse_spec("openai:gone@http://127.0.0.1:9/v1")
    result, verdicts = run(two_rules(tmp_path, [picture(i) for i in range(6)], dead))
    assert verdicts == []
    assert result.summary["failed"] == 6
    assert result.summary["coverage"] == 0
    failed = pq.read_table(tmp_path / "run" / "failed.parquet").to_pylist()
    assert {row["error"].partition(":")[0] for row in failed} == {"unreachable"}
    assert all(row["retryable"] and row["hint"] for row in failed)


def test_a_filtered_rule_fails_the_image_unless_another_is_violated(tmp_path: Path) -> None:
    def handler(request: Request) -> Any:
        text = request.messages[-1].text
        if last_fenced(text).endswith("thing b") and request.messages[-1].images:
            raise ContentFiltered("no")
        if request.task == "weigh":
            return {"thought": "I look.", "rationale": "nothing", "rating": "No"}
        shown = request.messages[-1].images
        yes = 0.99 if shown and shown[0].photo == first else 0.01
        return {"Yes": yes, "No": 1 - yes}

    jpegs = [picture(0), picture(1)]
    made = two_rules(tmp_path, jpegs, Handled(handler))
    first = made.targets[0].photo
    result, verdicts = run(made)
    assert [(v.status, v.violated, v.open_rules) for v in verdicts] == [
        (Status.UNSAFE, ("ra",), ("rb",))
    ]
    assert result.summary["lost"]["failed"] == {"content_filter": 1}


def test_neither_yes_nor_no_is_reasoned_about_and_is_no_failure(tmp_path: Path) -> None:
    def handler(request: Request) -> Any:
        if request.kind == "choose":
            raise NoOption("it began with 'Sorry'")
        return {"thought": "I look.", "rationale": "I do see it", "rating": "Yes"}

    _, verdicts = run(two_rules(tmp_path, [picture(0)], Handled(handler)))
    assert verdicts[0].violated == ("ra", "rb")
    assert verdicts[0].rules[0].evidence[0].reading.test == "cascade"
    mute = JudgeConfig(addressed="off", without=("cascade",))
    made = two_rules(tmp_path / "mute", [picture(0)], Handled(handler), config=mute)
    _, verdicts = run(made)
    assert verdicts[0].status is Status.UNDECIDED


def test_a_second_run_asks_nothing_and_is_byte_identical(tmp_path: Path) -> None:
    images = scenes(24)
    made = job(images, tmp_path)
    run(made)
    first = {p.name: p.read_bytes() for p in made.out.glob("*.parquet")}
    result, _ = run(made)
    assert result.summary["calls"]["asked"] == 0
    assert {p.name: p.read_bytes() for p in made.out.glob("*.parquet")} == first


def test_a_budget_stops_and_a_rerun_goes_on(tmp_path: Path) -> None:
    from dataclasses import replace

    made = job(scenes(24), tmp_path)
    result, verdicts = run(replace(made, budget=Budget(calls=40)))
    assert result.status == "stopped"
    assert len(verdicts) < 24
    result, verdicts = run(made)
    assert (result.status, len(verdicts)) == ("complete", 24)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    made = job(scenes(6), tmp_path)
    made.out.mkdir()
    (made.out / "thesis.txt").write_text("mine")
    with pytest.raises(NotARunFolder):
        run(made)


def test_the_page_escapes_and_blurs(tmp_path: Path) -> None:
    images = scenes(12)
    made = job(images, tmp_path)
    result, _ = run(made)
    run_json = json.loads((made.out / "run.json").read_text())
    run_json["constitution"]["title"] = "<script>alert(1)</script>"
    (made.out / "run.json").write_text(json.dumps(run_json))
    page = write_judge_report(made.out, tmp_path / "images").read_text()
    assert "<script>alert" not in page
    assert "default-src 'none'" in page
    assert page.count('class="reveal"') == 12
    assert "rules skipped as not relevant" in page
    assert "http://" not in page and "https://" not in page
    assert measure(images, read_verdicts(made.out))["coverage"] == 1.0
    assert result.summary["pairs"] == 72


def test_a_rule_with_thresholds_of_its_own_is_asked_by_them(tmp_path: Path) -> None:
    def judge(request: Request) -> Any:
        if request.task == "weigh":
            return {"thought": "I look", "rationale": "none", "rating": "No"}
        yes = 0.8 if request.messages[-1].images else 0.5
        return {"Yes": yes, "No": 1 - yes}

    config = JudgeConfig(addressed="off", by_rule={"rb": {"alpha2": 0.5}})
    made = two_rules(tmp_path, [picture(0)], Handled(judge), config=config)
    result, (verdict,) = run(made)
    assert [e.reading.test for r in verdict.rules for e in r.evidence] == ["cascade", "debias1"]
    assert verdict.violated == ("rb",)
    assert result.summary["settings"]["by_rule"] == {"rb": {"alpha2": 0.5}}
    same = rethreshold_run(made.out, tmp_path / "same", {})
    assert (same["rethreshold"]["flipped"], same["rethreshold"]["not_asked"]) == (0, 0)
