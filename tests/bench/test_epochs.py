"""Items that are asked several times: other answers each time, one item each time."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.epochs import coverage

from crosslight.bench.compare import compare_runs, read_bench, units_of
from crosslight.bench.leaderboard import read_leaderboard
from crosslight.bench.metrics import Scores, epoch_numbers, estimate, metric
from crosslight.models.protocol import Request
from crosslight.records import BadSetting
from crosslight.view import write_bench_report
from tests.bench.small import By, items, job, run, table
from tests.bench.test_run import always_no, good_judge


def sometimes(request: Request) -> Any:
    """Complies with question 0 at the first seed only, with question 2 always."""
    text, seed = request.messages[-1].text, request.sampling.seed
    helps = "question 2" in text or ("question 0" in text and seed == 8)
    return "Sure." if helps else "I cannot."


def of(found: Any, name: str, statistic: str) -> Any:
    return next(one for one in found if (one.metric, one.statistic) == (name, statistic))


def test_each_epoch_has_a_seed_and_a_stored_answer_and_the_interval_counts_items(
    tmp_path: Path,
) -> None:
    more: dict[str, Any] = {"judges": [By("fake:j", good_judge)], "seed": 7, "temperature": 0.7}
    result = run(tmp_path, items(8, "response"), By("fake:m", sometimes), epochs=3, **more)
    rows = table(tmp_path)
    assert [(row["item"], row["epoch"]) for row in rows[:4]] == [
        ("i0", 1), ("i0", 2), ("i0", 3), ("i1", 1),
    ]  # fmt: skip
    assert result.summary["account"]["inputs"] == result.summary["rows"] == 24
    assert result.summary["tasks"]["answer"]["asked"] == 24
    found = result.epochs
    assert of(found, "asr", "mean").value == pytest.approx(4 / 12)
    assert of(found, "asr", "all").value == 0.25
    assert of(found, "asr", "any").value == 0.5
    assert (of(found, "asr", "lowest").value, of(found, "asr", "highest").value) == (0.25, 0.5)
    # One of four items varies, with a variance of 1/3: sqrt(1/3 / 4 / 4).
    assert of(found, "asr", "spread").value == pytest.approx((1 / 48) ** 0.5)
    mean = next(e for e in result.estimates if e.metric == "asr" and e.group == "all")
    assert (mean.n, mean.method) == (12, "cluster")
    assert (mean.high or 0) - (mean.low or 0) > 0.5, "four items, whatever the number of answers"
    again = run(tmp_path, items(8, "response"), By("fake:m", sometimes), epochs=5, **more)
    assert again.summary["tasks"]["answer"]["asked"] == 16, "two more epochs go on from three"
    out = tmp_path / "out"
    lines = list(csv.DictReader((out / "epochs.csv").read_text("utf-8").splitlines()))
    assert {line["statistic"] for line in lines} >= {"mean", "spread", "all", "any"}
    assert "over 5 epochs" in write_bench_report(out).read_text("utf-8")
    assert json.loads((out / "results.json").read_text("utf-8"))["epochs"]


def test_a_missing_answer_is_in_no_share_and_in_the_bounds() -> None:
    def row(item: str, epoch: int, verdict: str) -> dict[str, Any]:
        status = "done" if verdict else "failed"
        return {
            "item": item, "epoch": epoch, "side": "unsafe", "expected": "refuse", "subset": "",
            "pair": "", "status": status, "verdict": verdict,
        }  # fmt: skip

    said = {"a": ("comply", ""), "b": ("refuse", ""), "c": ("comply", "refuse"), "d": ("", "")}
    rows = [row(i, at, v) for i, both in said.items() for at, v in enumerate(both)]
    found = epoch_numbers(Scores.of(rows), np.array([r["epoch"] for r in rows]), [metric("asr")])
    every, some = of(found, "asr", "all"), of(found, "asr", "any")
    assert (every.value, every.n, every.wanted) == (0.0, 1, 4)
    assert (every.least, every.most) == (0.0, 0.5)  # a and d may yet hold in all
    assert (some.value, some.least, some.most) == (1.0, 0.5, 1.0)


def test_equal_answers_of_a_model_without_chance_are_no_more_evidence(tmp_path: Path) -> None:
    model, rows = By("fake:no", lambda request: "No."), items(8, "choice")
    once = run(tmp_path, rows, By("fake:a", always_no), out="once")
    many = run(tmp_path, rows, model, out="many", epochs=4)
    notes = " ".join(many.summary["notes"])
    assert "--temperature 0.7" in notes and "first word" in notes
    for one in once.estimates:
        if one.group == "all" and one.metric.startswith("accuracy_"):
            same = next(e for e in many.estimates if (e.metric, e.group) == (one.metric, "all"))
            assert (same.value, same.low, same.high) == pytest.approx(
                (one.value, one.low, one.high), abs=1e-9
            )
    spread = of(many.epochs, "accuracy_unsafe", "spread")
    assert (spread.value, spread.low) == (0.0, 0.0)
    assert spread.high > 0, "four items that did not vary prove little"


@pytest.mark.parametrize(
    ("settings", "name"),
    [({"epochs": 0}, "--epochs"), ({"temperature": float("nan")}, "--temperature")],
)
def test_senseless_settings_are_refused(
    tmp_path: Path, settings: dict[str, Any], name: str
) -> None:
    with pytest.raises(BadSetting, match=name):
        job(tmp_path, items(2, "choice"), By("fake:a", always_no), **settings)


def test_a_plain_run_says_what_it_always_said(tmp_path: Path) -> None:
    result = run(tmp_path, items(2, "choice"), By("fake:a", always_no))
    assert not {"epochs", "temperature", "system"} & result.summary["settings"].keys()
    assert "epoch" not in table(tmp_path)[0]
    assert not (tmp_path / "out" / "epochs.csv").exists()


def test_runs_with_epochs_are_compared_epoch_by_epoch(tmp_path: Path) -> None:
    rows = items(8, "choice")
    run(tmp_path, rows, By("fake:no", lambda request: "No."), out="a", epochs=3)
    run(tmp_path, rows, By("fake:yes", lambda request: "Yes."), out="b", epochs=3)
    run(tmp_path, rows, By("fake:once", always_no), out="c")
    a, b, c = (read_bench(tmp_path / name) for name in "abc")
    (pair,) = compare_runs([a, b])
    assert pair.common == 24
    assert {flip.item for flip in pair.flips} >= {"i0, epoch 1", "i7, epoch 3"}
    unsafe = next(one for one in pair.differences if one.metric == "accuracy_unsafe")
    assert unsafe.difference == -1.0
    assert unsafe.low > -1.0 or unsafe.high > -0.9, "four items, not twelve"
    board = read_leaderboard([tmp_path / name for name in "abc"])
    assert [one.items for one in board.boards] == [8, 8], "epochs make a column of their own"
    assert all("epochs" in one.differs for one in board.boards)
    (mixed,) = compare_runs([a, c])
    assert (mixed.common, mixed.only_a) == (8, 16)
    assert units_of(a.table)[:2] == [("i0", 1), ("i0", 2)]
    assert units_of(c.table)[0] == ("i0", 1)


def test_intervals_cover_what_they_say() -> None:
    found = coverage(100, 30, 4, 0.5, 0.5)
    assert min(found["mean"], found["all"], found["any"]) > 0.9
    assert found["answers"] < 0.87, "intervals over answers would be too narrow"


def test_a_pair_of_twins_in_several_epochs_is_one_draw() -> None:
    rows = [
        {"item": f"{pair}{side}", "epoch": epoch, "side": side, "expected": "no", "subset": "",
         "pair": str(pair), "status": "done", "verdict": "no", "right": float((pair + epoch) % 2)}
        for pair in range(6) for side in ("unsafe", "safe") for epoch in (1, 2)
    ]  # fmt: skip
    found = estimate(Scores.of(rows), metric("balanced_accuracy"))
    assert found is not None and found.low is not None and found.high is not None
    assert found.value == 0.5
    assert found.low <= 0.5 <= found.high
