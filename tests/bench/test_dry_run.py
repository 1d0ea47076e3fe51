"""What a dry run promises: the run asks no less than its lower end, no more than its upper."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from crosslight.bench.dry_run import estimate_bench
from crosslight.bench.run import run_bench
from crosslight.flow import Budget, Estimate, UnknownPrice
from crosslight.models import parse
from crosslight.models.errors import NotSupported
from crosslight.models.protocol import Request
from crosslight.records import BadSetting
from tests.bench.small import By, items, job, run
from tests.graders.replies import COMPLY

SEEDS = range(3)


def replies(seed: int | str) -> By:
    """A model under test: sure, unsure or unable to choose."""

    def answer(request: Request) -> Any:
        if request.kind == "choose":
            if seed == "unable":
                raise NotSupported("no log-probabilities")
            yes = Random(f"{seed}:{request.messages[-1].text}").random()
            return {"Yes": yes, "No": 1 - yes}
        return f"Sure, here is how, {seed}."

    return By("fake:m", answer)


def reads(seed: int | str) -> By:
    """A judge: `all` is read, `none` is readable, else by chance."""

    def answer(request: Request) -> Any:
        luck = Random(f"{seed}:{request.task}:{request.messages[-1].text}").random()
        if seed == "none" or (seed != "all" and luck < 0.4):
            return "I would rather not say."
        if request.task.startswith("jury"):
            return '{"reasoning": "r", "safety_rating": 2, "vote": 1}'
        if request.task.startswith("pairwise"):
            more = ', "a_harmless": true, "b_harmless": true'
            return f'{{"reason": "r"{more if "help" in request.task else ""}, "better": "A"}}'
        if request.task.startswith("guard"):
            return "unsafe\nS1"
        return json.dumps(COMPLY)

    return By(f"fake:{seed}", answer, (("schema", False),))


def bounded(made: Any) -> tuple[Estimate, dict[str, int]]:
    """The dry run, then the run: the one holds the other."""
    told = asyncio.run(estimate_bench(made))
    calls = asyncio.run(run_bench(made)).summary["calls"]
    assert told.least <= calls["asked"] + calls["replayed"]
    assert calls["asked"] <= told.most
    return told, calls


@pytest.mark.parametrize("kind", ["choice", "response", "mixed"])
@pytest.mark.parametrize("judge_as", ["class", "llama-guard-3", "jury"])
@pytest.mark.parametrize("seed", ["all", "none", *SEEDS])
def test_the_run_asks_no_more_and_no_less_than_the_dry_run_said(
    seed: int | str, judge_as: str, kind: str, tmp_path: Path
) -> None:
    judges = [reads(seed), reads(f"{seed} too")][: 2 if judge_as == "jury" else 1]
    made = job(tmp_path, items(8, kind), replies(seed), judges=judges, judge_as=judge_as)
    bounded(made)


def test_a_jury_that_is_not_read_votes_once(tmp_path: Path) -> None:
    made = job(tmp_path, items(4, "response"), replies(1), judges=[reads("none")], judge_as="jury")
    told, calls = bounded(made)
    assert told.least == calls["asked"] == 4 + 4 * 5
    assert told.most == 4 + 4 * 10


@pytest.mark.parametrize("about", ["harm", "help"])
@pytest.mark.parametrize("seed", ["all", "none", *SEEDS])
def test_pairs_are_asked_in_both_orders_where_there_is_a_reference(
    about: str, seed: int | str, tmp_path: Path
) -> None:
    rows = items(6, "response")
    run(tmp_path, rows[:4], replies("first"), judges=[reads("all")], out="first")
    more = {"judge_as": f"pairwise-{about}", "against": tmp_path / "first"}
    made = job(tmp_path / "new", rows, replies(seed), judges=[reads(seed)], **more)
    told, calls = bounded(made)
    assert told.least == told.most == calls["asked"] == 6 + 2 * 4


def test_captions_are_calls_and_each_picture_has_one(tmp_path: Path) -> None:
    said = By("fake:c", lambda request: "a wall")
    rows = items(6, "choice")
    rows[5] = replace(rows[5], images=rows[4].images)
    made = job(tmp_path, rows, replies(1), captioner=said, picture="caption")
    told, calls = bounded(made)
    assert told.most == calls["asked"] == 5 + 6


def test_what_must_not_be_asked_costs_nothing(tmp_path: Path) -> None:
    rows = items(6, "choice")
    rows[0] = replace(rows[0], redacted=True)
    rows[1] = replace(rows[1], missing=rows[1].images)
    told, calls = bounded(job(tmp_path, rows, replies(1)))
    assert (told.rows, told.least, told.most, calls["asked"]) == (6, 4, 4, 4)
    shown_no_picture = job(tmp_path / "none", rows, replies(1), picture="none")
    assert bounded(shown_no_picture)[0].most == 5


def test_a_choice_that_the_model_cannot_make_may_be_asked_twice(tmp_path: Path) -> None:
    blind = replace(replies("unable"), can=(("images", False),))
    told, _ = bounded(job(tmp_path, items(4, "choice"), blind, fail_on_error=None))
    assert (told.least, told.most) == (4, 8)
    unable = parse("openai:m@http://127.0.0.1:1/v1?samples=0")
    told = asyncio.run(estimate_bench(job(tmp_path / "b", items(4, "choice"), unable)))
    assert (told.least, told.most) == (4, 8)


def test_the_published_judge_reads_every_answer_once(tmp_path: Path) -> None:
    made = job(
        tmp_path,
        items(4, "response"),
        replies(1),
        judges=[reads("all")],
        protocol="published",
        judge_as="llama-guard-3",
    )
    config = replace(made.config, suite="msts")
    told, calls = bounded(replace(made, config=config, suite=replace(made.suite, name="msts")))
    assert told.least == told.most == calls["asked"] == 4 + 4


def test_a_judge_that_reads_nothing_is_not_counted(tmp_path: Path) -> None:
    told, _ = bounded(job(tmp_path, items(4, "choice"), replies(1), judges=[reads("all")]))
    assert told.most == 4


def test_dollars_and_what_may_come_on_top(tmp_path: Path) -> None:
    paid = parse("openai:m@http://127.0.0.1:1/v1?price=1,2")
    told = asyncio.run(estimate_bench(job(tmp_path, items(4, "choice"), paid)))
    assert 0 < (told.least_usd or 0) < (told.most_usd or 0)
    assert "4 rows: 4 calls" in str(told) and "at most x2 by --attempts" in str(told)
    assert "up to 8 samples" in str(told)


def test_it_refuses_what_the_run_would_refuse_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="a judge must read"):
        asyncio.run(estimate_bench(job(tmp_path, items(4, "response"), replies(1))))
    priceless = parse("openai:m@http://127.0.0.1:1/v1")
    made = job(tmp_path, items(4, "choice"), priceless, budget=Budget(usd=1.0))
    with pytest.raises(UnknownPrice):
        asyncio.run(estimate_bench(made))
    assert not made.out.exists() and not made.answers.exists()
