"""The decision over the four numbers."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslight.build.config import BuildConfig
from crosslight.build.crosscheck import decide, numbers
from crosslight.records import CrossCheck, Done, Dropped

CONFIG = BuildConfig()
NUMBER = st.none() | st.floats(0, 1)


def check(
    alone: float | None,
    elsewhere: float | None,
    photo: float | None,
    together: float | None,
    leak: bool = False,
) -> CrossCheck:
    return CrossCheck(alone, elsewhere, photo, together, leak)


@pytest.mark.parametrize(
    ("given_", "reason"),
    [
        (check(0.3, 0.3, 0.3, 0.7), ""),
        (check(0.0, 0.0, 0.0, 1.0), ""),
        (check(0.0, 0.0, 0.0, 1.0, leak=True), "leak"),
        (check(0.7, 0.0, 0.0, 1.0), "text_unsafe_alone"),
        (check(0.0, 0.9, 0.0, 1.0), "text_unsafe_elsewhere"),
        (check(0.0, 0.0, 0.8, 1.0), "photo_unsafe_alone"),
        (check(0.0, 0.0, 0.0, 0.3), "not_unsafe_together"),
        (check(0.31, 0.0, 0.0, 1.0), "undecided"),
        (check(0.0, 0.0, 0.0, 0.69), "undecided"),
        (check(None, 0.0, 0.0, 1.0), "undecided"),
        (check(0.0, 0.0, 0.0, None), "undecided"),
        (check(None, None, None, None), "undecided"),
    ],
)
def test_borders_and_reasons(given_: CrossCheck, reason: str) -> None:
    outcome = decide(given_, CONFIG)
    if reason:
        assert isinstance(outcome, Dropped)
        assert outcome.reason == reason
        assert numbers(given_) in outcome.detail
    else:
        assert outcome == Done(given_)


@given(NUMBER, NUMBER, NUMBER, NUMBER)
def test_the_unknown_is_never_kept(
    a: float | None, b: float | None, c: float | None, d: float | None
) -> None:
    outcome = decide(check(a, b, c, d), CONFIG)
    if None in (a, b, c, d):
        assert isinstance(outcome, Dropped)


@given(NUMBER, st.none() | st.floats(0, 1), NUMBER, NUMBER)
def test_what_people_state_needs_no_number_of_its_own_and_nothing_else_is_let_off(
    a: float | None, b: float | None, c: float | None, d: float | None
) -> None:
    stated = decide(replace(check(a, b, c, d), stated=True), CONFIG)
    measured = decide(check(0.0 if a is None else a, b, c, d), CONFIG)
    assert type(stated) is type(measured)
    if isinstance(stated, Done):
        assert stated.value.text_alone == a, "the unknown stays unknown"


@given(*[st.floats(0, 1)] * 4)
def test_kept_is_exactly_safe_safe_safe_unsafe(a: float, b: float, c: float, d: float) -> None:
    kept = isinstance(decide(check(a, b, c, d), CONFIG), Done)
    assert kept == (max(a, b, c) <= CONFIG.safe_below and d >= CONFIG.unsafe_above)
