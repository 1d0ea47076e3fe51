"""Which texts of two lists are nearly the same: Jaccard index of their character 5-grams.

All pairs, exactly, by one sparse product of distinct texts; no chains: A like B and B like C does
not make A like C (chains over templated questions once joined 532 rows of one set).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

GRAM = 5
LEAST = 0.8
MOST_CHARACTERS = 4_000
"""Of one text; what stands behind them is not compared."""
_ROWS = 256
"""Rows of the product that are in memory at a time."""

Mask = NDArray[np.bool_]


def folded(text: str) -> str:
    """Small letters, one space between words."""
    return " ".join(text[:MOST_CHARACTERS].lower().split())


def grams(text: str) -> list[str]:
    """The character 5-grams of a folded text; a shorter one is one gram."""
    padded = f" {text} "
    return [padded[at : at + GRAM] for at in range(max(1, len(padded) - GRAM + 1))]


def twin_texts(
    left: Sequence[str], right: Sequence[str], least: float = LEAST
) -> tuple[Mask, Mask]:
    """Which of `left` have a twin in `right`, and which of `right` one in `left`.

    Empty texts are nobody's twin.
    """
    ours, of_left = np.unique([folded(text) for text in left], return_inverse=True)
    theirs, of_right = np.unique([folded(text) for text in right], return_inverse=True)
    found_left, found_right = np.zeros(len(ours), dtype=bool), np.zeros(len(theirs), dtype=bool)
    if any(ours) and any(theirs):
        for one, two in _pairs(list(ours), list(theirs), least):
            found_left[one], found_right[two] = True, True
        found_left[ours == ""], found_right[theirs == ""] = False, False
    return found_left[of_left.ravel()], found_right[of_right.ravel()]


def _pairs(left: list[str], right: list[str], least: float) -> list[tuple[Mask, Mask]]:
    """(places in left, places in right) of twins, in blocks."""
    both = _incidence([*left, *right])
    a, b = both[: len(left)], both[len(left) :].T.tocsc()
    size_a, size_b = np.diff(a.indptr), np.diff(b.indptr)
    found = []
    for at in range(0, len(left), _ROWS):
        common = (a[at : at + _ROWS] @ b).tocoo()
        one, two = common.row + at, common.col
        near = common.data >= least * (size_a[one] + size_b[two] - common.data)
        found.append((one[near], two[near]))
    return found


def _incidence(texts: list[str]) -> Any:
    """Texts by grams, 1 where a text has a gram. scikit-learn's counter gives the same and spends
    most of its time on sorting grams that nobody reads."""
    from scipy.sparse import csr_matrix

    ids: dict[str, int] = {}
    rows = [[ids.setdefault(gram, len(ids)) for gram in set(grams(text))] for text in texts]
    ends = np.cumsum([0, *map(len, rows)])
    columns = np.fromiter((each for row in rows for each in row), np.int32, int(ends[-1]))
    return csr_matrix((np.ones(len(columns), np.int32), columns, ends), (len(texts), len(ids)))
