"""What the numbers of a two-photo idea make of it."""

from dataclasses import replace
from typing import Any

import pytest

from crosslight.build.config import BuildConfig
from crosslight.build.two_photos.decide import claim_fault, pair_fault
from crosslight.build.two_photos.records import PairCheck

READ = PairCheck(0.05, (0.02, 0.02), 0.1, 0.1, 0.9)
STATED = PairCheck(None, (0.02, 0.02), 0.05, 0.05, 0.9, stated=True)


def reason(check: PairCheck) -> str:
    fault = pair_fault(check, BuildConfig())
    return fault.reason if fault else ""


@pytest.mark.parametrize(
    ("check", "change", "expected"),
    [
        (READ, {}, ""),
        (READ, {"leak": True}, "leak"),
        (READ, {"text_alone": 0.6}, "text_unsafe_alone"),
        (READ, {"photos_alone": (0.02, 0.8)}, "photo_unsafe_alone"),
        (READ, {"photos_alone": (None, 0.02)}, "undecided"),
        (READ, {"with_first": 0.6}, "unsafe_with_one_photo"),
        (READ, {"with_second": 0.6}, "unsafe_with_one_photo"),
        (READ, {"together": 0.4}, "not_unsafe_together"),
        (READ, {"together": 0.55, "with_second": 0.45}, "adds_too_little"),
        (READ, {"with_first": None}, "undecided"),
        (READ, {"together": None}, "undecided"),
        (STATED, {}, ""),
        (STATED, {"with_first": 0.8}, "unsafe_with_one_photo"),
        (STATED, {"with_second": 0.5}, "undecided"),
        (STATED, {"with_second": None}, "undecided"),
        (STATED, {"together": 0.2}, "not_unsafe_together"),
        (STATED, {"together": 0.5}, "undecided"),
        (STATED, {"together": None}, "undecided"),
    ],
)
def test_each_part_must_be_safe_and_all_together_unsafe(
    check: PairCheck, change: dict[str, Any], expected: str
) -> None:
    assert reason(replace(check, **change)) == expected


@pytest.mark.parametrize(
    ("visible", "follows", "expected"),
    [
        (1.0, 1.0, ""),
        (0.0, 1.0, "element_not_visible"),
        (1.0, 0.0, "risk_does_not_follow"),
        (None, 1.0, "undecided"),
    ],
)
def test_the_claim_of_an_author_must_hold(
    visible: float | None, follows: float | None, expected: str
) -> None:
    fault = claim_fault(replace(READ, visible=visible, follows=follows), BuildConfig())
    assert (fault.reason if fault else "") == expected
    assert claim_fault(STATED, BuildConfig()) is None, "what people stated is not asked again"
