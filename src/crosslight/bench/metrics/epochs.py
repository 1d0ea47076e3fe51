"""Items that were asked several times: how much the answers vary, and what holds in all of them or
in any. An attack that succeeds in one of ten tries has succeeded."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from crosslight.bench.metrics.aggregate import Z, contributions, estimate, interval_of, ratio
from crosslight.bench.metrics.catalogue import Metric
from crosslight.bench.metrics.clusters import clusters_of
from crosslight.bench.metrics.scores import Floats, Scores
from crosslight.stats import LEVEL, bootstrap_interval, wilson

Statistic = Literal["mean", "spread", "lowest", "highest", "all", "any"]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class EpochNumber:
    """One statistic of a metric over the epochs of a run.

    `mean` is the metric over all answers (`n` of `wanted`). `all` and `any` are over items: the
    share that is a hit in every epoch, or in one at least, among the items with a score in each;
    `least` and `most` bound them by what the others have shown so far. `spread` is the standard
    deviation of the metric from one epoch to another on these items, `lowest` and `highest` its
    values in single epochs.
    """

    metric: str
    statistic: Statistic
    value: float | None
    low: float | None
    high: float | None
    n: int
    wanted: int
    least: float | None = None
    most: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Rounded to six digits."""
        return {
            name: round(value, 6) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def epoch_numbers(
    scores: Scores, epoch: Codes, metrics: Sequence[Metric], *, seed: int = 0
) -> list[EpochNumber]:
    """Every metric that has items. `epoch` says in which epoch each row of `scores` stands."""
    found: list[EpochNumber] = []
    for metric in metrics:
        mean = estimate(scores, metric, seed=seed)
        if mean is None:
            continue
        found.append(
            EpochNumber(
                *(metric.name, "mean", mean.value, mean.low, mean.high, mean.n, mean.wanted),
                *(mean.least, mean.most),
            )
        )
        items = _Items(scores, metric)
        found += _extremes(items, epoch)
        found.append(_spread(items, seed))
        if metric.is_binary:
            found += [_held(items, "all", seed), _held(items, "any", seed)]
    return found


class _Items:
    """A metric's counts by item, a column a part."""

    def __init__(self, scores: Scores, metric: Metric) -> None:
        assert scores.item is not None, "only of a run with epochs"
        self.metric = metric
        self.masks = [part.scope(scores) for part in metric.parts]
        self.rows = contributions(scores, metric, self.masks)
        _, first, self.of = np.unique(scores.item.codes, return_index=True, return_inverse=True)
        alone = np.zeros(len(scores), dtype=bool)
        alone[first] = True
        self.scores = scores.take(alone)
        """One row an item, for its pair."""
        self.hits = self._sum(self.rows[:, 0::2])
        self.sizes = self._sum(self.rows[:, 1::2])
        self.squares = self._sum(self.rows[:, 0::2] ** 2)
        self.wanted = self._sum(np.stack(self.masks, axis=1).astype(np.float64))

    def _sum(self, columns: Floats) -> Floats:
        size = int(self.of.max(initial=-1)) + 1
        found = [np.bincount(self.of, columns[:, at], size) for at in range(columns.shape[1])]
        return np.stack(found, axis=1)


def _extremes(items: _Items, epoch: Codes) -> list[EpochNumber]:
    values = []
    for at in np.unique(epoch):
        value = float(ratio(items.rows[epoch == at].sum(axis=0)[None, :])[0])
        if np.isfinite(value):
            values.append(value * items.metric.scale)
    n, every = len(values), len(np.unique(epoch))
    ends: tuple[tuple[Statistic, float | None], ...] = (
        ("lowest", min(values, default=None)),
        ("highest", max(values, default=None)),
    )
    return [EpochNumber(items.metric.name, name, v, None, None, n, every) for name, v in ends]


def _spread(items: _Items, seed: int) -> EpochNumber:
    """From how much the answers to each item vary: steadier than the deviation of a few epochs'
    values, and its interval can count items."""
    name, parts = items.metric.name, items.sizes.shape[1]
    twice = items.sizes >= 2
    n, wanted = int(twice.any(axis=1).sum()), int((items.wanted > 0).any(axis=1).sum())
    if not twice.any(axis=0).all():
        return EpochNumber(name, "spread", None, None, None, n, wanted)
    sizes = np.maximum(items.sizes, 2)
    varies = np.where(twice, (items.squares - items.hits**2 / sizes) / (sizes - 1), 0.0)
    asked = (items.sizes > 0).sum(axis=0)  # an epoch's value is the mean of so many answers

    def deviation(sums: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            each = sums[:, 0::2] / sums[:, 1::2] / asked
        return np.asarray(np.sqrt(np.maximum(each, 0).sum(axis=1)) / parts)

    columns = [column for at in range(parts) for column in (varies[:, at], twice[:, at] * 1.0)]
    counts = np.stack(columns, axis=1)
    value = float(deviation(counts.sum(axis=0)[None, :])[0])
    counted = np.asarray(twice.any(axis=1))
    groups = clusters_of(items.scores, counted)
    low, high = bootstrap_interval(
        counts[counted], deviation, clusters=groups, level=LEVEL, seed=seed
    )
    if high - low < 1e-12:  # every item varies alike, mostly: not at all
        most = [wilson(0.0, int(twice[:, at].sum()), Z)[1] / 2 / asked[at] for at in range(parts)]
        low, high = 0.0, max(value, float(np.sqrt(sum(most)) / parts))
    by = items.metric.scale
    return EpochNumber(name, "spread", value * by, low * by, high * by, n, wanted)


def _held(items: _Items, statistic: Literal["all", "any"], seed: int) -> EpochNumber:
    """The share of items that are a hit in all their epochs, or in any."""
    there = items.wanted > 0
    whole = there & (items.sizes == items.wanted)
    if statistic == "all":
        surely = whole & (items.hits == items.wanted)
        maybe = there & (items.hits == items.sizes)
    else:
        surely = there & (items.hits > 0)
        maybe = there & ((items.hits > 0) | ~whole)
    hits = np.where(whole, surely, False)
    parts = hits.shape[1]
    columns = [one for at in range(parts) for one in (hits[:, at] * 1.0, whole[:, at] * 1.0)]
    counts = np.stack(columns, axis=1)
    value = float(ratio(counts.sum(axis=0)[None, :])[0])
    least, most = (float(np.mean(side.sum(axis=0) / there.sum(axis=0))) for side in (surely, maybe))
    n, wanted = int(whole.any(axis=1).sum()), int(there.any(axis=1).sum())
    name, by = items.metric.name, items.metric.scale
    if not np.isfinite(value):
        return EpochNumber(name, statistic, None, None, None, n, wanted, least * by, most * by)
    low, high, _ = interval_of(counts, value, items.metric, items.scores, seed)
    return EpochNumber(
        name, statistic, value * by, low * by, high * by, n, wanted, least * by, most * by
    )
