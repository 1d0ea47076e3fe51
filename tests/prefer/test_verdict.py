"""Both orders of a comparison as one reading and a margin."""

import math
import random

import numpy as np
import pytest

from crosslight.prefer.verdict import CERTAIN, Agreement, BothOrders, Cut, Order, Read
from crosslight.stats import clustered_mean

STRICT, MARGIN = Cut(Agreement.STRICT), Cut(Agreement.MARGIN)
SURE_A, SURE_B, SURE_TIE = Order(1, 0, 0), Order(0, 1, 0), Order(0, 0, 1)


@pytest.mark.parametrize(
    ("first", "swapped", "strict", "margin"),
    [
        (SURE_A, SURE_A, Read.A, Read.A),
        (SURE_B, SURE_B, Read.B, Read.B),
        (SURE_TIE, SURE_TIE, Read.TIE, Read.TIE),
        # Always the first place: a contradiction under both rules.
        (SURE_A, SURE_B, Read.FLIP, Read.FLIP),
        # A, then a tie: half, and not the contradiction that a flip is.
        (SURE_A, SURE_TIE, Read.HALF, Read.HALF),
        (SURE_TIE, SURE_B, Read.HALF, Read.HALF),
        # A place is liked, and one answer is better all the same: only the margin sees it.
        (Order(0.95, 0.04, 0.01), Order(0.42, 0.5, 0.08), Read.FLIP, Read.A),
        (Order(0.7, 0.05, 0.25), Order(0.45, 0.1, 0.45), Read.HALF, Read.A),
        # Both orders lean to A, by less than the margin asks for.
        (Order(0.5, 0.35, 0.15), Order(0.5, 0.35, 0.15), Read.A, Read.TIE),
    ],
)
def test_two_orders_become_one_reading(
    first: Order, swapped: Order, strict: Read, margin: Read
) -> None:
    both = BothOrders(first, swapped)
    assert (both.read(STRICT), both.read(MARGIN)) == (strict, margin)


def test_mirrored_answers_give_the_mirrored_reading() -> None:
    rng = np.random.default_rng(0)
    for one, two in rng.dirichlet([0.6, 0.6, 0.6], size=(300, 2)):
        both = BothOrders(Order(*one), Order(*two))
        mirror = both.mirrored
        assert mirror.margin == pytest.approx(-both.margin)
        assert mirror.position_effect == pytest.approx(both.position_effect)
        for cut in (STRICT, MARGIN):
            assert mirror.read(cut) is both.read(cut).mirrored


def test_a_reply_that_is_certain_is_not_infinitely_sure() -> None:
    assert BothOrders(SURE_A, SURE_A).margin == CERTAIN
    assert BothOrders(SURE_A, SURE_B).position_effect == CERTAIN
    assert SURE_TIE.score == 0.0


def told(score: float, tie: float = 0.2) -> Order:
    """The order whose log-odds, ties half, are `score`."""
    up = 1 / (1 + math.exp(-score))
    tie = min(tie, 2 * up, 2 * (1 - up))
    return Order(up - tie / 2, 1 - up - tie / 2, tie)


def simulated(bias: float, n: int, seed: int) -> list[BothOrders]:
    """Pairs of a known difference, asked with a known liking for the first place."""
    rng = random.Random(seed)
    found = []
    for _ in range(n):
        better = rng.gauss(0, 1.5)
        one, two = (better + sign * bias + rng.gauss(0, 0.5) for sign in (1, -1))
        found.append(BothOrders(told(one), told(two)))
    return found


def test_the_position_effect_is_covered_by_pair_and_not_by_call() -> None:
    """By call the difference of the pairs themselves is taken for noise: far too wide."""
    bias, by_pair, by_call = 0.8, 0, 0
    widths = []
    for seed in range(200):
        effects = [both.position_effect for both in simulated(bias, 60, seed)]
        calls = [
            value
            for both in simulated(bias, 60, seed)
            for value in (both.first.score, -both.swapped.score)
        ]
        pair, call = clustered_mean(effects), clustered_mean(calls)
        assert pair is not None and pair.low is not None and pair.high is not None
        assert call is not None and call.low is not None and call.high is not None
        by_pair += pair.low <= bias <= pair.high
        by_call += call.low <= bias <= call.high
        widths.append((call.high - call.low) / (pair.high - pair.low))
    assert 0.92 <= by_pair / 200 <= 0.985
    assert by_call == 200 and np.mean(widths) > 2


@pytest.mark.parametrize("bias", [0.0, 1.0, 2.0])
def test_a_margin_keeps_pairs_that_a_biased_annotator_contradicts_itself_on(bias: float) -> None:
    pairs = simulated(bias, 2000, 1)
    strict = np.mean([both.read(STRICT) in (Read.A, Read.B) for both in pairs])
    margin = np.mean([both.read(MARGIN) in (Read.A, Read.B) for both in pairs])
    assert margin == pytest.approx(0.5, abs=0.05)  # whatever the bias
    assert strict < (0.85, 0.6, 0.3)[int(bias)]
