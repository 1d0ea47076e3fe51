"""Intervals: bounded, repeatable, and as wide as theory says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslight.bench.metrics.aggregate import Z, ratio
from crosslight.stats.bootstrap import MAX_KINDS, bootstrap_interval, draws
from crosslight.stats.intervals import wilson


def test_wilson_has_the_known_values() -> None:
    # Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for hits, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        found = wilson(hits / n, n, Z)
        assert found == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 400), st.integers(1, 400))
def test_wilson_stays_in_its_range_and_holds_the_share(hits: int, n: int) -> None:
    hits = min(hits, n)
    low, high = wilson(hits / n, n, Z)
    assert 0 <= low <= hits / n + 1e-12
    assert hits / n - 1e-12 <= high <= 1


def test_the_bootstrap_of_a_share_is_as_wide_as_its_standard_error() -> None:
    hits = np.array([1.0] * 300 + [0.0] * 700)
    low, high = bootstrap_interval(np.stack([hits, np.ones(1000)], axis=1), ratio)
    error = (0.3 * 0.7 / 1000) ** 0.5
    assert (high - low) / (2 * Z * error) == pytest.approx(1, abs=0.08)
    assert low < 0.3 < high


def test_many_different_values_give_the_interval_of_their_mean() -> None:
    values = np.random.default_rng(3).normal(5, 2, 6 * MAX_KINDS)
    counts = np.stack([values, np.ones(len(values))], axis=1)
    found = draws(counts, ratio)
    assert found.mean() == pytest.approx(values.mean(), abs=0.01)
    assert found.std() == pytest.approx(values.std() / len(values) ** 0.5, rel=0.08)


def test_twins_that_are_drawn_together_widen_the_interval() -> None:
    hits = np.repeat(np.random.default_rng(1).integers(0, 2, 200), 2).astype(float)
    counts = np.stack([hits, np.ones(400)], axis=1)
    low, high = bootstrap_interval(counts, ratio)
    low2, high2 = bootstrap_interval(counts, ratio, clusters=np.repeat(np.arange(200), 2))
    assert (high2 - low2) / (high - low) == pytest.approx(2**0.5, abs=0.12)


@settings(max_examples=40)
@given(st.lists(st.booleans(), min_size=1, max_size=60), st.randoms())
def test_the_interval_does_not_depend_on_the_order_of_the_items(hits: list[bool], dice) -> None:  # type: ignore[no-untyped-def]
    def of(values: list[bool]) -> tuple[float, float]:
        return bootstrap_interval(np.array([[float(v), 1.0] for v in values]), ratio)

    mixed = list(hits)
    dice.shuffle(mixed)
    low, high = of(hits)
    assert of(mixed) == (low, high)
    assert 0 <= low <= high <= 1


def test_nothing_has_no_interval() -> None:
    low, high = bootstrap_interval(np.zeros((0, 2)), ratio)
    assert np.isnan(low)
    assert np.isnan(high)
