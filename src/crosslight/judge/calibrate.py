"""From the score, which is no probability, to the share of unsafe images at that score."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from crosslight.judge.metrics import Judged
from crosslight.records import CrosslightError
from crosslight.text import plural

Floats = NDArray[np.float64]
LEAST = 10
"""Labels of each kind that a map is learnt from."""
LEAST_STEPS = 100
"""Labels from which steps (isotonic) are tried beside one curve (Platt)."""
FOLDS = 5
MOST_STEPS = 10_000


@dataclass(frozen=True, slots=True)
class ScoreMap:
    """`platt`: 1 / (1 + exp(-(slope * score + shift))) with (slope, shift) in `x`. `isotonic`:
    straight lines between the points (x, y), level outside them."""

    how: str
    x: tuple[float, ...]
    y: tuple[float, ...] = ()

    def of(self, score: Floats) -> Floats:
        """The unsafe share at each score."""
        if self.how == "platt":
            slope, shift = self.x
            exponent = np.clip(-(slope * score + shift), -500, 500)
            return np.asarray(1 / (1 + np.exp(exponent)), dtype=np.float64)
        return np.interp(score, self.x, self.y)

    def as_json(self) -> dict[str, Any]:
        """For the report card."""
        return {"how": self.how, "x": list(self.x), "y": list(self.y)}

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """What `as_json` wrote. Raises `BadMap` for anything else."""
        try:
            how, x, y = value["how"], tuple(map(float, value["x"])), tuple(map(float, value["y"]))
        except (LookupError, TypeError, ValueError) as error:
            raise BadMap(f"{error}"[:80]) from error
        sound = bool(np.isfinite([*x, *y]).all()) and len(x) <= MOST_STEPS
        platt = how == "platt" and len(x) == 2 and not y
        rising = all(a <= b for side in (x, y) for a, b in pairwise(side))
        steps = how == "isotonic" and len(x) == len(y) > 0 and rising and 0 <= y[0] <= y[-1] <= 1
        if not (sound and (platt or steps)):
            raise BadMap("neither a platt nor an isotonic map")
        return cls(how, x, y)


class BadMap(CrosslightError):
    """A calibration map that is none."""


def learn(j: Judged, seed: int = 0) -> dict[str, Any]:
    """The map with the smaller Brier score on held-out labels, each label for the images that it
    stands for; `map` is None where there are too few, and `note` says so."""
    has = j.labelled & ~np.isnan(j.score)
    score, truth, weights = j.score[has], j.truth[has], j.weights[has]
    least = min(int(truth.sum()), int((~truth).sum()))
    if least < LEAST:
        return {"map": None, "note": f"{plural(least, 'label')} of one kind, {LEAST} are the least"}
    hows = ["platt", *(["isotonic"] if len(score) >= LEAST_STEPS else [])]
    brier = {how: _held_out(how, score, truth, weights, seed) for how in hows}
    best = min(hows, key=lambda how: brier[how])
    share = float(np.average(truth, weights=weights))
    found = _fit(best, score, truth, weights)
    if found is None:
        return {"map": None, "note": "the unsafe share does not rise with the score"}
    return {
        "map": found.as_json(),
        "labels": len(score),
        "brier": round(brier[best], 6),
        "brier_of_share": round(share * (1 - share), 6),
        "note": "",
    }


def _held_out(how: str, score: Floats, truth: Any, weights: Floats, seed: int) -> float:
    """The Brier score by cross-validation; a part without a map is given its unsafe share."""
    from sklearn.model_selection import StratifiedKFold

    made = np.zeros(len(score))
    for rest, held in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(score, truth):
        found = _fit(how, score[rest], truth[rest], weights[rest])
        flat = np.average(truth[rest], weights=weights[rest])
        made[held] = flat if found is None else found.of(score[held])
    return float(np.average((made - truth) ** 2, weights=weights))


def _fit(how: str, score: Floats, truth: Any, weights: Floats) -> ScoreMap | None:
    """None where the score points the other way."""
    if how == "isotonic":
        from sklearn.isotonic import IsotonicRegression

        steps = IsotonicRegression(y_min=0, y_max=1).fit(score, truth, sample_weight=weights)
        x, y = steps.X_thresholds_.tolist(), steps.y_thresholds_.tolist()
        return ScoreMap("isotonic", tuple(x), tuple(y)) if y[-1] > y[0] else None
    from sklearn.linear_model import LogisticRegression

    curve = LogisticRegression(C=100.0, max_iter=1_000).fit(
        score[:, None], truth, sample_weight=weights * len(weights) / weights.sum()
    )
    slope, shift = float(curve.coef_[0, 0]), float(curve.intercept_[0])
    return ScoreMap("platt", (slope, shift)) if slope > 0 else None
