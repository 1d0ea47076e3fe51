"""A greedy mixture: which set's rows to add next, and what that gains on sets it holds no row of.

A set is chosen on one half of the test clusters and its gain told on the other half: the best of
many looks better than it is on the rows that chose it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from crosslight.rate.judges import Floats, Judge
from crosslight.rate.matrix import Figure, Matrix
from crosslight.stats import Resampled, bootstrap_p, spread

ROW = "mixture"
CHOOSE, TELL = 0, 1


@dataclass(frozen=True, slots=True)
class Step:
    """A set that is added. `score`: the mixture's mean AUC on the half that did not choose,
    `gain`: over the mixture before."""

    added: str
    score: Figure
    gain: Figure
    p: float


@dataclass(frozen=True, slots=True)
class Mixture:
    """The steps, and why it ends there."""

    steps: tuple[Step, ...]
    end: str


@dataclass(slots=True)
class _Halves:
    """Scores of a mixture on each set, without the set's own rows; by half of the clusters."""

    matrix: Matrix
    judge: Judge
    untuned: Judge
    _known: dict[tuple[frozenset[int], int, int], Floats | None] = field(default_factory=dict)
    _made: dict[tuple[int, int], tuple[Resampled, Floats] | None] = field(default_factory=dict)

    def score(self, of: frozenset[int], half: int) -> Floats | None:
        """The mean AUC over all test sets in each draw; None where no set has both labels in its
        half, or a sample cannot be had."""
        found = []
        for at in self.matrix.plan.tested:
            if self._half(at, half) is None:
                continue
            areas = self._areas(of - {at}, at, half)
            if areas is None:
                return None
            found.append(areas)
        return np.mean(found, axis=0) if found else None

    def _areas(self, of: frozenset[int], at: int, half: int) -> Floats | None:
        if (of, at, half) not in self._known:
            judge = self.judge if of else self.untuned
            scored = self.matrix.scored(judge, sorted(of), at)
            self._known[of, at, half] = None if scored is None else self._mean(scored, at, half)
        return self._known[of, at, half]

    def _mean(self, scored: Sequence[Floats], at: int, half: int) -> Floats:
        made = self._half(at, half)
        assert made is not None
        resampled, rows = made
        weights = self.matrix.seed_draws(ROW)[: len(resampled.weights)]
        values = np.stack([resampled.areas(each[rows]) for each in scored], axis=1)
        found: Floats = (values * weights).sum(axis=1)
        return found

    def _half(self, at: int, half: int) -> tuple[Resampled, Floats] | None:
        """Half of a set's test rows by cluster, and their places in the scores."""
        if (at, half) not in self._made:
            self._made[at, half] = self._cut(at, half)
        return self._made[at, half]

    def _cut(self, at: int, half: int) -> tuple[Resampled, Floats] | None:
        one, column = self.matrix.plan.sets[at], self.matrix.column(at)
        places = np.flatnonzero(column.test)
        rows = self.matrix.scores.asked[at][places]
        smallest: dict[int, str] = {}
        for row in rows.tolist():
            code = int(one.clusters[row])
            smallest[code] = min(smallest.get(code, one.keys[row]), one.keys[row])
        side = {
            code: hashlib.sha256(f"half\0{key}".encode()).digest()[0] % 2
            for code, key in smallest.items()
        }
        mine = np.array([side[int(one.clusters[row])] == half for row in rows], dtype=bool)
        rows, places = rows[mine], places[mine]
        if len(np.unique(one.labels[rows])) < 2:
            return None
        draws = 0 if half == CHOOSE else self.matrix.draws
        seed = self.matrix.seed + at
        return Resampled.of(one.labels[rows], one.clusters[rows], draws, seed), places


def greedy_mixture(matrix: Matrix, judge: Judge, untuned: Judge, steps: int) -> Mixture:
    """Adds the set that helps most, as long as one helps."""
    halves = _Halves(matrix, judge, untuned)
    plan, held = matrix.plan, frozenset[int]()
    made: list[Step] = []
    while len(made) < steps:
        before = halves.score(held, CHOOSE)
        left = [at for at in plan.trained if at not in held]
        scores = [(halves.score(held | {at}, CHOOSE), at) for at in left]
        known = [(float(score[0]), -at) for score, at in scores if score is not None]
        if not known or before is None:
            return Mixture(tuple(made), "no further set can be added")
        best, at = max(known)
        if best <= before[0]:
            return Mixture(tuple(made), "no further set raises the mean on the choosing half")
        step = _step(halves, held, held | {-at}, plan.sets[-at].name)
        if step is None:
            return Mixture(tuple(made), "the other half has too few rows to tell the gain")
        made.append(step)
        held = held | {-at}
    return Mixture(tuple(made), f"ended after {steps} steps, as asked for")


def _step(halves: _Halves, before: frozenset[int], after: frozenset[int], name: str) -> Step | None:
    one, two = halves.score(before, TELL), halves.score(after, TELL)
    if one is None or two is None:
        return None
    gain = two - one
    return Step(name, Figure(*spread(two)), Figure(*spread(gain)), bootstrap_p(gain[1:]))
