"""How much is still unseen: the Good-Turing estimate of the missing mass, with an interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEAST_DRAWS = 20
"""Fewer say nothing that an interval could hold."""


@dataclass(frozen=True, slots=True)
class MissingMass:
    """Chance that the next draw is of a species not seen yet; None where draws are too few."""

    mass: float | None
    low: float
    high: float
    draws: int
    species: int
    singles: int
    note: str = ""
