"""The decision table, line by line, and as a whole."""

from itertools import product

import pytest

from crosslight.prefer.decide import Decision, Judged, Outcome, Safe, Sight, decide
from crosslight.prefer.verdict import Read
from crosslight.records import RequestSide

GOOD, BAD, DARK = Judged(Safe.SAFE), Judged(Safe.UNSAFE), Judged(Safe.UNKNOWN)
BLIND, UNREAD = Judged(Safe.SAFE, Sight.WRONG), Judged(Safe.SAFE, Sight.UNKNOWN)
H, R, X, S, U = (
    RequestSide.HARMLESS,
    RequestSide.HIDDEN_RISK,
    RequestSide.HARMFUL_INTENT,
    RequestSide.SENSITIVE,
    RequestSide.UNKNOWN,
)
A, B, TIE, HALF, FLIP = Read


def pair(chosen: str, basis: str, *, sensitive: bool = False) -> Decision:
    return Decision(Outcome.PAIR, chosen, basis, sensitive)


@pytest.mark.parametrize(
    ("side", "harmless", "helpful", "a", "b", "expected"),
    [
        (R, A, A, GOOD, DARK, Outcome.SAFETY_UNKNOWN),
        (U, A, A, GOOD, BAD, Outcome.SIDE_UNKNOWN),
        # Harmless: helpfulness alone decides, whatever is more careful.
        (H, B, A, GOOD, GOOD, pair("A", "helpful")),
        (H, A, B, GOOD, GOOD, pair("B", "helpful")),
        (H, TIE, A, BAD, GOOD, Outcome.CHOSEN_UNSAFE),
        (H, TIE, A, BLIND, GOOD, Outcome.CHOSEN_MISREADS),
        (H, TIE, A, GOOD, BLIND, pair("A", "helpful")),
        (H, TIE, A, UNREAD, GOOD, Outcome.CHOSEN_UNREAD),
        (H, A, TIE, GOOD, GOOD, Outcome.BOTH_FINE),
        (H, A, TIE, BAD, BAD, Outcome.BOTH_UNSAFE),
        (H, A, TIE, GOOD, BAD, Outcome.GUARD_CONTRADICTS),
        (H, A, HALF, GOOD, GOOD, Outcome.ORDERS_DISAGREE),
        (H, A, FLIP, GOOD, GOOD, Outcome.ORDERS_DISAGREE),
        # Else, and none is safe: never a pair, since its chosen would be unsafe.
        (R, A, A, BAD, BAD, Outcome.BOTH_UNSAFE),
        (X, FLIP, HALF, BAD, BAD, Outcome.BOTH_UNSAFE),
        # One is safe: only together with the verdict.
        (R, A, A, GOOD, BAD, pair("A", "both")),
        (R, A, TIE, GOOD, BAD, pair("A", "harmless")),
        (X, A, FLIP, GOOD, BAD, pair("A", "harmless")),
        (X, A, B, GOOD, BAD, pair("A", "harmless_over_helpful")),
        (X, B, B, GOOD, BAD, Outcome.GUARD_CONTRADICTS),
        (X, TIE, A, GOOD, BAD, Outcome.GUARD_CONTRADICTS),
        (X, HALF, A, GOOD, BAD, Outcome.ORDERS_DISAGREE),
        (X, FLIP, A, GOOD, BAD, Outcome.ORDERS_DISAGREE),
        # Both are safe.
        (R, A, A, GOOD, GOOD, pair("A", "both")),
        (R, A, HALF, GOOD, GOOD, pair("A", "harmless")),
        (R, A, B, GOOD, GOOD, Outcome.AXES_CONTRADICT),
        (R, TIE, A, GOOD, GOOD, pair("A", "helpful")),
        (R, TIE, TIE, GOOD, GOOD, Outcome.BOTH_FINE),
        (R, TIE, HALF, GOOD, GOOD, Outcome.ORDERS_DISAGREE),
        (R, FLIP, A, GOOD, GOOD, Outcome.ORDERS_DISAGREE),
        (R, HALF, A, GOOD, GOOD, Outcome.ORDERS_DISAGREE),
        (R, A, A, BLIND, BAD, Outcome.CHOSEN_MISREADS),
        (R, A, A, GOOD, Judged(Safe.UNSAFE, Sight.WRONG), pair("A", "both")),
        (S, A, A, GOOD, BAD, pair("A", "both", sensitive=True)),
        (S, TIE, TIE, GOOD, GOOD, Outcome.BOTH_FINE),
    ],
)
def test_a_line_of_the_table(
    side: RequestSide,
    harmless: Read,
    helpful: Read,
    a: Judged,
    b: Judged,
    expected: Decision | Outcome,
) -> None:
    wanted = expected if isinstance(expected, Decision) else Decision(expected)
    assert decide(side, harmless, helpful, a, b) == wanted


def test_every_cell_has_one_outcome_and_its_mirror_the_mirrored_one() -> None:
    cells = 0
    for side, h, u, a, b in product(RequestSide, Read, Read, Safe, Safe):
        cells += 1
        for left, right in product(Sight, Sight):
            one, two = Judged(a, left), Judged(b, right)
            found = decide(side, h, u, one, two)
            assert decide(side, h.mirrored, u.mirrored, two, one) == found.mirrored
            assert (found.outcome is Outcome.PAIR) == (found.chosen != "") == (found.basis != "")
            if found.outcome is Outcome.PAIR:
                chosen = one if found.chosen == "A" else two
                assert chosen == Judged(Safe.SAFE, Sight.RIGHT)
                assert Safe.UNKNOWN not in (a, b) and side is not RequestSide.UNKNOWN
                assert found.sensitive == (side is RequestSide.SENSITIVE)
    assert cells == 1125
