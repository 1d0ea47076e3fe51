"""Shares of a population that was labelled in part: estimates and intervals over its cells.

A cell holds the images of one stratum that were judged alike. Its size is known of the whole run,
its unsafe share from the labelled ones alone. Every figure of a judge (precision, recall, share of
unsafe images) rises or falls with each of these shares, so the limits of the cells are put
together as melded confidence intervals (Fay, Proschan and Brittain 2015).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Statistic = Callable[[Floats, Floats], Floats]
"""(sizes, shares), both draws x cells, to a value a draw; NaN where there is none."""

STRATA_DRAWS = 4_000


@dataclass(frozen=True, slots=True)
class Cell:
    """`size` images of a run, of which `labelled` were drawn by chance and `unsafe` are so."""

    size: int
    labelled: int
    unsafe: int


@dataclass(frozen=True, slots=True)
class Cells:
    """Draws of what the cells of a run may be: sizes, and a low and a high share for each.

    The sizes vary as counts do, for the run is itself a sample of images like its own. A share is
    drawn as by Clopper and Pearson, which is wide enough also for figures that are told only where
    many unsafe images happened to be drawn; a cell without labels may be unsafe as a whole or not
    at all.
    """

    sizes: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, cells: Sequence[Cell], seed: int = 0, draws: int = STRATA_DRAWS) -> "Cells":
        """The same cells and seed give the same draws."""
        rng = np.random.default_rng(seed)
        size, n, hits = (
            np.array([getattr(cell, name) for cell in cells], dtype=np.float64)
            for name in ("size", "labelled", "unsafe")
        )
        none, every, shape = hits == 0, hits == n, (draws, len(cells))
        low = rng.beta(np.maximum(hits, 1.0), n - hits + 1, shape)
        high = rng.beta(hits + 1, np.maximum(n - hits, 1.0), shape)
        sizes = rng.gamma(size + 1, size=shape)
        return cls(sizes, np.where(none, 0.0, low), np.where(every, 1.0, high))

    def interval(
        self, statistic: Statistic, rising: Sequence[bool], level: float = 0.95
    ) -> tuple[float, float]:
        """Limits of a statistic that rises with the shares of the `rising` cells and falls with
        those of the others; (0, 1) where it has no value."""
        up, tail = np.asarray(rising, dtype=bool), (1 - level) / 2
        least = statistic(self.sizes, np.where(up, self.low, self.high))
        most = statistic(self.sizes, np.where(up, self.high, self.low))
        least, most = least[np.isfinite(least)], most[np.isfinite(most)]
        if not len(least) or not len(most):
            return 0.0, 1.0
        return float(np.quantile(least, tail)), float(np.quantile(most, 1 - tail))
