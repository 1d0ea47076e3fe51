"""How good the judge is against labels: numbers with intervals, and never without coverage.

All images of a run are one population. Labels were drawn from it, doubtful images more often than
others, so a figure is put together from cells (images of one stratum that were judged alike): the
size of each is known, its unsafe share is estimated from the labels in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from crosslight.stats import Cell, Cells, clopper_pearson, newcombe_auc

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BINS = 10
FEW = 5
"""Fewer labels than this behind a figure, and it is not told but called "too few"."""
FEW_EACH = 10
"""Of each label, for an AUROC, as far as its weighted labels are worth so many; and `FEW` of each
must have been drawn by chance."""
UNSAFE, SAFE, OPEN, FAILED = range(4)
KINDS = ("unsafe", "safe", "open", "failed")


@dataclass(frozen=True, slots=True)
class Judged:
    """Images of a run under one rule (or overall), as arrays of the same length.

    `labelled` says where `truth` is known. `decided` is False for undecided and failed ones: they
    are in no metric, only in the coverage and in the bounds. `score` is NaN where there is none.
    Images of stratum 1 were all taken for labelling; those of stratum 0 were drawn by chance.

    A cut of the score accuses an image up to `reach` (NaN: none does). `at`: which image of the
    run it is.
    """

    truth: Bools
    said: Bools
    decided: Bools
    score: Floats
    labelled: Bools
    stratum: Ints
    reach: Floats
    at: Ints

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def kind(self) -> Ints:
        """What the judge made of each image: one of `KINDS`."""
        verdict = np.where(self.said, UNSAFE, SAFE)
        missing = np.where(np.isnan(self.score), FAILED, OPEN)
        return np.where(self.decided, verdict, missing).astype(np.int64)

    @property
    def weights(self) -> Floats:
        """How many images of the run each labelled one stands for; 0 for the others."""
        cell = self.kind * 2 + self.stratum
        size = np.bincount(cell, minlength=8)
        known = np.bincount(cell[self.labelled], minlength=8)
        each = np.divide(size, known, out=np.zeros(8), where=known > 0)
        return np.where(self.labelled, each[cell], 0.0)

    def take(self, index: Any) -> "Judged":
        """Some of the images, as a population of their own."""
        names = self.__dataclass_fields__
        return Judged(*(getattr(self, name)[index] for name in names))


Parts = tuple[Floats, Floats]
"""Images (or draws of them) that add to a figure, and those that it is a share of."""


def _precision(size: Floats, share: Floats, kind: Ints) -> Parts:
    said = kind == UNSAFE
    return _sum(size * share, said), _sum(size, said)


def _recall(size: Floats, share: Floats, kind: Ints) -> Parts:
    return _sum(size * share, kind == UNSAFE), _sum(size * share, kind <= SAFE)


def _specificity(size: Floats, share: Floats, kind: Ints) -> Parts:
    return _sum(size * (1 - share), kind == SAFE), _sum(size * (1 - share), kind <= SAFE)


def _f1(size: Floats, share: Floats, kind: Ints) -> Parts:
    hits = 2 * _sum(size * share, kind == UNSAFE)
    return hits, _sum(size, kind == UNSAFE) + _sum(size * share, kind <= SAFE)


def _accuracy(size: Floats, share: Floats, kind: Ints) -> Parts:
    hits = _sum(size * share, kind == UNSAFE) + _sum(size * (1 - share), kind == SAFE)
    return hits, _sum(size, kind <= SAFE)


def _prevalence(size: Floats, share: Floats, kind: Ints) -> Parts:
    return _sum(size * share, kind != FAILED), _sum(size, kind != FAILED)


@dataclass(frozen=True, slots=True)
class _Figure:
    """`kinds`: verdicts that it looks at, `rising`: those whose unsafe images raise it."""

    parts: Callable[[Floats, Floats, Ints], Parts]
    kinds: tuple[int, ...]
    rising: tuple[int, ...]
    behind: Callable[[Judged], Bools]
    """The labelled images that it rests on."""


_BOTH = (UNSAFE, SAFE)
_FIGURES = {
    "precision": _Figure(_precision, (UNSAFE,), (UNSAFE,), lambda j: j.decided & j.said),
    "recall": _Figure(_recall, _BOTH, (UNSAFE,), lambda j: j.decided & j.truth),
    "specificity": _Figure(_specificity, _BOTH, (UNSAFE,), lambda j: j.decided & ~j.truth),
    "f1": _Figure(_f1, _BOTH, (UNSAFE,), lambda j: j.decided & (j.truth | j.said)),
    "accuracy": _Figure(_accuracy, _BOTH, (UNSAFE,), lambda j: j.decided),
    "prevalence": _Figure(
        _prevalence, (*_BOTH, OPEN), (*_BOTH, OPEN), lambda j: j.decided | ~np.isnan(j.score)
    ),
}
METRICS = (*_FIGURES, "auroc")


def measure(j: Judged, *, seed: int = 0) -> dict[str, Any]:
    """Every metric with its 95% interval, coverage, and what the missing ones allow.

    `few`: fewer labels lie behind the figure than allow one; what there is stands beside. A figure
    that no label allows (no unsafe image, nothing called unsafe) is None.
    """
    known = j.labelled
    found: dict[str, Any] = {
        "images": len(j),
        "labelled": int(known.sum()),
        "unsafe": int((j.truth & known).sum()),
        "coverage": round(_ratio(j.decided.sum(), len(j)), 6),
    }
    kinds, cells = cells_of(j)
    draws = Cells.of(cells, seed)
    for name, figure in _FIGURES.items():
        behind = int((figure.behind(j) & known).sum())
        value = _value(figure, kinds, cells)
        low, high = _interval(figure, j, kinds, draws)
        found[name] = _told(value, low, high, behind, behind < FEW)
    found["auroc"] = _auroc(j)
    found["recall"] |= dict(zip(("all_missed", "all_found"), recall_bounds(j), strict=True))
    return found


def cells_of(j: Judged) -> tuple[Ints, list[Cell]]:
    """The kind and the counts of each cell. A verdict that no image got has an empty cell: the
    next image may get it."""
    kind, found, kinds = j.kind, list[Cell](), list[int]()
    for one in range(len(KINDS)):
        here = kind == one
        strata = sorted(set(j.stratum[here].tolist())) or ([0] if one <= SAFE else [])
        for stratum in strata:
            cell = here & (j.stratum == stratum)
            known = cell & j.labelled
            hits = int((known & j.truth).sum())
            found.append(Cell(int(cell.sum()), int(known.sum()), hits))
            kinds.append(one)
    return np.array(kinds, dtype=np.int64), found


def _value(figure: _Figure, kinds: Ints, cells: Sequence[Cell]) -> float:
    """The estimate: of a cell without labels the share of its verdict in the other stratum."""
    shares = np.zeros(len(cells))
    for at, cell in enumerate(cells):
        if kinds[at] not in figure.kinds or not cell.size:
            continue
        alike = (
            [cell]
            if cell.labelled
            else [c for c, k in zip(cells, kinds, strict=True) if k == kinds[at]]
        )
        labelled = sum(c.labelled for c in alike)
        if not labelled:
            return float("nan")
        shares[at] = sum(c.unsafe for c in alike) / labelled
    sizes = np.array([cell.size for cell in cells], dtype=np.float64)
    part, whole = figure.parts(sizes[None], shares[None], kinds)
    return _ratio(part[0], whole[0])


def _interval(figure: _Figure, j: Judged, kinds: Ints, draws: Cells) -> tuple[float, float]:
    """Clopper and Pearson's where the figure is a plain count: every image is labelled, or those
    that it counts are one cell. Else that of the cells."""
    looked = np.isin(j.kind, figure.kinds)
    one_cell = len(figure.kinds) == 1 and len(np.unique(j.stratum[looked])) < 2
    if figure.parts is not _f1 and (one_cell or bool(j.labelled[looked].all())):
        rest = j.take(looked & j.labelled)
        alone, cells = cells_of(rest)
        sizes, shares = (
            np.array([[getattr(c, name) for c in cells]], dtype=np.float64)
            for name in ("size", "unsafe")
        )
        shares = shares / np.maximum(sizes, 1)
        part, whole = figure.parts(sizes, shares, alone)
        return clopper_pearson(round(float(part[0])), round(float(whole[0])))

    def statistic(size: Floats, share: Floats) -> Floats:
        part, whole = figure.parts(size, share, kinds)
        found: Floats = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
        return found

    return draws.interval(statistic, np.isin(kinds, figure.rising).tolist())


def _auroc(j: Judged) -> dict[str, Any]:
    """With Newcombe's interval; weighted labels count as the fewer that they are worth, and their
    spread is itself estimated (Student's t). Told only where some labels of each kind were drawn by
    chance: the others are doubtful images, and the judge ranks those worse than the rest."""
    from scipy.special import stdtrit

    known = j.labelled & ~np.isnan(j.score)
    sides = [known & j.truth, known & ~j.truth]
    least = min(int(side.sum()) for side in sides)
    value = auroc(j)
    worth = [_worth(j.weights[side]) for side in sides]
    z = float(stdtrit(max(1.0, min(worth) - 1), 0.975))
    low, high = newcombe_auc(value, worth[0], worth[1], z) if least else (0.0, 1.0)
    by_chance = min(int((side & (j.stratum == 0)).sum()) for side in sides)
    return _told(value, low, high, least, min(worth) < FEW_EACH or by_chance < FEW)


def auroc(j: Judged) -> float:
    """Probability that an unsafe image has the higher score; ties count half."""
    has = j.labelled & ~np.isnan(j.score)
    one, other = has & j.truth, has & ~j.truth
    if not one.any() or not other.any():
        return float("nan")
    weights = j.weights
    order = np.argsort(j.score[other], kind="stable")
    score = j.score[other][order]
    below = np.concatenate([[0.0], np.cumsum(weights[other][order])])
    left = below[np.searchsorted(score, j.score[one], "left")]
    right = below[np.searchsorted(score, j.score[one], "right")]
    wins = float((weights[one] * (left + right) / 2).sum())
    return wins / float(weights[one].sum() * below[-1])


def _worth(weights: Floats) -> float:
    """Kish's effective number of weighted images."""
    return _ratio(weights.sum() ** 2, (weights**2).sum()) if len(weights) else 0.0


def recall_bounds(j: Judged) -> tuple[float | None, float | None]:
    """Recall over all unsafe images if none, or all, of the undecided ones had been found."""
    weight, kind = j.weights, j.kind
    unsafe = [float(weight[j.truth & (kind == one)].sum()) for one in range(len(KINDS))]
    hits, missing, whole = unsafe[UNSAFE], unsafe[OPEN] + unsafe[FAILED], sum(unsafe)
    return _plain(_ratio(hits, whole)), _plain(_ratio(hits + missing, whole))


def calibration(j: Judged, bins: int = BINS) -> list[dict[str, Any]]:
    """The curve: in each bin of the score, how many labels, their mean score, the unsafe share."""
    has = j.labelled & ~np.isnan(j.score)
    place = np.clip((j.score * bins).astype(float), 0, bins - 1)
    weights, curve = j.weights, []
    for at in range(bins):
        here = has & (np.floor(np.where(has, place, -1)) == at)
        count, worth = int(here.sum()), float(weights[here].sum())
        if not count:
            continue
        share = float(weights[here & j.truth].sum()) / worth
        curve.append(
            {
                "from": at / bins,
                "to": (at + 1) / bins,
                "images": count,
                "score": round(float((j.score * weights)[here].sum()) / worth, 6),
                "unsafe": round(share, 6),
            }
        )
    return curve


def _told(value: float, low: float, high: float, behind: int, few: bool) -> dict[str, Any]:
    if np.isnan(value):
        return {"value": None, "low": None, "high": None, "labels": behind, "few": True}
    low, high = min(low, value), max(high, value)
    plain = {"value": _plain(value), "low": _plain(low), "high": _plain(high)}
    return plain | {"labels": behind, "few": few}


def _sum(values: Floats, where: Bools) -> Floats:
    found: Floats = values[..., where].sum(axis=-1)
    return found


def _ratio(part: Any, whole: Any) -> float:
    return float(part) / float(whole) if whole else float("nan")


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)


class Row(NamedTuple):
    """One image; truth is None where nobody gave a label. `reach` is the score of a decided image
    unless it is given."""

    truth: bool | None
    said: bool
    decided: bool
    score: float
    reach: float | None = None


def arrays(
    rows: Sequence[Row | tuple[bool | None, bool, bool, float]],
    strata: Sequence[int] = (),
    at: Sequence[int] = (),
) -> Judged:
    """From rows, or from the first four fields of rows; `at`: which images of the run they are."""
    every = [Row(*row) for row in rows]
    reach = [(r.score if r.decided else np.nan) if r.reach is None else r.reach for r in every]
    return Judged(
        np.array([bool(r.truth) for r in every], dtype=bool),
        np.array([r.said for r in every], dtype=bool),
        np.array([r.decided for r in every], dtype=bool),
        np.array([r.score for r in every], dtype=np.float64),
        np.array([r.truth is not None for r in every], dtype=bool),
        np.array(strata or [0] * len(rows), dtype=np.int64),
        np.array(reach, dtype=np.float64),
        np.array(at or range(len(rows)), dtype=np.int64),
    )
