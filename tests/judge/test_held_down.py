"""Print that holds answers down: what was asked of several questions together is on the verdict,
and other thresholds read it anew, as a run under them would."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from crosslight.flow import CallPolicy
from crosslight.judge import JudgeConfig, rethreshold_run
from crosslight.judge.job import JudgeJob
from crosslight.judge.run import run_judge
from crosslight.judge.tables import read_verdicts
from crosslight.models.protocol import Request
from crosslight.records import Finding, Status, Verdict
from crosslight.text import last_fenced
from tests.judge.simulated import chance
from tests.judge.two_rules import TWO, Handled, printed, two_rules

WORDS = ["Fresh bread", "Only toys", "To the harbour", "Nine lives", "Best before", "Open late"]
CHAIN = [{"any": [{"see": "a thing a"}, {"see": "a toy"}]}, {"any": [{"see": "a thing c"}]}]


def answer(request: Request) -> Any:
    """Chance by picture, question and whether the print is filled; mostly low with it."""
    (image,) = request.messages[-1].images or (None,)
    if image is None:
        return {"Yes": 0.3, "No": 0.7}
    filled = "unprint" in image.recipe
    sees = [line.removeprefix("- ") for line in last_fenced(request.messages[-1].text).splitlines()]
    moves = filled and chance(image.photo, "moves") < 0.5
    every = [chance(image.photo, see, moves) for see in sees]
    yes = max(0.02 + 0.95 * one if moves else 0.8 * one**6 for one in every)
    return {"Yes": yes, "No": 1 - yes}


def job(folder: Path, **thresholds: float) -> JudgeJob:
    """Six pictures with print and two rules, one of them of two items."""
    config = JudgeConfig(without=("cascade",)).changed(thresholds, ("ra", "rb"))
    rules = [TWO.rules[0].model_dump(mode="json"), TWO.rules[1].model_dump(mode="json")]
    rules[0] |= {"chain": CHAIN}
    compiled = type(TWO).model_validate({"title": "Two rules", "by": "test", "rules": rules})
    jpegs = [printed(text) for text in WORDS]
    made = two_rules(folder, jpegs, Handled(answer), config=config, policy=CallPolicy())
    return replace(made, compiled=compiled)


def run(made: JudgeJob) -> list[Verdict]:
    asyncio.run(run_judge(made))
    return read_verdicts(made.out)


MOVED = [
    {"print_moves": 0.05},
    {"print_moves": 0.6},
    {"print_moves": 0.95},
    {"absent_below": 0.0, "alpha1": -0.8},
    {"absent_below": 0.3},
    {"ra.score_cut": 0.95, "rb.score_cut": 0.002},
]


def test_other_thresholds_say_what_a_run_under_them_says_or_that_it_was_not_asked(
    tmp_path: Path,
) -> None:
    runs = {at: run(job(tmp_path / str(at), **moved)) for at, moved in enumerate([{}, *MOVED])}
    held = [v for v in runs[0] if v.swayed]
    assert held and all(v.print_tests for v in held)
    assert any(v.print_tests and not v.swayed for v in runs[0])
    open_ = 0
    for was in runs:
        for becomes, moved in enumerate([{}, *MOVED]):
            out = tmp_path / f"{was}-{becomes}"
            if was == len(MOVED) and was != becomes:
                continue  # what a card set by rule is not taken back by another threshold
            rethreshold_run(tmp_path / str(was) / "run", out, moved | _back(was, moved))
            for v, fresh in zip(read_verdicts(out), runs[becomes], strict=True):
                for rule, wanted in zip(v.rules, fresh.rules, strict=True):
                    lacking = rule.finding is Finding.UNDECIDED and any(
                        e.reading.test == "not asked" for e in rule.evidence
                    )
                    lacking |= "not asked" in rule.reason
                    open_ += lacking
                    assert lacking or rule.finding is wanted.finding, (was, moved, rule, wanted)
                if was == becomes:
                    assert (v.status, v.rules) == (fresh.status, fresh.rules)
                    assert (v.addressed_by, v.print_tests) == (
                        fresh.addressed_by,
                        fresh.print_tests,
                    )
    assert open_


def _back(was: int, moved: dict[str, float]) -> dict[str, float]:
    """What the first run had changed, set back."""
    plain = JudgeConfig().thresholds
    first = MOVED[was - 1] if was else {}
    return {name: float(getattr(plain, name)) for name in first if name not in moved}


def test_runs_from_before_the_tests_were_kept_are_read_as_they_were(tmp_path: Path) -> None:
    before = run(job(tmp_path))
    folder = tmp_path / "run"
    table = pq.read_table(folder / "verdicts.parquet")
    pq.write_table(table.drop_columns(["print_tests"]), folder / "verdicts.parquet")
    told = rethreshold_run(folder, tmp_path / "same", {"print_moves": 0.2})
    clear = [v for v in before if v.status is Status.SAFE]
    assert clear and told["rethreshold"]["flipped"] <= len(before) - len(clear)
    kept = {v.photo: v.status for v in read_verdicts(tmp_path / "same")}
    assert all(kept[v.photo] is Status.SAFE for v in clear)


def test_the_account_of_calls_counts_them(tmp_path: Path) -> None:
    verdicts = run(job(tmp_path))
    told = json.loads((tmp_path / "run" / "run.json").read_text())
    asked = [1 + (t.shown is not None) for v in verdicts for t in v.print_tests or ()]
    assert told["asked"]["print_test"] == sum(asked) > 0
