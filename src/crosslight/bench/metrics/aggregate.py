"""Scores to estimates: value, interval, coverage, bounds; over all items and by subset."""

from collections.abc import Iterable, Sequence

import numpy as np

from crosslight.bench.metrics.catalogue import Metric, Part
from crosslight.bench.metrics.clusters import Clusters, clusters_of, effective_size, has_twins
from crosslight.bench.metrics.estimate import Estimate, Method
from crosslight.bench.metrics.scores import Column, Floats, Mask, Scores
from crosslight.stats import LEVEL, bootstrap_interval, by_cluster, wilson

ALL = "all"
Z = 1.959963984540054
"""Of the 95% level, the only one that results are printed at."""


def aggregate(
    scores: Scores,
    metrics: Sequence[Metric],
    *,
    groups: Iterable[tuple[str, Column]] = (),
    seed: int = 0,
) -> list[Estimate]:
    """Every metric that has items, over all of them and in each group (`subset=attack`)."""
    found = [e for m in metrics if (e := estimate(scores, m, seed=seed)) is not None]
    for title, column in groups:
        for at, name in sorted(enumerate(column.names), key=lambda pair: pair[1]):
            part = scores.take(column.codes == at)
            if not name or not len(part):
                continue
            found += [
                e
                for m in metrics
                if (e := estimate(part, m, group=f"{title}={name}", seed=seed)) is not None
            ]
    return found


def estimate(scores: Scores, metric: Metric, *, group: str = ALL, seed: int = 0) -> Estimate | None:
    """The metric over these items; None where one of its parts has no item at all."""
    masks = [part.scope(scores) for part in metric.parts]
    if not all(mask.any() for mask in masks):
        return None
    done = scores.done
    counts, missing = contributions(scores, metric, masks), []
    for part, mask in zip(metric.parts, masks, strict=True):
        missing.append(int((mask & ~known(scores, part, done)).sum()))
    sums = counts.sum(axis=0)
    value = float(ratio(sums[None, :])[0])
    least, most = _bounds(sums, missing)
    wanted = int(np.logical_or.reduce(masks).sum())
    n = wanted - sum(missing)
    if not np.isfinite(value):
        return Estimate(
            metric.name,
            group,
            None,
            None,
            None,
            n,
            wanted,
            least * metric.scale,
            most * metric.scale,
        )
    low, high, method = interval_of(counts, value, metric, scores, seed)
    by = metric.scale
    return Estimate(
        metric.name,
        group,
        value * by,
        low * by,
        high * by,
        n,
        wanted,
        least * by,
        most * by,
        method,
    )


def known(scores: Scores, part: Part, done: Mask) -> Mask:
    """Items with a score of this part: done, and with what the part needs."""
    if part.needs == "verdict":
        return done
    return done & ~np.isnan(scores.right if part.needs == "right" else scores.value)


def contributions(scores: Scores, metric: Metric, masks: Sequence[Mask]) -> Floats:
    """(items, 2 * parts): each item's share of numerator and denominator of every part."""
    done = scores.done
    columns = []
    for part, mask in zip(metric.parts, masks, strict=True):
        counts = mask & known(scores, part, done)
        if part.given is not None:
            counts = counts & part.given(scores)
        columns += [np.where(counts, part.hit(scores), 0.0), counts.astype(np.float64)]
    return np.stack(columns, axis=1)


def ratio(sums: Floats) -> Floats:
    """The mean over parts of numerator / denominator; NaN where a denominator is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = sums[:, 0::2] / sums[:, 1::2]
    return np.asarray(parts.mean(axis=1))


def _bounds(sums: Floats, missing: Sequence[int]) -> tuple[float, float]:
    """The value if every missing item had counted 0, and if every one had counted 1."""
    least, most = [], []
    for at, absent in enumerate(missing):
        hits, n = sums[2 * at], sums[2 * at + 1]
        whole = n + absent
        least.append(hits / whole if whole else 0.0)
        most.append((hits + absent) / whole if whole else 1.0)
    return float(np.mean(least)), float(np.mean(most))


def interval_of(
    counts: Floats, value: float, metric: Metric, scores: Scores, seed: int
) -> tuple[float, float, Method]:
    """Wilson for rates over items without twins; else the bootstrap, but never narrower than
    what few items allow.

    (Where all items count alike every resample is the same: a bootstrap alone would be certain.)
    """
    counted = np.asarray(counts[:, 1::2].any(axis=1))
    clusters = clusters_of(scores, counted)
    if clusters is not None and scores.item is not None:
        return _of_epochs(counts[counted], clusters, metric, seed, twins=has_twins(scores))
    if metric.is_rate and clusters is None:
        low, high = wilson(value, int(counts[:, 1].sum()), Z)
        return low, high, "wilson"
    sums = counts.sum(axis=0)
    shares = [sums[at] / sums[at + 1] for at in range(0, len(sums), 2)]
    spreads = [(share, *wilson(share, int(sums[2 * at + 1]), Z)) for at, share in enumerate(shares)]
    by_parts = combined(spreads)
    if len(spreads) > 1 and clusters is None:
        return *by_parts, "wilson"
    low, high = bootstrap_interval(
        counts[counted], ratio, clusters=clusters, level=LEVEL, seed=seed
    )
    return (low, high, "bootstrap") if high - low > 1e-12 else (*by_parts, "wilson")


def _of_epochs(
    counts: Floats, clusters: Clusters, metric: Metric, seed: int, *, twins: bool
) -> tuple[float, float, Method]:
    """Where answers to one item are drawn together, and twins too."""
    sums, spreads = by_cluster(counts, clusters), []
    for at in range(0, counts.shape[1], 2):
        hits, sizes = sums[sums[:, at + 1] > 0][:, at : at + 2].T
        share = float(hits.sum() / sizes.sum())
        spreads.append((share, *wilson(share, effective_size(hits, sizes), Z)))
    if metric.is_rate or (metric.is_binary and not twins):
        return *combined(spreads), "cluster"
    low, high = bootstrap_interval(counts, ratio, clusters=clusters, level=LEVEL, seed=seed)
    return (low, high, "bootstrap") if high - low > 1e-12 else (*combined(spreads), "cluster")


def combined(spreads: Sequence[tuple[float, float, float]]) -> tuple[float, float]:
    """Interval of the mean of independent (value, low, high): their distances add as squares
    (Newcombe 1998, method 10; Zou and Donner 2008)."""
    k = len(spreads)
    middle = sum(value for value, _, _ in spreads) / k
    down = sum((value - low) ** 2 for value, low, _ in spreads) ** 0.5 / k
    up = sum((high - value) ** 2 for value, _, high in spreads) ** 0.5 / k
    return float(middle - down), float(middle + up)
