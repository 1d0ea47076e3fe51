"""Rows of the matrix summed up: the mean over all other sets, and what it gains over no tuning."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from crosslight.rate.judges import Floats, Judge
from crosslight.rate.matrix import Cell, Figure, Matrix
from crosslight.stats import benjamini_hochberg, bootstrap_p, holm, spread

UNTUNED = "untuned"
OTHERS = "all others"
Told = Callable[[str, str], None]
"""Is told of each cell that is there: (row, test set)."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A judge on all sets. `own`: place of the set that it was trained on, -1 for none.

    `mean`: of the AUC over the other sets; `gain`: that less the untuned judge's on the same sets,
    with its p and Holm's correction over all such rows. `q`: by place of a set, the p of the
    cell's own difference, corrected over all cells after Benjamini and Hochberg: exploratory.
    """

    name: str
    own: int
    cells: Mapping[int, Cell]
    mean: Figure | None = None
    gain: Figure | None = None
    p: float | None = None
    p_holm: float | None = None
    q: Mapping[int, float] | None = None

    @property
    def others(self) -> list[int]:
        """The sets that its mean is over."""
        return [at for at, cell in self.cells.items() if at != self.own and cell.draws is not None]


def trained_rows(
    matrix: Matrix, judge: Judge, told: Told, *, others: bool = True, prefix: str = ""
) -> list[Row]:
    """A row for each set that is trained on, and one of all others for each test set."""
    plan, names = matrix.plan, [one.name for one in matrix.plan.sets]
    made = []
    for own in plan.trained:
        cells = {}
        for at in range(len(plan.sets)):
            cells[at] = matrix.cell(prefix + names[own], judge, [own], at)
            told(prefix + names[own], names[at])
        made.append(Row(names[own], own, cells))
    if others and len(plan.trained) > 2:
        cells = {}
        for at in plan.tested:
            rest = [each for each in plan.trained if each != at and _enough(matrix, each, at)]
            if rest:
                cells[at] = matrix.cell(prefix + OTHERS, judge, rest, at)
        made.append(Row(OTHERS, -1, cells))
    return made


def _enough(matrix: Matrix, train: int, at: int) -> bool:
    """Whether a cell keeps as many rows as all others, so that pooling can use it."""
    return matrix.plan.left(train, at) >= matrix.plan.per_class


def untuned_row(matrix: Matrix, judge: Judge) -> Row:
    """The judge that learnt nothing: one sample, so seeds do not differ."""
    cells = {at: matrix.cell(UNTUNED, judge, (), at) for at in range(len(matrix.plan.sets))}
    return Row(UNTUNED, -1, cells)


def summed(rows: Sequence[Row], untuned: Row) -> list[Row]:
    """The rows with their means, gains and corrected tests."""
    gains = [_gain(row, untuned) for row in rows]
    tested = [at for at, gain in enumerate(gains) if gain is not None]
    p = [bootstrap_p(gains[at][1:]) for at in tested]  # type: ignore[index]
    corrected = dict(zip(tested, zip(p, holm(p), strict=True), strict=True))
    q = _exploratory(rows, untuned)
    made = []
    for at, row in enumerate(rows):
        gain = gains[at]
        figure = None if gain is None else Figure(*spread(gain))
        own, all_rows = corrected.get(at, (None, None))
        made.append(Row(row.name, row.own, row.cells, _figure(row), figure, own, all_rows, q[at]))
    return made


def mean_draws(row: Row, over: Sequence[int]) -> Floats | None:
    """The mean AUC over these sets in each draw; None where there is none."""
    found = [draws for at in over if (draws := row.cells[at].draws) is not None]
    return np.mean(found, axis=0) if found else None


def _figure(row: Row) -> Figure | None:
    found = mean_draws(row, row.others)
    return None if found is None else Figure(*spread(found))


def with_mean(row: Row) -> Row:
    """The row with its mean alone, for those that are not tested."""
    return Row(row.name, row.own, row.cells, _figure(row))


def _gain(row: Row, untuned: Row) -> Floats | None:
    over = [at for at in row.others if untuned.cells[at].draws is not None]
    ours, theirs = mean_draws(row, over), mean_draws(untuned, over)
    return None if ours is None or theirs is None else ours - theirs


def _exploratory(rows: Sequence[Row], untuned: Row) -> list[dict[int, float]]:
    """Benjamini and Hochberg over all cells off the diagonal."""
    places, p = [], []
    for number, row in enumerate(rows):
        for at in row.others:
            ours, theirs = row.cells[at].draws, untuned.cells[at].draws
            if ours is not None and theirs is not None:
                places.append((number, at))
                p.append(bootstrap_p((ours - theirs)[1:]))
    found: list[dict[int, float]] = [{} for _ in rows]
    for (number, at), q in zip(places, benjamini_hochberg(p), strict=True):
        found[number][at] = q
    return found
