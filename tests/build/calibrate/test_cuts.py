"""Cut-offs out of numbers whose law is known."""

import math

import numpy as np
import pytest

from crosslight.build.calibrate.cuts import LEAST, Value, above, between, chance, log_odds


def drawn(middle: float, n: int, groups: int, seed: int) -> list[Value]:
    rng = np.random.default_rng(seed)
    return [Value(float(v), f"g{at % groups}") for at, v in enumerate(rng.normal(middle, 1, n))]


def test_the_cut_between_two_classes_is_covered_by_its_interval() -> None:
    """Of two normal laws of one width the best cut lies half way."""
    hits = sum(
        cut.low <= 0.7 <= cut.high
        for seed in range(15)
        if (cut := between(drawn(-1.3, 80, 20, seed), drawn(2.7, 80, 20, 99 + seed), seed))
    )
    assert hits >= 13


def test_between_classes_that_do_not_meet_it_lies_half_way() -> None:
    safe = [Value(at / 100, f"{at}") for at in range(LEAST)]
    unsafe = [Value(2 + at / 100, f"{at}") for at in range(LEAST)]
    cut = between(safe, unsafe)
    assert cut is not None and cut.value == pytest.approx((2 + (LEAST - 1) / 100) / 2)
    assert cut.low <= cut.value <= cut.high


def test_equal_values_are_never_parted() -> None:
    tied = [Value(0.0, str(at)) for at in range(30)]
    higher = [Value(1.0, str(at)) for at in range(30)]
    cut = between([*tied, *higher[:5]], [*tied[:5], *higher])
    assert cut is not None and cut.value == pytest.approx(0.5)


def test_above_leaves_only_so_many() -> None:
    values = drawn(0.0, 400, 400, 5)
    cut = above(values, 0.95)
    assert cut is not None
    assert sum(one.value > cut.value for one in values) / 400 == pytest.approx(0.05, abs=0.003)
    assert cut.low < 1.645 < cut.high
    assert cut.high - cut.low < 0.8


def test_groups_are_drawn_as_one() -> None:
    """The same numbers, each ten times on one photo, say no more than once."""
    once = [Value(one.value, str(at)) for at, one in enumerate(drawn(0.0, 40, 40, 7))]
    ten = [one for one in once for _ in range(10)]
    few, many = above(once, 0.9), above(ten, 0.9)
    assert few is not None and many is not None
    assert many.high - many.low == pytest.approx(few.high - few.low, rel=0.35)


def test_too_few_values_give_no_cut_off() -> None:
    enough, few = drawn(0.0, LEAST, 9, 1), drawn(3.0, LEAST - 1, 9, 1)
    assert between(enough, few) is None
    assert between(few, enough) is None
    assert above(few, 0.9) is None
    assert above(enough, 0.9) is not None


def test_of_one_group_nothing_is_known_of_the_spread() -> None:
    cut = above([Value(at / 10, "one") for at in range(30)], 0.95)
    assert cut is not None and (cut.low, cut.high) == (-math.inf, math.inf)
    assert (chance(cut.low), chance(cut.high)) == (0.0, 1.0)


def test_odds_and_back() -> None:
    assert chance(log_odds(0.2)) == pytest.approx(0.2)
    assert 0 < chance(log_odds(0.0)) < 1e-5
