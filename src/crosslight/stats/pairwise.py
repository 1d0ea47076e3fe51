"""Who beats whom: the matrix of wins, and strengths after Bradley and Terry (1952).

A tie counts half to either side. Strengths exist only where everybody can be reached from everybody
by wins (Ford 1957); else they are not defined, and None is said instead of a large number.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosslight.stats.intervals import wilson

Floats = NDArray[np.float64]
RESAMPLES = 300
STEPS = 500
CLOSE = 1e-7


@dataclass(frozen=True, slots=True)
class Match:
    """One comparison. `score` is 1 where `a` is better, 0 where `b` is, 0.5 for a tie; `cluster`
    is what is resampled together."""

    a: str
    b: str
    score: float
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class Strength:
    """Log-strength, the mean over all being 0: a difference of 1 is odds of 2.7 to 1. The interval
    is None where too many resamples have none."""

    name: str
    strength: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Wins:
    """`won[i][j]`: share of the comparisons of i and j that i won, ties half; None where there are
    none. `low`, `high`: Wilson's interval, over `clusters` that are taken for one draw each."""

    names: tuple[str, ...]
    played: tuple[tuple[int, ...], ...]
    won: tuple[tuple[float | None, ...], ...]
    low: tuple[tuple[float | None, ...], ...]
    high: tuple[tuple[float | None, ...], ...]
    strengths: tuple[Strength, ...] | None
    """None where they are not defined; the strongest first."""
    reason: str = ""


def win_matrix(matches: Sequence[Match], *, seed: int = 0) -> Wins:
    """All comparisons in one table, and what they say of each contestant."""
    names = tuple(sorted({name for match in matches for name in (match.a, match.b)}))
    at = {name: number for number, name in enumerate(names)}
    n = len(names)
    table = _by_cluster(matches, at)
    wins = table.sum(axis=0).reshape(n, n)
    played = wins + wins.T
    # Of the same photo, verdicts are alike: a photo is worth one draw at most.
    worth = _clusters_between(matches, at, n)
    shares = [
        [float(wins[i, j] / played[i, j]) if played[i, j] else None for j in range(n)]
        for i in range(n)
    ]
    bounds = [
        [None if share is None else wilson(share, worth[i, j]) for j, share in enumerate(row)]
        for i, row in enumerate(shares)
    ]
    strengths, reason = _strengths(names, table, seed)
    return Wins(
        names,
        tuple(tuple(round(float(cell)) for cell in row) for row in played),
        tuple(map(tuple, shares)),
        tuple(tuple(None if cell is None else cell[0] for cell in row) for row in bounds),
        tuple(tuple(None if cell is None else cell[1] for cell in row) for row in bounds),
        strengths,
        reason,
    )


def bradley_terry(wins: Floats) -> Floats | None:
    """Log-strengths with mean 0 from `wins[i, j]`, how often i beat j; None where they do not
    exist. By the minorisation of Hunter (2004)."""
    if len(wins) < 2 or not _connected(wins[None])[0]:
        return None
    found: Floats = _fit(wins[None])[0]
    return found


def _fit(wins: Floats) -> Floats:
    """Of each of several tables, shape (tables, n, n), all connected: shape (tables, n)."""
    total, played = wins.sum(axis=2), wins + wins.transpose(0, 2, 1)
    strength = np.ones(total.shape)
    for _ in range(STEPS):
        new = total / (played / (strength[:, :, None] + strength[:, None, :])).sum(axis=2)
        new /= np.exp(np.log(new).mean(axis=1, keepdims=True))
        moved = float(np.abs(np.log(new / strength)).max())
        strength = new
        if moved < CLOSE:
            break
    found: Floats = np.log(strength)
    return found


def _connected(wins: Floats) -> NDArray[np.bool_]:
    """Of each table: whether a chain of wins leads from everybody to everybody."""
    n = wins.shape[1]
    reach = (wins > 0) | np.eye(n, dtype=bool)
    for _ in range(max(1, int(np.ceil(np.log2(n))))):
        reach = (reach.astype(np.int64) @ reach.astype(np.int64)) > 0
    return np.asarray(reach.all(axis=(1, 2)), np.bool_)


def _strengths(
    names: Sequence[str], table: Floats, seed: int
) -> tuple[tuple[Strength, ...] | None, str]:
    n = len(names)
    found = bradley_terry(table.sum(axis=0).reshape(n, n)) if n > 1 else None
    if found is None:
        few = "fewer than two contestants" if n < 2 else "somebody has won or lost all comparisons"
        return None, few
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(table), np.full(len(table), 1 / len(table)), RESAMPLES)
    drawn = (weights @ table).reshape(RESAMPLES, n, n)
    known = drawn[_connected(drawn)]
    low: list[float | None] = [None] * n
    high: list[float | None] = [None] * n
    if len(known) >= 0.9 * RESAMPLES:
        low, high = (np.quantile(_fit(known), [0.025, 0.975], axis=0)).tolist()
    rows = [Strength(names[i], float(found[i]), low[i], high[i]) for i in range(n)]
    return tuple(sorted(rows, key=lambda row: (-row.strength, row.name))), ""


def _by_cluster(matches: Sequence[Match], at: dict[str, int]) -> Floats:
    """A row a cluster (a match without one is its own): how often i beat j, all i and j."""
    n = len(at)
    labels = [match.cluster or f"#{row}" for row, match in enumerate(matches)]
    codes = np.unique(labels, return_inverse=True)[1] if labels else np.zeros(0, np.int64)
    one = np.array([at[match.a] for match in matches], np.int64)
    two = np.array([at[match.b] for match in matches], np.int64)
    score = np.array([match.score for match in matches], np.float64)
    table = np.zeros((len(np.unique(codes)), n * n))
    np.add.at(table, (codes, one * n + two), score)
    np.add.at(table, (codes, two * n + one), 1 - score)
    return table


def _clusters_between(matches: Sequence[Match], at: dict[str, int], n: int) -> NDArray[np.int64]:
    """How many clusters each two have met in."""
    seen: set[tuple[int, int, str]] = set()
    for row, match in enumerate(matches):
        i, j = sorted((at[match.a], at[match.b]))
        seen.add((i, j, match.cluster or f"#{row}"))
    counts = np.zeros((n, n), np.int64)
    for i, j, _ in seen:
        counts[i, j] += 1
        counts[j, i] += i != j
    return counts
