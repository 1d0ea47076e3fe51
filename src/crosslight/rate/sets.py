"""A dataset as the matrix sees it: labelled rows in clusters, cut into train, slice and test."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

TRAIN, SLICE, TEST, UNUSED = 0, 1, 2, 3
TEST_SHARE = 0.4
"""Of the clusters of each kind: those with unsafe rows only, with safe rows only, with both."""

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class RatedSet:
    """Rows of one dataset, in columns.

    `pictures`: the sha256 of each row's picture, `looks`: its perceptual hash; empty where there
    is none. `clusters`: rows that are drawn, and cut, as one (a pair, a picture; never a text:
    chains over templated questions would join whole sets). `controls`: rows that came from the
    control pool. `keys`: a hash of all that a row is. `why_not`: why nothing may, or can, be
    trained on it.
    """

    name: str
    keys: tuple[str, ...]
    texts: tuple[str, ...]
    labels: Ints
    clusters: Ints
    pictures: tuple[str, ...]
    looks: tuple[str, ...]
    controls: Mask
    part: Ints
    licence: str = ""
    why_not: str = ""
    read: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def testable(self) -> bool:
        """Whether its test rows have both labels, so that there is an AUC."""
        return len(np.unique(self.labels[self.part == TEST])) == 2

    def places(self, *parts: int) -> Ints:
        """Rows of these parts, in order."""
        return np.flatnonzero(np.isin(self.part, parts)).astype(np.int64)

    def count(self, part: int, label: int) -> int:
        """Rows of a part with a label."""
        return int(((self.part == part) & (self.labels == label)).sum())


def row_key(*parts: str) -> str:
    """A hash of what a row is."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def cut(one: RatedSet, seed: int, most: int, slice_rows: int) -> RatedSet:
    """The set with its parts: whole clusters, stratified by their labels, chosen by content.

    At most `most` rows are used. The slice holds at most `slice_rows` rows of a class.
    """
    part = np.full(len(one), UNUSED, dtype=np.int64)
    for members in _by_kind(one, seed, most):
        tests = round(TEST_SHARE * len(members))
        for at, rows in enumerate(members):
            part[rows] = TEST if at < tests else TRAIN
    done = replace(one, part=part)
    part[_slice(done, slice_rows)] = SLICE
    return done


def _by_kind(one: RatedSet, seed: int, most: int) -> Iterable[list[Ints]]:
    """The clusters of each kind in an order of chance, by the smallest key of their rows."""
    order = np.argsort(one.clusters, kind="stable")
    starts = np.flatnonzero(np.diff(one.clusters[order])) + 1
    members = np.split(order, starts) if len(order) else []
    share = min(1.0, most / max(1, len(one)))
    kinds: dict[tuple[bool, bool, bool], list[tuple[str, Ints]]] = {}
    for rows in members:
        labels = one.labels[rows]
        kind = (bool((labels == 1).any()), bool((labels == 0).any()), bool(one.controls[rows][0]))
        name = min(one.keys[row] for row in rows)
        drawn = hashlib.sha256(f"{seed}\0{name}".encode()).hexdigest()
        kinds.setdefault(kind, []).append((drawn, rows.astype(np.int64)))
    for kind in sorted(kinds):
        found = [rows for _, rows in sorted(kinds[kind], key=lambda each: each[0])]
        yield found[: max(1, round(share * len(found)))]


def _slice(one: RatedSet, most: int) -> Ints:
    """Test rows that become the slice: whole clusters, never more than a quarter of a class."""
    room = {label: min(most, one.count(TEST, label) // 4) for label in (0, 1)}
    members: dict[int, list[int]] = {}
    for row in one.places(TEST).tolist():
        members.setdefault(int(one.clusters[row]), []).append(row)
    taken: list[int] = []
    for rows in sorted(members.values(), key=lambda each: min(one.keys[row] for row in each)):
        unsafe = int(one.labels[rows].sum())
        counts = {1: unsafe, 0: len(rows) - unsafe}
        if all(counts[label] <= room[label] for label in (0, 1)):
            taken += rows
            room = {label: room[label] - counts[label] for label in (0, 1)}
    return np.array(taken, dtype=np.int64)
