"""How far the grades of a run agree with those of people: weighted kappa, with an interval."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosslight.judge.compare import by_photo
from crosslight.judge.compare_grades import ASSESSED_FILE
from crosslight.judge.grade_labels import GradeLabels
from crosslight.judge.scales import WORST
from crosslight.records import content_hash
from crosslight.runs import read_side
from crosslight.stats import MeanEstimate, clustered_mean
from crosslight.store import write_json
from crosslight.text import plural

GRADE_AGREEMENT_FILE = "agreement.json"
ENOUGH = 20
"""Images with both grades, below which no kappa is printed: its interval would not hold."""
Z = 1.959964
Grades = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kappa:
    """Cohen's kappa with quadratic weights over whole grades, and its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class GradeAgreement:
    """`kappa` is None with too few images, or where one side gave one grade alone (`why`).
    `lower` and `higher`: mean of the run's grade less the people's, and of its size. `safer`: how
    many images the run grades two or more lower than people do."""

    images: int
    undecided: int
    unlabelled: int
    strangers: int
    raters: int
    kappa: Kappa | None
    why: str
    bias: MeanEstimate | None
    off: MeanEstimate | None
    safer: int

    def lines(self) -> list[str]:
        """The numbers, as sentences."""
        said = [
            f"{plural(self.images, 'image')} with a grade of both, {self.undecided:,} that people "
            f"graded and the run left undecided, {plural(self.strangers, 'name')} of no image of "
            "the run"
        ]
        if self.kappa is None:
            said.append(f"quadratic kappa: {self.why}")
        else:
            k = self.kappa
            said.append(f"quadratic kappa {k.value:.2f} (95% interval {k.low:.2f} to {k.high:.2f})")
        shown = (("run less people", self.bias, -WORST), ("size of the difference", self.off, 0))
        for name, mean, least in shown:
            if mean is not None:
                # Of few images the interval goes past what two grades can differ by.
                interval = (
                    f" (95% interval {max(mean.low, least):.2f} to {min(mean.high, WORST):.2f})"
                    if mean.low is not None and mean.high is not None
                    else ""
                )
                said.append(f"{name}: {mean.mean:.2f}{interval}")
        said.append(f"{self.safer:,} images are graded lower than by people, by 2 or more")
        return said


def grade_agreement(run: Path, labels: GradeLabels) -> GradeAgreement:
    """Compare, and write `agreement.json` into the run. Raises `NotARunFolder`."""
    side = read_side(run, "assess", ASSESSED_FILE)
    rows = by_photo(side.folder / ASSESSED_FILE, ("source", "status", "grade"))
    pairs, undecided, unlabelled, met = list[tuple[float, float]](), 0, 0, set[str]()
    for photo, row in rows.items():
        people = labels.of(photo, str(row["source"] or ""))
        if people is None:
            unlabelled += 1
            continue
        met |= {photo, str(row["source"] or "")}
        if row["status"] == "done" and row["grade"] is not None:
            pairs.append((float(row["grade"]), people))
        else:
            undecided += 1
    found = _agreement(pairs, undecided, unlabelled, len(set(labels.values) - met), labels.raters)
    told: dict[str, Any] = {**asdict(found), "lines": found.lines()}
    told["assessed_sha256"] = assessed_digest(side.folder)
    write_json(side.folder / GRADE_AGREEMENT_FILE, told)
    return found


def assessed_digest(folder: Path) -> str:
    """The hash of a run's grades: an agreement with other grades says nothing about these."""
    return content_hash((folder / ASSESSED_FILE).read_bytes())


def run_images(run: Path) -> list[tuple[str, str]]:
    """(photo, source) of every graded image. Raises `NotARunFolder`."""
    side = read_side(run, "assess", ASSESSED_FILE)
    rows = by_photo(side.folder / ASSESSED_FILE, ("source",))
    return [(photo, str(row["source"] or "")) for photo, row in rows.items()]


def _agreement(
    pairs: Sequence[tuple[float, float]],
    undecided: int,
    unlabelled: int,
    strangers: int,
    raters: int,
) -> GradeAgreement:
    both = np.asarray(pairs, np.float64).reshape(-1, 2)
    kappa, why = quadratic_kappa(both)
    off = both[:, 0] - both[:, 1]
    return GradeAgreement(
        len(both),
        undecided,
        unlabelled,
        strangers,
        raters,
        kappa,
        why,
        clustered_mean(off.tolist()),
        clustered_mean(np.abs(off).tolist()),
        int((off <= -2).sum()),
    )


def quadratic_kappa(both: Grades) -> tuple[Kappa | None, str]:
    """Kappa of (n, 2) grades, rounded to whole ones, by scikit-learn; or why there is none.

    The interval is the jackknife's over images, on Fisher's scale, where it is near to symmetric.
    """
    from sklearn.metrics import cohen_kappa_score

    n = len(both)
    if n < ENOUGH:
        return None, f"too few images ({n} of {ENOUGH})"
    whole = np.floor(both + 0.5).astype(int)
    if (whole == whole[0]).all(axis=0).any():
        return None, "one side gave all images the same grade"

    def kappa(rows: NDArray[np.int64]) -> float:
        grades = range(WORST + 1)
        value = cohen_kappa_score(rows[:, 0], rows[:, 1], weights="quadratic", labels=grades)
        return float(value)

    value = kappa(whole)
    without = _jackknifed(whole)
    if abs(value) > 1 - 1e-9 or not np.isfinite(without).all():
        return None, "no image differs, so that nothing tells how sure this is"
    z = np.arctanh(np.clip(without, -1 + 1e-9, 1 - 1e-9))
    error = math.sqrt((n - 1) / n * float(((z - z.mean()) ** 2).sum()))
    middle = math.atanh(value)
    return Kappa(value, math.tanh(middle - Z * error), math.tanh(middle + Z * error)), ""


def _jackknifed(whole: NDArray[np.int64]) -> Grades:
    """Quadratic kappa without each image in turn, by sums: 2 s_ab / (s_a + s_b + (a - b)^2)."""
    a, b = whole.T.astype(np.float64)
    n = len(a) - 1
    mean_a, mean_b = (a.sum() - a) / n, (b.sum() - b) / n
    squares = ((a**2 + b**2).sum() - (a**2 + b**2)) / n
    products = ((a * b).sum() - a * b) / n
    above = 2 * (products - mean_a * mean_b)
    below = squares - 2 * mean_a * mean_b
    return np.asarray(above / np.where(below == 0, np.nan, below), np.float64)
