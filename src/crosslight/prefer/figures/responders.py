"""Responders beside each other, by the annotator's verdicts: who wins, and how strong that makes
each."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from crosslight.prefer.comparisons import Comparison
from crosslight.prefer.verdict import Axis, Read
from crosslight.stats import Match, win_matrix

SCORES = {Read.A: 1.0, Read.B: 0.0, Read.TIE: 0.5}
"""Where the orders disagree nobody has won, and it is no tie either."""


def win_figures(rows: Iterable[Comparison], *, seed: int = 0) -> dict[str, Any]:
    """For each axis the matrix and the strengths (None with a reason where they do not exist)."""
    asked = [row for row in rows if row.asked and not row.probe]
    found: dict[str, Any] = {}
    for axis in Axis:
        read = [(row, SCORES.get(Read(getattr(row, f"read_{axis}")))) for row in asked]
        matches = [
            Match(row.a_by, row.b_by, score, row.group) for row, score in read if score is not None
        ]
        found[str(axis)] = asdict(win_matrix(matches, seed=seed))
    return found
