"""Intervals of shares and of paired differences."""

import numpy as np
import pytest

from crosslight.stats import bonett_price


def test_bonett_price_of_a_worked_example() -> None:
    # Of 50 items 14 are a hit of A only, 5 of B only; one is added to either, two to the items.
    low, high = bonett_price(14, 5, 50)
    middle, spread = -9 / 52, 1.959964 * ((21 / 52 - (9 / 52) ** 2) / 52) ** 0.5
    assert (low, high) == pytest.approx((middle - spread, middle + spread))


def test_no_disagreement_is_no_proof_of_equality_and_no_items_say_nothing() -> None:
    low, high = bonett_price(0, 0, 10)
    assert -0.4 < low < 0 < high < 0.4
    assert bonett_price(0, 0, 0) == (-1, 1)


def test_it_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    drawn = rng.multinomial(40, (0.2, 0.05, 0.75), size=2_000)
    held = [low <= -0.15 <= high for low, high in (bonett_price(a, b, 40) for a, b, _ in drawn)]
    assert 0.92 < np.mean(held) < 0.98
