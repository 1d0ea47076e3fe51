"""Rows of a training set that the test rows of another set would give away.

By the picture's bytes, by its look, by the text. Each pair of sets is looked at alone and each row
at its own twins: what is like a twin's twin stays.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from crosslight.rate.sets import SLICE, TEST, TRAIN, Ints, Mask, RatedSet
from crosslight.stats import folded, twin_texts
from crosslight.store import NEAR_BITS, near_pairs, parse_hashes

FLAG_SHARE = 0.05
"""Of a test set's rows: with so many of them in a training set, the cell is flagged."""
TEMPLATE_SHARE = 0.05
TEMPLATE_ROWS = 10
WAYS = ("bytes", "look", "text")


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """What of a training set stands in a test set too. `banned`: rows of the training set, `found`:
    how many by each way, `tests`: rows of the test set (slice included) with a twin, of `of`."""

    train: str
    test: str
    banned: Mask
    found: dict[str, int]
    tests: int
    of: int

    @property
    def rows(self) -> int:
        """Training rows that are left out of this cell."""
        return int(self.banned.sum())

    @property
    def flagged(self) -> bool:
        """Whether so much of the test set stands in the training set that it must be said."""
        return self.tests >= FLAG_SHARE * self.of and self.rows > 0


def overlap(train: RatedSet, test: RatedSet) -> Overlap:
    """The twins of one cell."""
    ours, theirs = train.places(TRAIN), test.places(SLICE, TEST)
    marks = {
        "bytes": _bytes(train, test, ours, theirs),
        "look": _looks(train, test, ours, theirs),
        "text": _texts(train, test, ours, theirs),
    }
    left = np.zeros(len(ours), dtype=bool)
    right = np.zeros(len(theirs), dtype=bool)
    found = {}
    for way in WAYS:
        one, two = marks[way]
        found[way] = int(one.sum())
        left |= one
        right |= two
    banned = np.zeros(len(train), dtype=bool)
    banned[ours[left]] = True
    return Overlap(train.name, test.name, banned, found, int(right.sum()), len(theirs))


def templates(one: RatedSet) -> set[str]:
    """Texts that stand beside many different pictures: the set's own question, which says nothing
    of a row."""
    beside: dict[str, set[str]] = {}
    counts: Counter[str] = Counter()
    for text, picture in zip(one.texts, one.pictures, strict=True):
        if picture:
            beside.setdefault(folded(text), set()).add(picture)
            counts[folded(text)] += 1
    bound = max(TEMPLATE_ROWS, TEMPLATE_SHARE * len(one))
    return {text for text, n in counts.items() if n > bound and len(beside[text]) > bound}


def _bytes(train: RatedSet, test: RatedSet, ours: Ints, theirs: Ints) -> tuple[Mask, Mask]:
    left = [train.pictures[row] for row in ours]
    right = [test.pictures[row] for row in theirs]
    both = (set(left) & set(right)) - {""}
    return _in(left, both), _in(right, both)


def _looks(train: RatedSet, test: RatedSet, ours: Ints, theirs: Ints) -> tuple[Mask, Mask]:
    left, right = [train.looks[row] for row in ours], [test.looks[row] for row in theirs]
    names = sorted(({*left} | {*right}) - {""})
    if not names:
        return _in(left, set()), _in(right, set())
    pairs = near_pairs(parse_hashes(names), NEAR_BITS)
    near: dict[str, set[str]] = {name: {name} for name in names}
    for one, two in zip(pairs.left.tolist(), pairs.right.tolist(), strict=True):
        near[names[one]].add(names[two])
        near[names[two]].add(names[one])
    set_left, set_right = set(left), set(right)
    return (
        _in(left, {name for name in set_left - {""} if near[name] & set_right}),
        _in(right, {name for name in set_right - {""} if near[name] & set_left}),
    )


def _texts(train: RatedSet, test: RatedSet, ours: Ints, theirs: Ints) -> tuple[Mask, Mask]:
    skip = templates(train) | templates(test)
    left, right = (
        ["" if folded(one.texts[row]) in skip else one.texts[row] for row in rows]
        for one, rows in ((train, ours), (test, theirs))
    )
    return twin_texts(left, right)


def _in(values: list[str], wanted: set[str]) -> Mask:
    return np.array([value in wanted for value in values], dtype=bool)
