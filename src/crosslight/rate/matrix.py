"""The matrix: each trained judge on each set, figures with intervals over clusters and seeds.

All rows of one column rest on the same draws of its clusters, all columns of one row on the same
draws of the row's seeds: differences are paired.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosslight.rate.judges import Floats, Judge
from crosslight.rate.plan import Plan, Sample
from crosslight.rate.scores import Scores
from crosslight.rate.sets import SLICE, TEST, Mask
from crosslight.stats import Resampled, seed_weights, spread

NOBODY = Sample(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
"""What an untuned judge learns from."""
MOST_UNKNOWN = 0.1
"""Of the test rows of a cell: with more rows without a score it has no figure."""
MEASURES = ("auc", "balanced_accuracy", "f1", "sliced_accuracy", "recall", "safe_recall")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A judge on a test set. `draws`: AUC of each draw, the figure first. `reason`: why there is
    no AUC; the measures that exist all the same stand in `figures`. `unknown`: test rows without a
    score, which are in no figure."""

    figures: dict[str, Figure]
    draws: Floats | None
    reason: str = ""
    unknown: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A test set under resampling: its test rows, the labelled slice, and where both stand in the
    scores."""

    resampled: Resampled
    test: Mask
    slice_labels: Floats
    both: bool

    def known(self, scored: Sequence[Floats]) -> "Column":
        """Without the rows that some seed has no score of, on the same draws."""
        known: Mask = np.all(np.isfinite(np.stack(scored)), axis=0)
        if known.all():
            return self
        rows = self.resampled.only(known[self.test])
        both = self.both and len(np.unique(rows.labels)) == 2
        return Column(rows, self.test & known, self.slice_labels, both)

    @classmethod
    def of(cls, plan: Plan, scores: Scores, at: int, draws: int, seed: int) -> "Column":
        """The column of a set."""
        one, asked = plan.sets[at], scores.asked[at]
        test = one.part[asked] == TEST
        rows = asked[test]
        own = int.from_bytes(hashlib.sha256(one.name.encode()).digest()[:4], "big")
        made = Resampled.of(one.labels[rows], one.clusters[rows], draws, seed + own)
        return cls(made, test, one.labels[asked[one.part[asked] == SLICE]], one.testable)


@dataclass(slots=True)
class Matrix:
    """Fills cells one by one. `draws`: resamples."""

    plan: Plan
    scores: Scores
    seeds: int
    seed: int
    draws: int
    _columns: dict[int, Column] = field(default_factory=dict)

    def column(self, at: int) -> Column:
        """The test set of this place, made once."""
        if at not in self._columns:
            self._columns[at] = Column.of(self.plan, self.scores, at, self.draws, self.seed)
        return self._columns[at]

    def seed_draws(self, row: str) -> Floats:
        """The weight of each seed in each draw of a row: rows are trained apart, so drawn apart."""
        own = int.from_bytes(hashlib.sha256(row.encode()).digest()[:4], "big")
        return seed_weights(self.seeds, self.draws, self.seed + own)

    def cell(
        self, row: str, judge: Judge, of: Sequence[int], at: int, size: int | None = None
    ) -> Cell:
        """A judge trained on the sets `of`, on the set `at`; the AUC alone where a size is given
        (a learning curve)."""
        scored = self.scored(judge, of, at, size)
        if scored is None:
            left = min((self.plan.left(each, at) for each in of), default=0)
            wanted = size or self.plan.per_class
            reason = f"{left} training rows of a class are left without duplicates, not {wanted}"
            return Cell({}, None, reason)
        return self.measured(row, scored, at, whole=size is None)

    def scored(
        self, judge: Judge, of: Sequence[int], at: int, size: int | None = None
    ) -> list[Floats] | None:
        """The scores of each seed on slice and test; None where the sample cannot be had."""
        found = []
        for seed in range(self.seeds):
            sample = self.plan.sample(of, at, self.seed + seed, size) if of else NOBODY
            if sample is None:
                return None
            tests = self._shared(of, sample, seed, size) if at in self.plan.tested else [at]
            every = self.scores.of(judge, sample, tests, self.seed + seed)
            found.append(every[tests.index(at)])
        return found

    def as_it_is(self, judge: Judge, train: int, at: int) -> float | None:
        """The AUC of a cell with its duplicates left in: what they would have made of it."""
        found = []
        for seed in range(self.seeds):
            sample = self.plan.sample([train], None, self.seed + seed)
            if sample is None:
                return None
            scored = self.scores.of(judge, sample, [at], self.seed + seed)[0]
            column = self.column(at).known([scored])
            if not column.both:
                return None
            found.append(column.resampled.areas(scored[column.test])[0])
        return float(np.mean(found))

    def _shared(self, of: Sequence[int], sample: Sample, seed: int, size: int | None) -> list[int]:
        """All sets for which this very sample serves, so that one training does for all."""
        if not of:
            return list(range(len(self.plan.sets)))
        mine = (sample.sets.tobytes(), sample.rows.tobytes())
        found = []
        for at in range(len(self.plan.sets)):
            other = self.plan.sample(of, at, self.seed + seed, size)
            if other is not None and (other.sets.tobytes(), other.rows.tobytes()) == mine:
                found.append(at)
        return found

    def measured(self, row: str, scored: Sequence[Floats], at: int, *, whole: bool = True) -> Cell:
        """The figures of scores, one array a seed."""
        whole_column, weights = self.column(at), self.seed_draws(row)
        column = whole_column.known(scored)
        rows = int(whole_column.test.sum())
        unknown = rows - int(column.test.sum())
        if unknown > MOST_UNKNOWN * rows or (whole_column.both and not column.both):
            reason = f"{unknown:,} of {rows:,} test rows have no score: no answer that can be read"
            return Cell({}, None, reason, unknown)
        tests = [each[column.test] for each in scored]
        if not column.both:
            told = self._one_class(column, tests, weights)
            return Cell(told, None, "its rows have one label", unknown)
        areas = _mean(column.resampled.areas, tests, weights)
        if not whole:
            return Cell({"auc": Figure(*spread(areas))}, areas, unknown=unknown)
        figures = dict(self._figures(column, scored, tests, weights, areas, whole_column))
        return Cell(figures, areas, unknown=unknown)

    def _figures(
        self,
        column: Column,
        scored: Sequence[Floats],
        tests: Sequence[Floats],
        weights: Floats,
        areas: Floats,
        whole: Column,
    ) -> Iterator[tuple[str, Figure]]:
        yield "auc", Figure(*spread(areas))
        said = [scores >= 0.5 for scores in tests]
        of = column.resampled
        yield "balanced_accuracy", Figure(*spread(_mean(of.balanced_accuracy, said, weights)))
        yield "f1", Figure(*spread(_mean(of.f1, said, weights)))
        found = [_cut_of(each[~whole.test], whole.slice_labels) for each in scored]
        cuts = [cut for cut in found if cut is not None]
        if len(cuts) == len(scored):
            said = [scores >= cut for scores, cut in zip(tests, cuts, strict=True)]
            figure = Figure(*spread(_mean(of.balanced_accuracy, said, weights)))
            yield "sliced_accuracy", figure

    def _one_class(
        self, column: Column, tests: Sequence[Floats], weights: Floats
    ) -> dict[str, Figure]:
        """Of a set with one label: how much of it is called what it is."""
        unsafe = bool(column.resampled.labels.any())
        said = [scores >= 0.5 for scores in tests]
        recall = _mean(lambda each: column.resampled.rates(each)[0 if unsafe else 1], said, weights)
        return {"recall" if unsafe else "safe_recall": Figure(*spread(recall))}


def _cut_of(scores: Floats, labels: Floats) -> float | None:
    """The threshold that the slice sets; None where its known rows lack a label."""
    known = np.isfinite(scores)
    if len(np.unique(labels[known])) < 2:
        return None
    return best_cut(scores[known], labels[known])


def best_cut(scores: Floats, labels: Floats) -> float:
    """The threshold with the highest balanced accuracy; of equals the one nearest the middle of
    them all."""
    levels = np.unique(scores)
    cuts = np.concatenate([[levels[0]], (levels[1:] + levels[:-1]) / 2, [np.inf]])
    ones, zeros = scores[labels == 1], scores[labels == 0]
    right = np.array([((ones >= cut).mean() + (zeros < cut).mean()) / 2 for cut in cuts])
    best = cuts[np.isclose(right, right.max())]
    return float(best[len(best) // 2])


def _mean(
    measure: Callable[[NDArray[Any]], Floats], per_seed: Sequence[NDArray[Any]], weights: Floats
) -> Floats:
    """The mean over seeds of a measure, in each draw with the draw's own seeds."""
    values = np.stack([measure(each) for each in per_seed], axis=1)
    found: Floats = (values * weights).sum(axis=1)
    return found
