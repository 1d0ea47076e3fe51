"""An AUC over groups: right to the pair, and unknown where rows cannot tell."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslight.stats import MIN_GROUPS, MIN_ROWS, grouped_auc


def by_pairs(scores: list[int], labels: list[int], folds: list[int]) -> float:
    """Every pair of one fold, one by one."""
    won = [
        (a > b) + (a == b) / 2
        for a, one, f in zip(scores, labels, folds, strict=True)
        for b, zero, g in zip(scores, labels, folds, strict=True)
        if one == 1 and zero == 0 and f == g
    ]
    return sum(won) / len(won)


ROWS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 1), st.integers(0, 2)), min_size=8, max_size=30
)


@given(ROWS)
@settings(max_examples=40, deadline=None)
def test_it_is_the_share_of_pairs_with_ties_by_half(rows: list[tuple[int, int, int]]) -> None:
    rows += [(n % 4, n % 2, 0) for n in range(2 * MIN_ROWS)]
    scores, labels, folds = (list(column) for column in zip(*rows, strict=True))
    numbers = [np.array(column) for column in (scores, labels, folds)]
    groups = np.arange(len(rows))
    found = grouped_auc(numbers[0].astype(float), numbers[1], groups, folds=numbers[2])
    assert found.value == pytest.approx(by_pairs(scores, labels, folds))
    assert found.low is not None and found.high is not None
    assert 0 <= found.low <= found.high <= 1
    order = np.random.default_rng(len(rows)).permutation(len(rows))
    whole = grouped_auc(numbers[0].astype(float), numbers[1], groups % 7)
    turned = grouped_auc(numbers[0][order].astype(float), numbers[1][order], (groups % 7)[order])
    assert (turned.value, turned.low, turned.high) == pytest.approx(
        (whole.value, whole.low, whole.high)
    )


def test_the_interval_covers_one_half_where_nothing_tells() -> None:
    covered = clusters = rows_alone = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        groups = np.repeat(np.arange(30), 6)
        # A group leans to a label and has a level of its own: its rows are no six witnesses.
        labels = (rng.random(180) < rng.choice([0.15, 0.85], 30)[groups]).astype(np.int64)
        scores = rng.normal(size=30)[groups] + rng.normal(size=180) / 3
        clusters += covers(scores, labels, groups)
        rows_alone += covers(scores, labels, np.arange(180))
        covered += covers(rng.normal(size=180), labels, groups)
    assert covered >= 35 and clusters >= 35
    assert rows_alone < 30, "the groups make no difference here: the test sees nothing"


def covers(scores: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> bool:
    found = grouped_auc(scores, labels, groups)
    return found.low is not None and found.high is not None and found.low <= 0.5 <= found.high


def test_a_feature_that_points_the_other_way_tells_as_much() -> None:
    labels = np.tile([0, 1], 20)
    scores = -labels + np.tile([0.0, 0.0, 2.0, 0.0], 10)
    plain = grouped_auc(scores, labels, np.arange(40))
    free = grouped_auc(scores, labels, np.arange(40), either_way=True)
    assert plain.value is not None and free.value is not None
    assert plain.value < 0.5 and free.value == pytest.approx(1 - plain.value)
    assert plain.low is not None and free.high == pytest.approx(1 - plain.low)


@pytest.mark.parametrize(
    ("labels", "groups", "reason"),
    [
        ([], [], "no rows"),
        ([1] * 40, range(40), "all 40 rows have one label"),
        ([1] * 40 + [0] * (MIN_ROWS - 1), range(49), "9 rows with one of the labels"),
        ([0, 1] * 20, [n // 10 for n in range(40)], "4 groups with one of the labels"),
    ],
)
def test_what_cannot_be_told_is_unknown(labels: list[int], groups: list[int], reason: str) -> None:
    found = grouped_auc(
        np.zeros(len(labels)), np.array(labels, dtype=np.int64), np.array(list(groups))
    )
    assert found.value is None and found.low is None and found.high is None
    assert not found.known and reason in found.reason


def test_folds_that_each_hold_one_label_compare_nothing() -> None:
    labels = np.repeat([0, 1], 20)
    found = grouped_auc(
        labels.astype(float), labels, np.arange(40) % (4 * MIN_GROUPS), folds=labels
    )
    assert found.value is None and found.reason == "no fold holds both labels"
