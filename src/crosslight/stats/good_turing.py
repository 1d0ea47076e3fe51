"""How much is still unseen: the Good-Turing estimate of the missing mass, with an interval."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_DRAWS = 20
"""Fewer say nothing: what is seen once among them is most of them by chance alone."""
Z = 1.96


@dataclass(frozen=True, slots=True)
class MissingMass:
    """Chance that the next draw is of a species not seen yet; None where draws are too few.

    `singles` are the species that one unit alone showed.
    """

    mass: float | None
    low: float
    high: float
    draws: int
    species: int
    singles: int
    note: str = ""


def missing_mass(units: NDArray[np.integer], species: NDArray[np.integer]) -> MissingMass:
    """From which unit (a photo) showed which species (a pattern); a pair counts once.

    The estimate is singles / draws (Good 1953). The error of it has about the variance of
    f1 (1 - f1/n) + 2 f2 (Esty 1983), f1 and f2 being the species seen once and twice. The interval
    holds every mass m with (f1 - nm)^2 <= z^2 d (nm (1 - m) + 2 f2 + 1): as Wilson's, it takes the
    variance at m and not at the estimate, so that it has a width where nothing is single. d grows
    where a unit brings several singles at once; the 1 covers worlds that were seen whole. Esty's
    own interval covers less in small samples (benchmarks/waves.py).
    """
    pairs = np.unique(np.stack([units, species]), axis=1) if len(units) else np.zeros((2, 0), int)
    n = pairs.shape[1]
    _, at, counts = np.unique(pairs[1], return_inverse=True, return_counts=True)
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    if n < LEAST_DRAWS:
        note = f"too few: {n} of at least {LEAST_DRAWS} draws"
        return MissingMass(None, 0.0, 1.0, n, len(counts), once, note)
    together = np.unique(pairs[0][counts[at] == 1], return_counts=True)[1]
    low, high = _interval(once, twice, n, float((together**2).sum()))
    return MissingMass(once / n, low, high, n, len(counts), once)


def _interval(once: int, twice: int, n: int, squares: float) -> tuple[float, float]:
    """Both roots of the quadratic in nm; `squares`: over units, of the singles of each."""
    spread = Z * Z * max(1.0, squares / max(once, 1))
    a = 1 + spread / n
    half_b = once + spread / 2
    c = once**2 - spread * (2 * twice + 1)
    root = math.sqrt(max(half_b**2 - a * c, 0.0))
    return max(0.0, (half_b - root) / a / n), min(1.0, (half_b + root) / a / n)
