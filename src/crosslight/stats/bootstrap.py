"""Bootstrap by item, fast: items that count alike are drawn together.

Drawing n items with replacement out of n, of which many are alike, is one multinomial draw over
the distinct kinds. A yes/no benchmark of a million rows has four kinds.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""Sums of shape (resamples, m) to values of shape (resamples,); NaN where there is none."""

RESAMPLES = 2_000
MAX_KINDS = 512
"""More kinds of items than this are drawn as so many groups of like ones."""
LEVEL = 0.95


def bootstrap_interval(
    counts: Floats,
    statistic: Statistic,
    *,
    clusters: NDArray[np.integer] | None = None,
    level: float = LEVEL,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of `statistic(sum over items)`; NaN where no resample has a value.

    `counts` has one row an item (or, with `clusters`, several rows that are drawn together).
    The same counts and seed give the same interval, in whatever order the items stand.
    """
    values = draws(counts, statistic, clusters=clusters, seed=seed)
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan"), float("nan")
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def draws(
    counts: Floats,
    statistic: Statistic,
    *,
    clusters: NDArray[np.integer] | None = None,
    seed: int = 0,
) -> Floats:
    """The statistic of each resample."""
    if clusters is not None:
        counts = by_cluster(counts, clusters)
    if not len(counts):
        return np.zeros(0)
    rng = np.random.default_rng(seed)
    kinds, sizes = _kinds(counts)
    n = int(sizes.sum())
    if len(kinds) > MAX_KINDS:
        kinds, sizes = _neighbours(kinds, sizes)
    weights = rng.multinomial(n, sizes / n, size=RESAMPLES)
    return statistic(weights @ kinds)


def by_cluster(counts: Floats, clusters: NDArray[np.integer]) -> Floats:
    """The sums of each cluster: its items are drawn, and differ, as one."""
    codes = np.unique(clusters, return_inverse=True)[1]
    columns = [np.bincount(codes, weights=counts[:, at]) for at in range(counts.shape[1])]
    return np.stack(columns, axis=1)


def bootstrap_p(drawn: Floats) -> float:
    """Twice the smaller share of resamples on either side of 0; never below 2 / resamples."""
    if not len(drawn):
        return 1.0
    beside = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    return min(1.0, 2 * (beside + 1) / (len(drawn) + 1))


def _neighbours(kinds: Floats, sizes: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
    """At most `MAX_KINDS` groups of like rows, each by its mean: all sums stay as they are, and
    the spread within a group (a five-hundredth of the items) is all that an interval loses."""
    n = int(sizes.sum())
    group = (np.cumsum(sizes) - 1) * MAX_KINDS // n
    group = np.unique(group, return_inverse=True)[1]
    whole = np.bincount(group, weights=sizes)
    means = [
        np.bincount(group, weights=kinds[:, at] * sizes) / whole for at in range(kinds.shape[1])
    ]
    return np.stack(means, axis=1), whole.astype(np.int64)


def _kinds(counts: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Distinct rows in sorted order, and how often each stands there."""
    code = np.zeros(len(counts), dtype=np.int64)
    for at in range(counts.shape[1]):
        values, places = np.unique(counts[:, at], return_inverse=True)
        # Made small again at each step, so that the product of sizes cannot overflow.
        code = np.unique(code * len(values) + places, return_inverse=True)[1]
    sizes = np.bincount(code)
    of = np.empty(len(sizes), dtype=np.int64)
    of[code] = np.arange(len(counts))  # any row of its kind: they are all alike
    return counts[of], sizes
