"""Two runs of `judge assess` on the images that both graded."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crosslight.judge.compare import Matched, Row, by_photo, matched
from crosslight.runs import (
    RunSide,
    Section,
    SetupDifference,
    first_with_others,
    heading_json,
    read_side,
    setup_differences,
)
from crosslight.stats import bootstrap_interval

ASSESSED_FILE = "assessed.parquet"
DONE = "done"
ORDER = (DONE, "undecided")


@dataclass(frozen=True, slots=True)
class GradeDifference:
    """Mean grade, B minus A, over the `n` images with a grade in both; the interval is a bootstrap
    by image, None for a single one."""

    a: float
    b: float
    difference: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Moved:
    """An image with another grade, or with a grade in one run only (None: undecided)."""

    photo: str
    source: str
    a: float | None
    b: float | None


@dataclass(frozen=True, slots=True)
class GradePair:
    """The first run beside another one. `statuses` counts images by (in A, in B)."""

    a: RunSide
    b: RunSide
    setup: tuple[SetupDifference, ...]
    images: Matched
    statuses: Mapping[tuple[str, str], int]
    grades: GradeDifference | None
    """None where no image has a grade in both."""
    moved: tuple[Moved, ...]
    """Undecided in one of the two first, then by how far the grade moved."""

    def sections(self) -> list[Section]:
        """The numbers, ready to be shown."""
        table = tuple(
            (f"{a} in A", *(f"{self.statuses.get((a, b), 0):,}" for b in ORDER)) for a in ORDER
        )
        moved = tuple((m.source or m.photo, _grade(m.a), _grade(m.b)) for m in self.moved)
        differ = f"{len(moved):,} of {self.images.common:,} grades differ"
        return [
            Section(self.images.told("assessed"), ("", *(f"{b} in B" for b in ORDER)), table),
            Section(self._mean()),
            Section(differ if moved else "no grade differs", ("image", "A", "B"), moved),
        ]

    def as_json(self) -> dict[str, Any]:
        """For compare.json."""
        return {
            **heading_json(self.a, self.b, self.setup),
            "images": asdict(self.images),
            "statuses": [{"a": a, "b": b, "images": n} for (a, b), n in self.statuses.items()],
            "grades": None if self.grades is None else asdict(self.grades),
            "moved": [asdict(one) for one in self.moved],
        }

    def _mean(self) -> str:
        one = self.grades
        if one is None:
            return "mean grade: no image has a grade in both"
        interval = "no interval: a single image"
        if one.low is not None and one.high is not None:
            interval = f"95% interval {one.low:+.2f} to {one.high:+.2f}"
        return (
            f"mean grade: A {one.a:.2f}, B {one.b:.2f}, B - A {one.difference:+.2f} ({interval}), "
            f"over the {one.n:,} images with a grade in both; "
            f"{self.images.common - one.n:,} undecided left out"
        )


def compare_assessed(runs: Sequence[Path], *, seed: int = 0) -> list[GradePair]:
    """The first run with each other one. Raises `NotARunFolder`, `BadSetting` for one run only."""
    return [_pair(a, b, seed) for a, b in first_with_others(runs)]


def _pair(first: Path, other: Path, seed: int) -> GradePair:
    a, b = (read_side(folder, "assess", ASSESSED_FILE) for folder in (first, other))
    columns = ("source", "status", "grade")
    left, right = (by_photo(side.folder / ASSESSED_FILE, columns) for side in (a, b))
    both = [(left[photo], right[photo]) for photo in left if photo in right]
    moved = [
        Moved(one["photo"], str(one["source"] or ""), _known(one), _known(two))
        for one, two in both
        if _known(one) != _known(two)
    ]
    return GradePair(
        a,
        b,
        setup_differences(a.run, b.run),
        matched(a, b, left, right),
        Counter((one["status"], two["status"]) for one, two in both),
        _difference([(_known(one), _known(two)) for one, two in both], seed),
        tuple(sorted(moved, key=lambda m: (-_distance(m), m.source, m.photo))),
    )


def _difference(
    grades: Sequence[tuple[float | None, float | None]], seed: int
) -> GradeDifference | None:
    known = np.array([pair for pair in grades if None not in pair], dtype=np.float64)
    n = len(known)
    if not n:
        return None
    a, b = known.mean(axis=0)
    low = high = None
    if n > 1:
        counts = np.stack([known[:, 1] - known[:, 0], np.ones(n)], axis=1)
        low, high = bootstrap_interval(counts, lambda sums: sums[:, 0] / sums[:, 1], seed=seed)
    return GradeDifference(float(a), float(b), float(b - a), low, high, n)


def _known(row: Row) -> float | None:
    """The grade of an image that has one."""
    return float(row["grade"]) if row["status"] == DONE and row["grade"] is not None else None


def _distance(moved: Moved) -> float:
    return float("inf") if moved.a is None or moved.b is None else abs(moved.b - moved.a)


def _grade(value: float | None) -> str:
    return "undecided" if value is None else f"{value:.2f}"
