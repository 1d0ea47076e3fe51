"""A mean with its interval, over clusters of values that belong together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np


@dataclass(frozen=True, slots=True)
class MeanEstimate:
    """`low` and `high` are None with fewer than two clusters."""

    mean: float
    low: float | None
    high: float | None
    n: int
    clusters: int


def clustered_mean(
    values: Sequence[float], clusters: Sequence[str] | None = None, level: float = 0.95
) -> MeanEstimate | None:
    """The mean of `values`; None without any.

    The interval is Student's over the clusters' deviations (the linearised ratio, Cochran 1977,
    section 9.6), so that clusters may differ in size.
    """
    if not values:
        return None
    numbers = np.asarray(values, np.float64)
    mean = float(numbers.mean())
    labels = np.arange(len(numbers)) if clusters is None else np.asarray(clusters)
    codes = np.unique(labels, return_inverse=True)[1]
    off = np.bincount(codes, weights=numbers - mean)
    k, n = len(off), len(numbers)
    if k < 2:
        return MeanEstimate(mean, None, None, n, k)
    half = _t(k - 1, level) * math.sqrt(k / (k - 1) * float((off**2).sum())) / n
    return MeanEstimate(mean, mean - half, mean + half, n, k)


def _t(freedom: int, level: float) -> float:
    """Student's quantile: by the expansion of Cornish and Fisher, to 1% from two degrees on."""
    if freedom == 1:
        return math.tan(math.pi * level / 2)
    if freedom == 2:
        return math.sqrt(2 / (1 - level**2)) * level
    z = NormalDist().inv_cdf((1 + level) / 2)
    v = float(freedom)
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )
