"""Paired tests against known values."""

from typing import Any

import pytest

from crosslight.bench.metrics import Scores, differences, metric
from crosslight.stats import benjamini_hochberg, holm, mcnemar


def test_mcnemar_has_the_exact_binomial_values() -> None:
    # scipy.stats.binomtest(k, n, 0.5).pvalue
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(1, 5) == pytest.approx(0.21875)
    assert mcnemar(2, 12) == pytest.approx(0.012939453125)
    assert mcnemar(25, 25) == 1.0
    assert mcnemar(0, 10) == pytest.approx(2 / 1024)
    assert mcnemar(10, 0) == mcnemar(0, 10)
    assert 0 < mcnemar(40_000, 50_000) < 1e-200


def test_corrections_have_the_values_of_r() -> None:
    p = [0.01, 0.02, 0.03, 0.04, 0.05]
    # p.adjust(p, "holm"), p.adjust(p, "BH")
    assert holm(p) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert benjamini_hochberg(p) == pytest.approx([0.05] * 5)
    mixed = [0.04, 0.001, 0.5]
    assert holm(mixed) == pytest.approx([0.08, 0.003, 0.5])
    assert benjamini_hochberg(mixed) == pytest.approx([0.06, 0.003, 0.5])
    assert holm([]) == benjamini_hochberg([]) == []


def scores(rights: list[float | None], side: str = "unsafe") -> Scores:
    rows: list[dict[str, Any]] = [
        {
            "side": side,
            "expected": "no",
            "subset": "s",
            "pair": "",
            "verdict": "no",
            "status": "failed" if right is None else "done",
            "right": right,
            "value": None,
        }
        for right in rights
    ]
    return Scores.of(rows)


def test_a_difference_is_over_the_items_that_both_have() -> None:
    a = scores([1.0] * 4 + [0.0] * 5 + [None])
    b = scores([1.0] * 3 + [None] + [1.0] * 5 + [1.0])
    (found,) = differences(a, b, [metric("accuracy_unsafe")])
    assert (found.n, found.lost, found.only_a, found.only_b) == (8, 2, 0, 5)
    assert (found.a, found.b, found.difference) == pytest.approx((0.375, 1.0, 0.625))
    assert found.p == pytest.approx(mcnemar(0, 5))
    assert 0 < found.low <= 0.625 <= found.high <= 1


def test_a_run_against_itself_differs_by_nothing() -> None:
    a = scores([1.0, 0.0, 1.0, None])
    (found,) = differences(a, a, [metric("accuracy_unsafe")])
    assert (found.difference, found.p) == (0, 1)
    assert found.low < 0 < found.high  # three items without a disagreement do not prove much


def test_two_items_prove_nothing_whatever_the_resamples_say() -> None:
    def both(right: float) -> Scores:
        rows: list[dict[str, Any]] = [
            {
                "side": side,
                "expected": "no",
                "subset": "s",
                "pair": "",
                "verdict": "no",
                "status": "done",
                "right": right,
                "value": None,
            }
            for side in ("unsafe", "safe")
        ]
        return Scores.of(rows)

    (found,) = differences(both(0.0), both(1.0), [metric("balanced_accuracy")])
    assert found.difference == 1.0
    assert found.p == 0.5


def test_twins_are_one_item_of_a_test() -> None:
    def twins(right: float) -> Scores:
        rows: list[dict[str, Any]] = [
            {
                "side": "unsafe",
                "expected": "no",
                "subset": "s",
                "pair": str(at // 10),
                "verdict": "no",
                "status": "done",
                "right": right,
                "value": None,
            }
            for at in range(30)
        ]
        return Scores.of(rows)

    (found,) = differences(twins(0.0), twins(1.0), [metric("accuracy_unsafe")])
    assert (found.test, found.p) == ("bootstrap", 0.25)  # three pairs, not thirty items
