"""The area under the ROC curve, with an interval over groups of rows that belong together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosslight.stats.bootstrap import LEVEL, Floats

Ints = NDArray[np.int64]
AUC_DRAWS = 500
MIN_ROWS = 10
"""Of each label; with fewer an AUC says nothing."""
MIN_GROUPS = 5
_AT_ONCE = 500_000
"""Weights that are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Auc:
    """An AUC and its interval; None where it is unknown, and then `reason` says why."""

    value: float | None
    low: float | None
    high: float | None
    rows: int
    reason: str = ""

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return self.value is not None


def unknown_auc(rows: int, reason: str) -> Auc:
    """An AUC that nobody can tell: never one half."""
    return Auc(None, None, None, rows, reason)


def why_unknown(labels: Ints, groups: Ints) -> str:
    """Why these rows are too few for an AUC; empty where they are not."""
    unsafe = int(labels.sum())
    few = min(unsafe, len(labels) - unsafe)
    if not few:
        return f"all {len(labels)} rows have one label" if len(labels) else "no rows"
    if few < MIN_ROWS:
        return f"{few} rows with one of the labels, fewer than {MIN_ROWS}"
    held = min(len(np.unique(groups[labels == label])) for label in (0, 1))
    if held < MIN_GROUPS:
        return f"{held} groups with one of the labels, fewer than {MIN_GROUPS}"
    return ""


def grouped_auc(
    scores: Floats,
    labels: Ints,
    groups: Ints,
    *,
    folds: Ints | None = None,
    either_way: bool = False,
    seed: int = 0,
) -> Auc:
    """How often a row of label 1 scores above one of label 0; ties count half.

    With `folds` only rows of one fold are compared: the scores of two fitted models have no common
    scale. `either_way`: a feature that points to label 0 tells as much (max of a and 1 - a). The
    interval draws whole groups; it holds the scores fixed.
    """
    if reason := why_unknown(labels, groups):
        return unknown_auc(len(labels), reason)
    order = np.lexsort((scores, folds if folds is not None else np.zeros(len(scores))))
    ranked = Ranked.of(scores[order], labels[order], None if folds is None else folds[order])
    codes = np.unique(groups, return_inverse=True)[1][order]
    value = float(ranked.areas(np.ones((1, len(codes))))[0])
    if not np.isfinite(value):
        return unknown_auc(len(labels), "no fold holds both labels")
    size = int(codes.max()) + 1
    weights = np.random.default_rng(seed).multinomial(size, np.full(size, 1 / size), AUC_DRAWS)
    step = max(1, _AT_ONCE // len(codes))
    parts = [
        ranked.areas(weights[at : at + step, codes].astype(np.float64))
        for at in range(0, AUC_DRAWS, step)
    ]
    drawn = np.concatenate(parts)
    drawn = drawn[np.isfinite(drawn)]
    if either_way and value < 0.5:
        value, drawn = 1 - value, 1 - drawn
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Auc(value, float(low), float(high), len(labels))


@dataclass(frozen=True, slots=True)
class Ranked:
    """Rows in order of fold and score. A level is a run of equal scores within a fold."""

    labels: Ints
    levels: Ints
    """First row of each level."""
    folds: Ints
    """First level of each fold."""
    fold_of: Ints
    """Fold of each level."""

    @classmethod
    def of(cls, scores: Floats, labels: Ints, folds: Ints | None) -> "Ranked":
        """Of sorted rows."""
        fold = np.zeros(len(scores), dtype=np.int64) if folds is None else folds
        turns = np.flatnonzero(np.diff(fold)) + 1
        levels = np.union1d(np.flatnonzero(np.diff(scores)) + 1, turns)
        levels = np.concatenate([[0], levels]).astype(np.int64)
        first = np.searchsorted(levels, np.concatenate([[0], turns]))
        fold_of = np.searchsorted(first, np.arange(len(levels)), side="right") - 1
        return cls(labels, levels, first, fold_of)

    def areas(self, weights: Floats) -> Floats:
        """The AUC under each row of weights (draws x rows); NaN where nothing can be compared."""
        ones = np.add.reduceat(weights * self.labels, self.levels, axis=1)
        zeros = np.add.reduceat(weights * (1 - self.labels), self.levels, axis=1)
        below = np.cumsum(zeros, axis=1) - zeros
        below -= below[:, self.folds][:, self.fold_of]
        wins = (ones * (below + zeros / 2)).sum(axis=1)
        pairs = np.add.reduceat(ones, self.folds, axis=1) * np.add.reduceat(
            zeros, self.folds, axis=1
        )
        whole = pairs.sum(axis=1)
        areas: Floats = np.divide(wins, whole, out=np.full(len(wins), np.nan), where=whole > 0)
        return areas
