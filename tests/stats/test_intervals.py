"""Intervals of shares and of paired differences."""

import math

import numpy as np
import pytest

from crosslight.stats import bonett_price, clopper_pearson, newcombe_auc, wilson


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


def test_clopper_pearson_of_published_examples() -> None:
    assert clopper_pearson(0, 10) == pytest.approx((0, 0.308497), abs=1e-6)
    assert clopper_pearson(10, 10) == pytest.approx((0.691503, 1), abs=1e-6)
    assert clopper_pearson(7, 10) == pytest.approx((0.347547, 0.933260), abs=1e-6)
    assert clopper_pearson(0, 0) == (0, 1)


def test_an_exact_interval_covers_for_every_share_and_wilson_does_not() -> None:
    n, k = 10, np.arange(11)
    exact, score = ([make(int(i)) for i in k] for make in (_exact, _wilson))
    least = {"exact": 1.0, "wilson": 1.0}
    for share in np.linspace(0.005, 0.995, 199):
        chance = np.array([math.comb(n, i) * share**i * (1 - share) ** (n - i) for i in k])
        for name, limits in (("exact", exact), ("wilson", score)):
            held = sum(
                c for c, (low, high) in zip(chance, limits, strict=True) if low <= share <= high
            )
            least[name] = min(least[name], held)
    assert least["exact"] >= 0.95
    assert least["wilson"] < 0.93


def _exact(hits: int) -> tuple[float, float]:
    return clopper_pearson(hits, 10)


def _wilson(hits: int) -> tuple[float, float]:
    return wilson(hits / 10, 10)


def test_an_area_of_one_has_a_width() -> None:
    low, high = newcombe_auc(1.0, 10, 10)
    assert high == 1.0
    assert 0.7 < low < 0.95
    assert newcombe_auc(0.5, 0, 10) == (0, 1)
    low, high = newcombe_auc(0.8, 1000, 1000)
    assert high - low < 0.05
    assert low < 0.8 < high


def test_the_interval_of_an_area_covers() -> None:
    rng = np.random.default_rng(1)
    truth, held = 0.921350, 0  # of two normals two apart: Phi(2 / sqrt(2))
    for _ in range(400):
        one, other = rng.normal(2, 1, 15), rng.normal(0, 1, 15)
        area = float((one[:, None] > other[None]).mean())
        low, high = newcombe_auc(area, 15, 15)
        held += low <= truth <= high
    assert held / 400 > 0.93
