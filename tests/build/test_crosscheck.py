"""The decision over the numbers."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslight.build.config import BuildConfig
from crosslight.build.crosscheck import (
    added,
    claim_fault,
    claim_notes,
    decide,
    log_odds,
    numbers,
)
from crosslight.records import CrossCheck, Done, Dropped

CONFIG = BuildConfig()
NUMBER = st.none() | st.floats(0, 1)


def check(
    alone: float | None,
    elsewhere: float | None,
    photo: float | None,
    together: float | None,
    leak: bool = False,
    **more: float | None,
) -> CrossCheck:
    """Of a text that was read, beside two other photos; the author's claim holds."""
    claim = {"visible": 1.0, "follows": 1.0, **more}
    return CrossCheck(alone, elsewhere, photo, together, leak=leak, beside=2, **claim)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given_", "reason"),
    [
        (check(0.3, 0.3, 0.3, 0.7), ""),
        (check(0.0, 0.0, 0.0, 1.0), ""),
        (check(0.1, 0.1, 0.0, 0.5), ""),
        (check(0.45, 0.1, 0.0, 0.9), ""),
        (check(0.45, 0.1, 0.0, 0.7), "adds_too_little"),
        (check(0.0, 0.0, 0.0, 1.0, leak=True), "leak"),
        (check(0.5, 0.0, 0.0, 1.0), "text_unsafe_alone"),
        (check(0.0, 0.5, 0.0, 1.0), "text_unsafe_elsewhere"),
        (check(0.0, 0.0, 0.8, 1.0), "photo_unsafe_alone"),
        (check(0.0, 0.0, 0.31, 1.0), "undecided"),
        (check(0.0, 0.0, None, 1.0), "undecided"),
        (check(0.01, 0.0, 0.0, 0.49), "not_unsafe_together"),
        (check(None, 0.0, 0.0, 1.0), "undecided"),
        (check(0.0, None, 0.0, 1.0), "undecided"),
        (check(0.0, 0.0, 0.0, None), "undecided"),
        (check(None, None, None, None), "undecided"),
        (check(0.0, 0.0, 0.0, 1.0, visible=0.0), "element_not_visible"),
        (check(0.0, 0.0, 0.0, 1.0, follows=0.0), "risk_does_not_follow"),
        (check(0.0, 0.0, 0.0, 1.0, visible=None), "undecided"),
        (check(0.0, 0.0, 0.0, 1.0, follows=None), "undecided"),
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


@pytest.mark.parametrize(
    ("visible", "follows", "reason"),
    [
        (1.0, 1.0, ""),
        (1.0, None, ""),
        (None, 1.0, ""),
        (None, None, ""),
        (0.0, None, "element_not_visible"),
        (None, 0.0, "risk_does_not_follow"),
        (1.0, 0.5, "undecided"),
        (None, 0.5, "undecided"),
    ],
)
def test_what_a_guard_leaves_open_of_a_claim_is_noted_and_decides_nothing(
    visible: float | None, follows: float | None, reason: str
) -> None:
    """One part left open is no worse than both, and no note is no reading at all."""
    read = check(0.0, 0.0, 0.0, 1.0, visible=visible, follows=follows)
    noted = replace(read, notes=claim_notes(visible, follows))
    fault = claim_fault(noted, CONFIG)
    assert (fault.reason if fault else "") == reason
    assert bool(noted.notes) == (None in (visible, follows))
    if noted.notes:
        assert claim_fault(read, CONFIG) is not None


@given(NUMBER, NUMBER, NUMBER, NUMBER)
def test_the_unknown_is_never_kept(
    a: float | None, b: float | None, c: float | None, d: float | None
) -> None:
    outcome = decide(check(a, b, c, d), CONFIG)
    if None in (a, b, c, d):
        assert isinstance(outcome, Dropped)


def test_where_the_text_makes_sense_beside_no_other_photo_nothing_speaks_against_it() -> None:
    alone = replace(check(0.1, None, 0.0, 0.9), beside=0)
    assert decide(alone, CONFIG) == Done(alone)
    assert decide(replace(alone, beside=1), CONFIG) != Done(alone), "asked, and not told"


@given(*[st.floats(0, 1)] * 3)
def test_a_difference_decides_within_two_loose_bounds(alone: float, less: float, d: float) -> None:
    """A text that is more harmless alone is kept wherever a less harmless one is."""
    harmless = min(alone, less)
    if isinstance(decide(check(max(alone, less), 0.0, 0.0, d), CONFIG), Done):
        assert isinstance(decide(check(harmless, 0.0, 0.0, d), CONFIG), Done)
        gain = added(check(harmless, 0.0, 0.0, d))
        assert gain is not None and gain >= CONFIG.adds and harmless < 0.5 <= d


def test_last_digits_are_no_evidence() -> None:
    assert log_odds(0.0) == log_odds(0.001) == pytest.approx(-log_odds(1.0))
    assert log_odds(0.5) == 0.0


@given(NUMBER, NUMBER, NUMBER, NUMBER)
def test_what_people_state_needs_no_number_of_its_own_and_nothing_else_is_let_off(
    a: float | None, b: float | None, c: float | None, d: float | None
) -> None:
    """Numbers of perception are read by the undecided band, as they always were."""
    stated = replace(check(a, b, c, d), stated=True, visible=None, follows=None)
    safe = all(n is not None and n <= CONFIG.safe_below for n in (0.0 if a is None else a, b, c))
    kept = safe and d is not None and d >= CONFIG.unsafe_above
    outcome = decide(stated, CONFIG)
    assert outcome == Done(stated) if kept else isinstance(outcome, Dropped)


def test_every_threshold_is_a_setting() -> None:
    near = check(0.4, 0.6, 0.0, 0.6)
    loose = replace(CONFIG, adds=0.5, alone_below=0.7)
    assert isinstance(decide(near, CONFIG), Dropped) and decide(near, loose) == Done(near)
    assert isinstance(decide(near, replace(loose, together_at_least=0.61)), Dropped)
