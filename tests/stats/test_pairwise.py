"""Wins and strengths: what is known comes out, and what is not defined is not said."""

import math
import random

import numpy as np
import pytest

from crosslight.stats import Match, bradley_terry, clustered_mean, win_matrix


def played(strengths: dict[str, float], n: int, seed: int = 0) -> list[Match]:
    """Each two meet `n` times, on as many photos."""
    rng = random.Random(seed)
    names = sorted(strengths)
    return [
        Match(a, b, float(rng.random() < 1 / (1 + math.exp(strengths[b] - strengths[a]))), f"p{k}")
        for a in names
        for b in names
        if a < b
        for k in range(n)
    ]


def test_strengths_are_recovered_within_their_intervals() -> None:
    truth = {"a": 1.0, "b": 0.0, "c": -1.0}
    inside = []
    for seed in range(20):
        wins = win_matrix(played(truth, 150, seed), seed=seed)
        assert wins.strengths is not None
        assert [one.name for one in wins.strengths] == ["a", "b", "c"]
        inside += [
            one.low is not None and one.high is not None and one.low <= truth[one.name] <= one.high
            for one in wins.strengths
        ]
    assert np.mean(inside) >= 0.88  # 60 of them, at nominal 95%


def test_the_matrix_counts_ties_half_and_a_photo_once() -> None:
    matches = [Match("a", "b", 1.0, "p"), Match("b", "a", 0.5, "p"), Match("a", "b", 0.0, "q")]
    wins = win_matrix(matches)
    assert wins.names == ("a", "b")
    assert wins.played == ((0, 3), (3, 0))
    assert wins.won[0][1] == pytest.approx(0.5) and wins.won[0][0] is None
    # Two photos, not three comparisons: the interval is Wilson's for two draws.
    assert wins.low[0][1] == pytest.approx(0.0945, abs=1e-3)


def test_who_never_loses_has_no_strength() -> None:
    wins = win_matrix([Match("a", "b", 1.0), Match("b", "c", 0.5), Match("a", "c", 1.0)])
    assert wins.strengths is None and "all comparisons" in wins.reason
    assert win_matrix([]).strengths is None
    assert bradley_terry(np.array([[0.0, 3.0], [1.0, 0.0]])) == pytest.approx(
        [math.log(3) / 2, -math.log(3) / 2]
    )


def test_two_who_never_met_are_compared_through_a_third() -> None:
    chain = [Match("a", "b", 1.0)] * 3 + [Match("a", "b", 0.0)] + [Match("b", "c", 1.0)] * 3
    wins = win_matrix([*chain, Match("b", "c", 0.0)])
    assert wins.won[0][2] is None
    assert wins.strengths is not None
    first, _, last = wins.strengths
    assert first.strength - last.strength == pytest.approx(2 * math.log(3), abs=1e-4)


def test_a_mean_over_clusters_is_wider_than_over_values_that_repeat() -> None:
    once = clustered_mean([1.0, 2.0, 3.0, 6.0])
    twice = clustered_mean([1.0, 2.0, 3.0, 6.0] * 2, list("abcdabcd"))
    assert once is not None and twice is not None
    assert once.low is not None and once.low == pytest.approx(twice.low)
    # Student's t with three degrees of freedom: 3.182 standard errors.
    assert 3.0 - once.low == pytest.approx(3.182 * np.std([1, 2, 3, 6], ddof=1) / 2, rel=0.01)
    assert clustered_mean([]) is None
    alone = clustered_mean([1.0, 2.0], ["a", "a"])
    assert alone is not None and alone.low is None
