"""The fitted head: deterministic, calibrated on groups it did not see, honest without signal."""

import numpy as np
import pytest

from crosslight.records import BadSetting
from crosslight.tune.judge.head import Head, fit_head, folds_of

N, D = 400, 12


def made(seed: int, slope: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, D)).astype(np.float32)
    y = (rng.random(N) < 1 / (1 + np.exp(-slope * x[:, 0] + 1))).astype(np.int64)
    return x, y, np.repeat(np.arange(N // 4), 4)


def test_the_same_rows_give_the_same_head_and_another_seed_other_folds() -> None:
    x, y, groups = made(0, 2.0)
    one, two = fit_head(x, y, groups, 3), fit_head(x, y, groups, 3)
    assert np.array_equal(one.weights, two.weights)
    assert (one.slope, one.offset) == (two.slope, two.offset)
    assert fit_head(x, y, groups, 4).slope != one.slope


def test_probabilities_are_calibrated_on_fresh_rows_as_if_half_were_unsafe() -> None:
    x, y, groups = made(1, 2.0)
    fresh, labels, _ = made(2, 2.0)
    assert labels.mean() < 0.4
    p = fit_head(x, y, groups).probability(fresh)
    odds = np.exp(2.0 * fresh[:, 0] - 1) * (1 - y.mean()) / y.mean()
    assert np.abs(p - odds / (1 + odds)).mean() < 0.08
    hit = [((p >= 0.5) == label)[labels == label].mean() for label in (0, 1)]
    assert abs(hit[0] - hit[1]) < 0.12, "one half favours neither"


def test_without_signal_every_row_has_one_half() -> None:
    x, _, groups = made(3, 0.0)
    y = (np.random.default_rng(4).random(N) < 0.3).astype(np.int64)
    p = fit_head(x, y, groups).probability(x)
    assert abs(p.mean() - 0.5) < 0.05
    assert p.std() < 0.1


def test_no_group_is_on_both_sides_and_both_classes_are_in_train() -> None:
    _, y, groups = made(5, 1.0)
    tested = []
    for train, test in folds_of(y, groups, 0):
        assert not set(groups[train]) & set(groups[test])
        assert set(y[train]) == {0, 1}
        tested += test.tolist()
    assert sorted(tested) == list(range(N))


def test_what_is_unknown_counts_as_the_mean_not_as_zero() -> None:
    x, y, groups = made(6, 2.0)
    x[:, 0] += 50  # a zero would be far off
    x[::5, 0] = np.nan
    head = fit_head(x, y, groups)
    row = np.zeros((2, D), dtype=np.float32)
    row[:, 0] = np.nan, np.nanmean(x[:, 0])
    first, second = head.decision(row)
    assert first == pytest.approx(second, abs=1e-3)
    assert np.isfinite(head.probability(x)).all()


@pytest.mark.parametrize(("label", "word"), [(1, "unsafe"), (0, "safe")])
def test_one_class_is_no_training_set(label: int, word: str) -> None:
    x, _, groups = made(7, 1.0)
    with pytest.raises(BadSetting, match=f"all 400 rows are {word}"):
        fit_head(x, np.full(N, label), groups)


def test_rows_without_any_difference_are_refused() -> None:
    _, y, groups = made(8, 1.0)
    with pytest.raises(BadSetting, match="the same vector"):
        fit_head(np.ones((N, D)), y, groups)


def test_rows_of_one_group_are_fitted_and_left_uncalibrated() -> None:
    x, y, _ = made(9, 2.0)
    head = fit_head(x, y, np.zeros(N, dtype=np.int64))
    assert (head.slope, head.offset) == (1.0, 0.0)


def test_categories_of_unsafe_rows_are_told_apart() -> None:
    x, y, groups = made(10, 3.0)
    kinds = np.where(x[:, 1] > 0, "fire", "water")
    head = fit_head(x, y, groups, categories=kinds.tolist())
    assert head.names == ("fire", "water")
    said = np.array(head.category(x))
    assert (said == kinds)[y == 1].mean() > 0.9


def test_a_head_with_a_number_that_is_none_is_not_made() -> None:
    ones = np.ones(3)
    with pytest.raises(ValueError, match="none"):
        Head(ones, ones, np.array([1.0, np.nan, 0.0]), 0.0, 1.0, 0.0)
    with pytest.raises(ValueError, match="above 0"):
        Head(ones, np.zeros(3), ones, 0.0, 1.0, 0.0)
