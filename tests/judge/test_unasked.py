"""Print and counts: decided by the reader and by boxes, open where nobody looked, read again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crosslight.flow import CallPolicy
from crosslight.judge import JudgeConfig
from crosslight.judge.config import Parts, Thresholds
from crosslight.judge.reading import read
from crosslight.judge.unasked import boxed_count, print_score, seen_count
from crosslight.policy import Count, Print
from crosslight.policy.compiled import Compiled
from crosslight.policy.constitution import Constitution
from crosslight.records import Measured, Reading, Region, Score, Status
from tests.judge.running import run
from tests.judge.two_rules import Handled, printed, two_rules

T = Thresholds()
CARD = Print(kind="card")


def answer(score: Score, *, perceived: bool = False) -> Reading:
    """As a run reads it and `rethreshold` reads it again, whatever the judge is."""
    found = read(Measured(shown=score), T, Parts(perceived=perceived))
    assert isinstance(found, Reading)
    return found


@pytest.mark.parametrize("perceived", [True, False])
def test_print_is_there_not_there_or_was_not_read(perceived: bool) -> None:
    there = print_score([("VISA 4111 1111 1111 1111", 0.93)], CARD)
    assert there.said == "**** **** **** 1111" and there.yes == 0.93
    found = [there, print_score([("VISA", 0.9)], CARD), print_score(None, CARD)]
    readings = [answer(score, perceived=perceived) for score in found]
    assert [r.answer for r in readings] == ["yes", "no", "unknown"]
    assert [r.test for r in readings] == ["print", "print", "unseen"]


def test_print_that_was_hardly_read_is_open() -> None:
    assert (
        answer(print_score([("confidentia1", 0.55)], Print(phrase="confidential"))).answer != "no"
    )
    assert answer(print_score([], Print(regex="(?i)top secret"))).answer == "no"


def test_no_print_says_how_often_print_is_missed() -> None:
    assert 0.2 < print_score([], CARD).outside <= T.unmissed_max
    strict = T.changed({"unmissed_max": 0.1})
    assert read(Measured(shown=print_score([], CARD)), strict, Parts()) == Reading(
        "unknown", "unseen"
    )


def regions(*confidences: float) -> list[Region]:
    return [Region(n / 25, 0.2, (n + 1) / 25, 0.8, c) for n, c in enumerate(confidences)]


@pytest.mark.parametrize(
    ("confidences", "wanted"),
    [
        ([0.9] * 6, "yes"),
        ([0.55] * 5, "yes"),
        ([0.9, 0.9] + [0.29] * 9, "no"),
        ([0.9] * 4, "unknown"),
        ([0.9, 0.9, 0.9, 0.4, 0.4], "unknown"),
        ([0.9, 0.9], "no"),
        ([], "no"),
        ([0.1] * 9, "no"),
    ],
)
def test_boxes_of_a_named_detector(confidences: list[float], wanted: str) -> None:
    score = boxed_count(regions(*confidences), Count(of="person", more_than=4))
    assert answer(score).answer == wanted


def test_without_eyes_a_count_is_open() -> None:
    assert answer(seen_count(None, Count(of="person", more_than=4))).answer == "unknown"


CARD_RULE = "No number of a payment card may be readable."


def test_the_reader_decides_print_whatever_the_judge_is_and_nobody_is_asked(tmp_path: Path) -> None:
    """With `--addressed off` too, where nothing else would read the picture."""
    asked: list[Any] = []

    def handler(request: Any) -> Any:
        asked.append(request)
        return {"Yes": 0.5, "No": 0.5}

    jpegs = [printed("4111 1111 1111 1111"), printed("4111 1111 1111 1112")]
    question = {"see": "the number of a payment card", "print": {"kind": "card"}}
    rule = {"id": "card", "rule": CARD_RULE, "text": CARD_RULE, "chain": [{"any": [question]}]}
    config = JudgeConfig(addressed="off")
    made = replace(
        two_rules(tmp_path, jpegs, Handled(handler), config=config, policy=CallPolicy()),
        constitution=Constitution.model_validate(
            {"title": "Cards", "rules": [{"id": "card", "text": CARD_RULE}]}
        ),
        compiled=Compiled.model_validate({"title": "Cards", "by": "test", "rules": [rule]}),
    )
    result, verdicts = run(made)
    assert len(verdicts) == 2, result
    real, false = verdicts
    assert (real.status, false.status) == (Status.UNSAFE, Status.SAFE)
    assert asked == []
    (evidence,) = real.rules[0].evidence
    assert evidence.measured.shown is not None
    assert evidence.measured.shown.said.replace(" ", "") == "*" * 12 + "1111"
    assert evidence.reading.test == "print"
