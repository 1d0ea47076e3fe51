"""Figures of one fixed set of rows under many resamples of its clusters, side by side.

Two classifiers are compared on the same draws, so what is common to both falls out. Row 0 of all
weights is the set as it is: the first value of each array is the figure, the rest is its spread.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosslight.stats.auc import Ints, Ranked
from crosslight.stats.bootstrap import LEVEL, Floats

_AT_ONCE = 2_000_000
"""Weights that are in memory at a time."""


def cluster_weights(clusters: int, draws: int, seed: int) -> Floats:
    """How often each cluster is drawn: (1 + draws) x clusters, ones in the first row."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(clusters, np.full(clusters, 1 / clusters), draws)
    return np.vstack([np.ones((1, clusters)), drawn])


def seed_weights(seeds: int, draws: int, seed: int) -> Floats:
    """The share of each training seed: (1 + draws) x seeds, each row adds up to 1."""
    return cluster_weights(seeds, draws, seed) / seeds


@dataclass(frozen=True, slots=True)
class Resampled:
    """Rows with labels, and the weights of their clusters in each draw."""

    labels: Ints
    codes: Ints
    weights: Floats

    @classmethod
    def of(cls, labels: Ints, clusters: Ints, draws: int, seed: int) -> "Resampled":
        """With its draws made; the same clusters and seed give the same draws."""
        codes = np.unique(clusters, return_inverse=True)[1].astype(np.int64)
        return cls(labels, codes, cluster_weights(int(codes.max()) + 1, draws, seed))

    def only(self, rows: NDArray[np.bool_]) -> "Resampled":
        """Some of its rows, under the same draws of all clusters."""
        return Resampled(self.labels[rows], self.codes[rows], self.weights)

    def areas(self, scores: Floats) -> Floats:
        """The AUC of these scores in each draw; NaN where a draw lacks a label."""
        order = np.argsort(scores, kind="stable")
        ranked = Ranked.of(scores[order], self.labels[order], None)
        codes, step = self.codes[order], max(1, _AT_ONCE // len(scores))
        parts = [
            ranked.areas(self.weights[at : at + step, codes])
            for at in range(0, len(self.weights), step)
        ]
        return np.concatenate(parts)

    def rates(self, said: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
        """(recall of label 1, recall of label 0, precision of label 1) in each draw."""
        ones, zeros = self.labels == 1, self.labels == 0
        columns = np.stack([ones & said, ones, zeros & ~said, zeros, said], axis=1)
        width = self.weights.shape[1]
        sums = np.stack(
            [np.bincount(self.codes, weights=column, minlength=width) for column in columns.T],
            axis=1,
        )
        hit, one, right, zero, called = (self.weights @ sums).T
        return _ratio(hit, one), _ratio(right, zero), _ratio(hit, called)

    def balanced_accuracy(self, said: NDArray[np.bool_]) -> Floats:
        """The mean of both recalls in each draw."""
        unsafe, safe, _ = self.rates(said)
        return (unsafe + safe) / 2

    def f1(self, said: NDArray[np.bool_]) -> Floats:
        """F1 of label 1 in each draw; 0 where it is never said, NaN where it never stands."""
        recall, _, precision = self.rates(said)
        precision = np.where(np.isnan(precision), 0.0, precision)
        return _ratio(
            2 * recall * precision, np.where(recall + precision > 0, recall + precision, 1)
        )


def spread(values: Floats, level: float = LEVEL) -> tuple[float, float, float]:
    """(figure, low, high) of an array of draws; NaN where nothing is known."""
    drawn = values[1:][np.isfinite(values[1:])]
    if not np.isfinite(values[0]) or not len(drawn):
        return float("nan"), float("nan"), float("nan")
    tail = (1 - level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(values[0]), float(low), float(high)


def _ratio(above: Floats, below: Floats) -> Floats:
    found: Floats = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return found
