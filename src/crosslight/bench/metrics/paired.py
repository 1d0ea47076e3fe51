"""Two models on the same items: exact and bootstrap tests, corrected for many comparisons."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosslight.bench.metrics.aggregate import (
    ALL,
    Z,
    combined,
    contributions,
    ratio,
)
from crosslight.bench.metrics.catalogue import Metric
from crosslight.bench.metrics.clusters import clusters_of
from crosslight.bench.metrics.scores import Floats, Mask, Scores
from crosslight.stats import LEVEL, bonett_price, bootstrap_p, by_cluster, draws, mcnemar


@dataclass(frozen=True, slots=True)
class Difference:
    """B minus A of one metric over the items that both have a score for.

    `p` is McNemar's exact test where each item is a plain hit or not and has no twin, else the
    bootstrap's (never below what so few differing items can prove).
    `only_a` and `only_b` count items that were a hit of one of the two only. `p_holm` and `p_bh`
    are `p` corrected over all differences of the comparison.
    """

    metric: str
    group: str
    a: float
    b: float
    difference: float
    low: float
    high: float
    n: int
    lost: int
    p: float
    test: str
    only_a: int = 0
    only_b: int = 0
    p_holm: float = 1.0
    p_bh: float = 1.0

    def as_json(self) -> dict[str, Any]:
        """Rounded to six digits; p-values keep four significant ones."""
        return {
            name: value
            if not isinstance(value, float)
            else float(f"{value:.4g}")
            if name.startswith("p")
            else round(value, 6)
            for name, value in asdict(self).items()
        }


def difference(
    a: Scores, b: Scores, metric: Metric, *, group: str = ALL, seed: int = 0
) -> Difference | None:
    """B minus A; the items of both must stand in the same order. None without a common item."""
    masks = [part.scope(a) & part.scope(b) for part in metric.parts]
    left, right = contributions(a, metric, masks), contributions(b, metric, masks)
    both = np.ones(len(a), dtype=bool)
    for at in range(len(metric.parts)):
        both &= ~masks[at] | ((left[:, 2 * at + 1] > 0) & (right[:, 2 * at + 1] > 0))
    scoped: Mask = np.logical_or.reduce(masks)
    use = both & scoped
    width = left.shape[1]
    counts = np.concatenate([left[use], right[use]], axis=1)
    sums = counts.sum(axis=0)[None, :]
    va, vb = float(ratio(sums[:, :width])[0]), float(ratio(sums[:, width:])[0])
    if not (math.isfinite(va) and math.isfinite(vb)):
        return None

    def delta(totals: Floats) -> Floats:
        return np.asarray(ratio(totals[:, width:]) - ratio(totals[:, :width]))

    groups = clusters_of(a, use)
    drawn = draws(counts, delta, clusters=groups, seed=seed)
    drawn = drawn[np.isfinite(drawn)]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail]) if len(drawn) else (-1.0, 1.0)
    if high - low < 1e-12:
        low, high = _few(*_by_item(left[use], right[use], a, use))
    only_a = int((left[use, 0] > right[use, 0]).sum())
    only_b = int((left[use, 0] < right[use, 0]).sum())
    exact = metric.is_rate and groups is None
    p = mcnemar(only_a, only_b) if exact else max(bootstrap_p(drawn), _least_p(counts, groups))
    by = metric.scale
    return Difference(
        metric.name,
        group,
        va * by,
        vb * by,
        (vb - va) * by,
        float(low) * by,
        float(high) * by,
        int(use.sum()),
        int(scoped.sum() - use.sum()),
        p,
        "mcnemar" if exact else "bootstrap",
        only_a if exact else 0,
        only_b if exact else 0,
    )


def differences(
    a: Scores, b: Scores, metrics: Sequence[Metric], *, seed: int = 0
) -> list[Difference]:
    """Every metric that both have; `p` is not yet corrected."""
    found = []
    for each in metrics:
        if all((part.scope(a) & part.scope(b)).any() for part in each.parts):
            made = difference(a, b, each, seed=seed)
            if made is not None:
                found.append(made)
    return found


def _few(left: Floats, right: Floats) -> tuple[float, float]:
    """Interval of a difference when every resample is the same: Bonett and Price (2012), which
    adds one item to either kind of disagreement; parts combined as in `combined`."""
    spreads = []
    for at in range(0, left.shape[1], 2):
        n = int(left[:, at + 1].sum())
        lost, won = (
            int((one > two).sum())
            for one, two in ((left[:, at], right[:, at]), (right[:, at], left[:, at]))
        )
        value = (won - lost) / n
        low, high = bonett_price(lost, won, n, Z)
        spreads.append((value, min(low, value), max(high, value)))
    return combined(spreads)


def _by_item(left: Floats, right: Floats, a: Scores, use: Mask) -> tuple[Floats, Floats]:
    """Of several epochs the mean of each item: it is one, however often it was asked."""
    if a.item is None:
        return left, right
    found = [by_cluster(side, a.item.codes[use]) for side in (left, right)]
    for side in found:
        side[:, 0::2] /= np.maximum(side[:, 1::2], 1)
        side[:, 1::2] = np.minimum(side[:, 1::2], 1)
    return found[0], found[1]


def _least_p(counts: Floats, groups: NDArray[np.int64] | None) -> float:
    """The smallest p that so few items can give: every one that differs tips the same way.

    (Two items on which B is always right and A never give no resample beyond 0, and yet prove
    nothing.)
    """
    if groups is not None:
        counts = by_cluster(counts, groups)
    width = counts.shape[1] // 2
    differing = int((counts[:, :width] != counts[:, width:]).any(axis=1).sum())
    return min(1.0, 2.0 * 0.5 ** min(differing, 1000))
