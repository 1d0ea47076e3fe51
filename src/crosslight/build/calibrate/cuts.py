"""Cut-offs out of numbers: between two classes, or above all but a few of one; with intervals.

An interval is a bootstrap over groups (the photos, or the patterns), whose values are alike.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RESAMPLES = 1_000
LEVEL = 0.95
LEAST = 20
"""Fewer known values of a class than this give no cut-off."""
FINEST = 1e-6
"""Probabilities nearer to 0 or 1 count as this near."""


@dataclass(frozen=True, slots=True)
class Value:
    """A number that was read, and the group that it belongs to."""

    value: float
    group: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A cut-off with its interval."""

    value: float
    low: float
    high: float

    def moved(self, by: Callable[[float], float]) -> "Cut":
        """On another scale."""
        return Cut(by(self.value), by(self.low), by(self.high))


def between(safe: Sequence[Value], unsafe: Sequence[Value], seed: int = 0) -> Cut | None:
    """Where least of both classes lies on the wrong side, each class weighing the same: half way
    between the values beside it. None with too few values."""
    if min(len(safe), len(unsafe)) < LEAST:
        return None
    order = sorted(
        [(one.value, one.group, 0) for one in safe] + [(u.value, u.group, 1) for u in unsafe]
    )
    values = np.array([value for value, _, _ in order])
    label = np.array([label for _, _, label in order], float)

    def best(weights: Floats) -> Floats:
        below = _shares(weights * (1 - label))
        above = 1 - _shares(weights * label)
        right = below + above
        # A cut lies between two different values, never among equal ones.
        right[:, 1:-1][:, values[1:] <= values[:-1]] = -1
        return _places(right, values)

    return _bootstrapped(best, [group for _, group, _ in order], seed)


def above(values: Sequence[Value], share: float, seed: int = 0) -> Cut | None:
    """The smallest cut-off that this share of the values lies at or below."""
    if len(values) < LEAST:
        return None
    order = sorted((one.value, one.group) for one in values)
    numbers = np.array([value for value, _ in order])

    def quantile(weights: Floats) -> Floats:
        reached = _shares(weights)[:, 1:] >= share - 1e-9
        return np.asarray(numbers[np.argmax(reached, axis=1)], np.float64)

    return _bootstrapped(quantile, [group for _, group in order], seed)


def _shares(weights: Floats) -> Floats:
    """The share of the weight before each place; NaN where there is none."""
    sums = np.cumsum(weights, axis=1)
    with np.errstate(invalid="ignore"):
        shares = sums / sums[:, -1:]
    return np.concatenate([np.zeros((len(weights), 1)), shares], axis=1)


def _places(right: Floats, values: Floats) -> Floats:
    """The middle one of the best places, as a value; NaN where a class is missing."""
    edges = np.concatenate([values[:1], (values[1:] + values[:-1]) / 2, values[-1:]])
    whole = np.isfinite(right).all(axis=1)
    found = np.full(len(right), np.nan)
    for at in np.flatnonzero(whole):
        ties = np.flatnonzero(right[at] >= right[at].max() - 1e-12)
        found[at] = edges[ties[len(ties) // 2]]
    return found


def _bootstrapped(statistic: Callable[[Floats], Floats], groups: Sequence[str], seed: int) -> Cut:
    codes = np.unique(np.array(groups), return_inverse=True)[1]
    n = int(codes.max()) + 1
    value = float(statistic(np.ones((1, len(groups))))[0])
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    found = statistic(drawn[:, codes].astype(np.float64))
    found = found[np.isfinite(found)]
    if n < 2 or not len(found):
        return Cut(value, -math.inf, math.inf)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(found, [tail, 1 - tail])
    return Cut(value, float(low), float(high))


def log_odds(probability: float) -> float:
    """Natural log-odds, bounded at `FINEST`."""
    bounded = min(max(probability, FINEST), 1 - FINEST)
    return math.log(bounded / (1 - bounded))


def chance(odds: float) -> float:
    """The probability with these log-odds."""
    return 1 / (1 + math.exp(-odds)) if odds > -700 else 0.0
