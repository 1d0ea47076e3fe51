"""Which rows each training sample holds: equal numbers of each class, drawn by seed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crosslight.rate.config import LEAST, RateConfig
from crosslight.rate.overlap import Overlap, overlap
from crosslight.rate.sets import TRAIN, Ints, RatedSet

DRAWN = 0.8
"""Of the largest common size: so that even the smallest set's samples differ from seed to seed."""
HALF = 0.5
"""Of a class: a cell that loses more of it to duplicates does not bound the size of all others."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Training rows: places of sets, and rows within them. `name` is for people and hashes."""

    sets: Ints
    rows: Ints

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The sets, what each cell leaves out, and the common size. `why_not`: by place of a set, why
    nothing is trained on it."""

    sets: tuple[RatedSet, ...]
    overlaps: dict[tuple[int, int], Overlap]
    per_class: int
    why_not: dict[int, str]

    @property
    def trained(self) -> list[int]:
        """Places of the sets that are trained on."""
        return [at for at in range(len(self.sets)) if at not in self.why_not]

    @property
    def tested(self) -> list[int]:
        """Places of the sets with an AUC."""
        return [at for at, one in enumerate(self.sets) if one.testable]

    def sample(
        self, of: Sequence[int], test: int | None, seed: int, size: int | None = None
    ) -> Sample | None:
        """`size` rows of each class of each of these sets, without the twins of `test`; None where
        a set has not as many. A smaller size is the beginning of a larger one."""
        size = size or self.per_class
        sets, rows = [], []
        for at in of:
            found = self._rows(at, test, seed, size)
            if found is None:
                return None
            sets.append(np.full(len(found), at))
            rows.append(found)
        return Sample(np.concatenate(sets), np.concatenate(rows))

    def left(self, at: int, test: int | None) -> int:
        """Training rows of the smaller class that a cell leaves."""
        return min(len(self._class(at, test, label)) for label in (0, 1))

    def _rows(self, at: int, test: int | None, seed: int, size: int) -> Ints | None:
        """Both classes in an order of chance. The order is drawn before twins are taken out, so
        that cells without twins share one sample, and one fit."""
        taken = []
        for label in (0, 1):
            rows = self._class(at, None, label)
            rng = np.random.default_rng([seed, at, label])
            rows = rows[rng.permutation(len(rows))]
            if test is not None:
                rows = rows[~self.overlaps[at, test].banned[rows]]
            if len(rows) < size:
                return None
            taken.append(rows[:size])
        return np.concatenate(taken)

    def _class(self, at: int, test: int | None, label: int) -> Ints:
        one = self.sets[at]
        keep = (one.part == TRAIN) & (one.labels == label)
        if test is not None:
            keep &= ~self.overlaps[at, test].banned
        return np.flatnonzero(keep).astype(np.int64)


def planned(sets: Sequence[RatedSet], config: RateConfig) -> Plan:
    """The plan: who is trained, on how many rows, without which."""
    why_not = {at: why for at, one in enumerate(sets) if (why := _why_not(one, config))}
    trained = [at for at in range(len(sets)) if at not in why_not]
    overlaps = {
        (at, test): overlap(sets[at], sets[test]) for at in trained for test in range(len(sets))
    }
    plan = Plan(tuple(sets), overlaps, 0, why_not)
    size = config.per_class or _common(plan, trained)
    return Plan(plan.sets, overlaps, size, why_not)


def _common(plan: Plan, trained: Sequence[int]) -> int:
    """Four fifths of the largest size that all cells have, those apart that lose most of a class to
    duplicates."""
    sizes = []
    for at in trained:
        whole = plan.left(at, None)
        left = [plan.left(at, test) for test in plan.tested]
        sizes.append(min([n for n in left if n >= max(LEAST / DRAWN, HALF * whole)], default=whole))
    return int(DRAWN * min(sizes, default=0))


def _why_not(one: RatedSet, config: RateConfig) -> str:
    if one.why_not:
        return one.why_not
    fewest = min(one.count(TRAIN, label) for label in (0, 1))
    if not fewest:
        alone = [name for name, n in (("unsafe", 1), ("safe", 0)) if n in one.labels]
        return f"its rows are all {alone[0]}" if len(alone) == 1 else "it has no training rows"
    wanted = config.per_class or LEAST / DRAWN
    if fewest < wanted:
        return f"{fewest} training rows of a class, fewer than {math.ceil(wanted)}"
    return ""
