"""Fits a linear judge: strength by grouped cross-validation, calibrated on rows it did not see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosslight.models import LinearHead as Head
from crosslight.records import BadSetting

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
STRENGTHS = (1e-3, 1e-2, 1e-1)
"""Inverse regularisation, weakest model first: standardised vectors of 256 to 1,100 numbers."""
FOLDS = 4
MOST_NEWTON = 300
"""Width up to which Newton's steps are the quicker ones."""
LEAST_GROUPS = 2
"""Of each class, to hold any out."""
LEAST_OF_CATEGORY = 5
MOST_CATEGORIES = 100
LEAST_SLOPE = 1e-3
"""Where held-out scores tell nothing, or the wrong way, nearly every row has one half; the order
of the rows stays."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """Means and deviations of what is known; a number that is always the same weighs nothing."""

    mean: Floats
    scale: Floats
    kept: NDArray[np.bool_]

    @classmethod
    def of(cls, x: NDArray[np.floating]) -> "_Scale":
        known = np.isfinite(x)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, x, 0.0).sum(axis=0) / count
        spread = np.sqrt((np.where(known, x - mean, 0.0) ** 2).sum(axis=0) / count)
        kept = spread > 1e-6
        return cls(mean, np.where(kept, spread, 1.0), kept)

    def __call__(self, x: NDArray[np.floating]) -> Floats:
        shaped = (x[:, self.kept] - self.mean[self.kept]) / self.scale[self.kept]
        return np.where(np.isfinite(shaped), shaped, 0.0)


def fit_head(
    x: NDArray[np.floating],
    y: Sequence[int] | Ints,
    groups: Sequence[str] | Ints,
    seed: int = 0,
    *,
    categories: Sequence[str] | None = None,
    strengths: Sequence[float] = STRENGTHS,
) -> Head:
    """A head for rows `x` with labels `y` (1 unsafe); rows of one group are held out together.

    The classes weigh alike, in the weights and in the calibration (Platt, on held-out groups): a
    probability holds where half of the rows are unsafe, and one half is the point at which both
    errors weigh alike. The same rows in the same order and the same seed give the same head.
    `categories`: of the unsafe rows. Raises `BadSetting` where a class is missing.
    """
    from threadpoolctl import threadpool_limits

    # One thread: sums in one order on any machine, and no threads that wait for each other.
    with threadpool_limits(limits=1):
        return _fit(x, y, groups, seed, categories, strengths)


def _fit(
    x: NDArray[np.floating],
    y: Sequence[int] | Ints,
    groups: Sequence[str] | Ints,
    seed: int,
    categories: Sequence[str] | None,
    strengths: Sequence[float],
) -> Head:
    x = np.asarray(x, dtype=np.float64)
    labels = np.asarray(y, dtype=np.int64)
    codes = np.unique(np.asarray(groups), return_inverse=True)[1]
    _both(labels)
    scale = _Scale.of(x)
    if not scale.kept.any():
        raise BadSetting("every row has the same vector", "do the rows hold a text?")
    shaped, back = _turned(scale(x))
    strength, scores = _held_out(shaped, labels, codes, seed, strengths)
    slope, offset = _platt(scores, labels)
    model = _logistic(shaped, labels, strength)
    names, of_categories = _categories(shaped, labels, categories, strength)
    if of_categories is not None:
        of_categories = np.column_stack([of_categories[:, :-1] @ back, of_categories[:, -1]])
    return Head(
        mean=scale.mean,
        scale=scale.scale,
        weights=_spread(model.coef_ @ back, scale.kept)[0],
        bias=float(model.intercept_[0]),
        slope=slope,
        offset=offset,
        names=names,
        categories=None if of_categories is None else _widened(of_categories, scale.kept),
    )


def _turned(x: Floats) -> tuple[Floats, Floats]:
    """The rows in as many numbers as there are rows, where they have more, and the way back.

    A turn of the axes changes neither distances nor the size of weights, so the fit is the same;
    with few rows of long vectors it is a hundred times quicker.
    """
    if len(x) >= x.shape[1]:
        return x, np.eye(x.shape[1])
    u, sizes, back = np.linalg.svd(x, full_matrices=False)
    return u * sizes, back


def folds_of(labels: Ints, codes: Ints, seed: int) -> Iterator[tuple[Ints, Ints]]:
    """(train, test) with whole groups in each, every one with both classes in train."""
    held = min(len(np.unique(codes[labels == label])) for label in (0, 1))
    parts = min(FOLDS, held)
    if parts < LEAST_GROUPS:
        return
    fold = _dealt(labels, codes, parts, seed)
    for at in range(parts):
        train, test = np.flatnonzero(fold != at), np.flatnonzero(fold == at)
        if len(np.unique(labels[train])) == 2 and len(test):
            yield train, test


def _dealt(labels: Ints, codes: Ints, parts: int, seed: int) -> Ints:
    """The fold of each row. Groups are dealt out like cards, shuffled and sorted by their share of
    unsafe rows, the larger ones first: so the folds are alike."""
    size = np.bincount(codes)
    share = np.bincount(codes, weights=labels) / size
    mixed = np.random.default_rng(seed).permutation(len(size))
    order = mixed[np.lexsort((-size[mixed], share[mixed]))]
    fold_of = np.empty(len(size), dtype=np.int64)
    fold_of[order] = np.arange(len(size)) % parts
    return np.asarray(fold_of[codes], dtype=np.int64)


def _both(labels: Ints) -> None:
    there = set(np.unique(labels).tolist())
    if there != {0, 1}:
        told = "unsafe" if there == {1} else "safe" if there == {0} else "of no known label"
        raise BadSetting(
            f"all {len(labels)} rows are {told}: a judge learns from both classes",
            "add a dataset with the other class, or use this one for testing only",
        )


def _logistic(x: Floats, labels: NDArray[Any], strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    # Newton's steps are few and cost the square of the width; others are many and cost the width.
    solver = "newton-cholesky" if x.shape[1] <= MOST_NEWTON else "lbfgs"
    model = LogisticRegression(
        C=strength, class_weight="balanced", solver=solver, max_iter=200, tol=1e-3
    )
    return model.fit(x, labels)


def _held_out(
    x: Floats, labels: Ints, codes: Ints, seed: int, strengths: Sequence[float]
) -> tuple[float, Floats]:
    """The strength with the least held-out loss, and its scores; NaN where a row was never held
    out. Of equals the more cautious one."""
    parts = list(folds_of(labels, codes, seed))
    none = np.full(len(labels), np.nan)
    if not parts:
        return strengths[0], none
    best, kept = np.inf, (strengths[0], none)
    for strength in strengths:
        scores = none.copy()
        for train, test in parts:
            model = _logistic(x[train], labels[train], strength)
            scores[test] = model.decision_function(x[test])
        loss = _loss(scores, labels)
        if loss < best - 1e-6:
            best, kept = loss, (strength, scores)
    return kept


def _loss(scores: Floats, labels: Ints) -> float:
    """Mean logistic loss of both classes alike, over rows that were held out."""
    signs = np.where(labels == 1, 1.0, -1.0)
    losses = np.logaddexp(0.0, -signs * scores)
    return float(sum(np.nanmean(losses[labels == label]) for label in (0, 1)) / 2)


def _platt(scores: Floats, labels: Ints) -> tuple[float, float]:
    """Slope and offset by Newton's steps on smoothed targets (Platt 1999), the classes alike;
    without held-out rows the scores stand as they are."""
    known = np.isfinite(scores)
    if not known.any():
        return 1.0, 0.0
    z, y = scores[known], labels[known]
    ones, zeros = int(y.sum()), int((1 - y).sum())
    target = np.where(y == 1, (ones + 1) / (ones + 2), 1 / (zeros + 2))
    weight = np.where(y == 1, len(y) / (2 * max(ones, 1)), len(y) / (2 * max(zeros, 1)))
    found = _newton(np.column_stack([z, np.ones(len(z))]), target, weight)
    if found[0] >= LEAST_SLOPE:
        return float(found[0]), float(found[1])
    return LEAST_SLOPE, -LEAST_SLOPE * float(np.average(z, weights=weight))


def _newton(x: Floats, target: Floats, weight: Floats) -> Floats:
    at = np.zeros(x.shape[1])
    for _ in range(50):
        p = 0.5 * (1 + np.tanh(0.5 * (x @ at)))
        slope = x.T @ (weight * (p - target)) + 1e-6 * at
        curve = (x * (weight * p * (1 - p))[:, None]).T @ x + 1e-6 * np.eye(len(at))
        step = np.linalg.solve(curve, slope)
        at = at - step * min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-9:
            break
    return at


def _categories(
    x: Floats, labels: Ints, given: Sequence[str] | None, strength: float
) -> tuple[tuple[str, ...], Floats | None]:
    """Names and (weights, bias) of the categories with enough unsafe rows."""
    named = np.asarray(["" if not y else c for y, c in zip(labels, given or (), strict=False)])
    counts = {str(name): int((named == name).sum()) for name in np.unique(named) if name}
    frequent = sorted(counts, key=lambda name: (-counts[name], name))[:MOST_CATEGORIES]
    names = tuple(sorted(name for name in frequent if counts[name] >= LEAST_OF_CATEGORY))
    if len(names) < 2:
        return (), None
    rows = np.isin(named, names)
    model = _logistic(x[rows], named[rows], strength)
    weights, bias = model.coef_, model.intercept_
    if len(names) == 2:  # scikit-learn gives one row for two classes
        weights, bias = np.concatenate([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    return tuple(str(name) for name in model.classes_), np.column_stack([weights, bias])


def _spread(weights: Floats, kept: NDArray[np.bool_]) -> Floats:
    """Weights in the places of the whole vector; what never varied weighs nothing."""
    out = np.zeros((len(weights), len(kept)))
    out[:, kept] = weights
    return out


def _widened(rows: Floats, kept: NDArray[np.bool_]) -> Floats:
    return np.column_stack([_spread(rows[:, :-1], kept), rows[:, -1]])


__all__ = ["Head", "fit_head", "folds_of"]
