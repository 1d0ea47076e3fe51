"""Print and counts: decided by the reader and by boxes, open where nobody looked, read again."""

import pytest

from crosslight.judge.config import Parts, Thresholds
from crosslight.judge.reading import read
from crosslight.judge.unasked import boxed_count, print_score, seen_count
from crosslight.policy import Count, Print
from crosslight.records import Measured, Reading, Region, Score

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
