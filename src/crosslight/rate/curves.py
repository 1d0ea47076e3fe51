"""Learning curves: does a set teach more with more rows?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crosslight.rate.judges import Judge
from crosslight.rate.matrix import Figure, Matrix
from crosslight.rate.rows import Row
from crosslight.stats import spread

SHARES = (0.25, 0.5, 1.0)
FEWEST = 6


@dataclass(frozen=True, slots=True)
class Curve:
    """(rows of a class, mean AUC on the other sets) of one training set."""

    name: str
    points: tuple[tuple[int, Figure], ...]


def sizes_of(per_class: int) -> list[int]:
    """Rows of a class at which a curve is looked at; a smaller sample is part of a larger one."""
    return sorted({size for share in SHARES if (size := round(share * per_class)) >= FEWEST})


def learning_curves(matrix: Matrix, judge: Judge, rows: Sequence[Row]) -> list[Curve]:
    """A curve for each trained row, over the sets that its mean is over."""
    sizes = sizes_of(matrix.plan.per_class)
    made = []
    for row in rows:
        points = []
        for size in sizes:
            if size == matrix.plan.per_class:
                cells = [row.cells[at] for at in row.others]
            else:
                cells = [matrix.cell(row.name, judge, [row.own], at, size) for at in row.others]
            draws = [cell.draws for cell in cells if cell.draws is not None]
            if draws and len(draws) == len(row.others):
                points.append((size, Figure(*spread(np.mean(draws, axis=0)))))
        if points:
            made.append(Curve(row.name, tuple(points)))
    return made
