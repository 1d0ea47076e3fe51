"""A fitted linear judge: standardise, weigh, calibrate. Numbers only, so that it is kept safely."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ARRAYS = ("mean", "scale", "weights", "categories")


@dataclass(frozen=True, slots=True, eq=False)
class LinearHead:
    """`weights` (d) and `bias` over standardised vectors; `slope` and `offset` calibrate (Platt).

    A number that is NaN counts as the mean of the training rows. `categories` (k, d + 1) are
    weights and biases of the categories `names`, which are asked of unsafe rows.
    """

    mean: Floats
    scale: Floats
    weights: Floats
    bias: float
    slope: float
    offset: float
    names: tuple[str, ...] = ()
    categories: Floats | None = None

    def __post_init__(self) -> None:
        size = self.weights.shape
        numbers = (self.bias, self.slope, self.offset)
        if len(size) != 1 or self.mean.shape != size or self.scale.shape != size:
            raise ValueError("the arrays of a head have one length")
        if self.categories is not None or self.names:
            wanted = (len(self.names), size[0] + 1)
            if self.categories is None or self.categories.shape != wanted:
                raise ValueError("one row of weights for each category")
        arrays = (self.mean, self.scale, self.weights, self.categories)
        whole = [a for a in arrays if a is not None]
        if not all(np.isfinite(a).all() for a in whole) or not np.isfinite(numbers).all():
            raise ValueError("a head holds a number that is none")
        if not (self.scale > 0).all():
            raise ValueError("a scale is above 0")

    def standard(self, x: NDArray[np.floating]) -> Floats:
        """Vectors in standard deviations of the training rows; what is unknown is their mean."""
        shaped = (np.asarray(x, dtype=np.float64) - self.mean) / self.scale
        return np.where(np.isfinite(shaped), shaped, 0.0)

    def decision(self, x: NDArray[np.floating]) -> Floats:
        """Signed distances: above 0 is unsafe where both classes are weighed alike."""
        found: Floats = self.standard(x) @ self.weights + self.bias
        return found

    def probability(self, x: NDArray[np.floating]) -> Floats:
        """Calibrated probability of unsafe, shape (n,)."""
        return sigmoid(self.slope * self.decision(x) + self.offset)

    def category(self, x: NDArray[np.floating]) -> list[str]:
        """The likeliest category of each row, if it is unsafe; empty where none was learnt."""
        if self.categories is None or not self.names:
            return [""] * len(x)
        scores = self.standard(x) @ self.categories[:, :-1].T + self.categories[:, -1]
        return [self.names[at] for at in scores.argmax(axis=1)]


def sigmoid(z: Floats) -> Floats:
    """Without overflow."""
    found: Floats = 0.5 * (1.0 + np.tanh(0.5 * z))
    return found
