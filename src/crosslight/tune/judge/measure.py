"""How good a linear judge is on rows whose groups it did not see, and on sets that it did not."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosslight.stats import grouped_auc, terms_auc
from crosslight.tune.judge.head import fit_head, folds_of
from crosslight.tune.judge.rows import JudgeRow

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BINS = 10
LEAST = 10
"""Rows of a category, to say anything of it."""
REACH = (
    "These figures are of the sets that the judge was tuned on. Inside such a set an AUC of .9 is "
    "mostly its style: on other sets the same heads had .49 to .60. `crosslight rate` measures "
    "that."
)


def measure(
    rows: Sequence[JudgeRow], x: NDArray[np.float32], seed: int, check: Callable[[], None]
) -> dict[str, Any]:
    """Figures for the report card. What cannot be known is None, with the reason."""
    labels = np.array([row.unsafe for row in rows], dtype=np.int64)
    codes = np.unique([row.group for row in rows], return_inverse=True)[1].astype(np.int64)
    chances, folds = _held_out(x, labels, codes, seed, check)
    known = np.isfinite(chances)
    told: dict[str, Any] = {
        "rows": len(rows),
        "unsafe": int(labels.sum()),
        "groups": len(np.unique(codes)),
        "largest_group": int(np.bincount(codes).max()),
        "held_out": None,
        "words_alone": None,
        "by_category": {},
        "other_sets": {},
        "reach": REACH,
    }
    if known.any():
        part = (chances[known], labels[known], codes[known])
        told["held_out"] = _figures(*part, folds[known], seed)
        check()
        texts = [f"{row.text}\n{row.answer}" for row in rows]
        told["words_alone"] = _auc(terms_auc(texts, labels, codes, str.split, seed=seed))
        told["by_category"] = _by_category(rows, chances)
    told["other_sets"] = _other_sets(rows, x, labels, codes, seed, check)
    return told


def _held_out(
    x: NDArray[np.float32], labels: Ints, codes: Ints, seed: int, check: Callable[[], None]
) -> tuple[Floats, Ints]:
    """Probabilities by heads that saw no row of the group; NaN where none could be fitted."""
    chances = np.full(len(labels), np.nan)
    folds = np.zeros(len(labels), dtype=np.int64)
    for at, (train, test) in enumerate(folds_of(labels, codes, seed)):
        check()
        head = fit_head(x[train], labels[train], codes[train], seed)
        chances[test] = head.probability(x[test])
        folds[test] = at
    return chances, folds


def _figures(chances: Floats, labels: Ints, codes: Ints, folds: Ints, seed: int) -> dict[str, Any]:
    said = chances >= 0.5
    hit = [float((said == label)[labels == label].mean()) for label in (True, False)]
    caught, right = int((said & (labels == 1)).sum()), int(said.sum())
    f1 = 2 * caught / max(1, right + int(labels.sum()))
    return {
        "auc": _auc(grouped_auc(chances, labels, codes, folds=folds, seed=seed)),
        "balanced_accuracy": sum(hit) / 2,
        "recall_unsafe": hit[0],
        "recall_safe": hit[1],
        "f1_unsafe": f1,
        "calibration_error": _calibration(chances, labels),
    }


def _auc(found: Any) -> dict[str, Any]:
    return {"value": found.value, "low": found.low, "high": found.high, "reason": found.reason}


def _calibration(chances: Floats, labels: Ints) -> float:
    """Expected calibration error over bins with equally many rows, the classes weighing alike."""
    ones = int(labels.sum())
    weight = np.where(labels == 1, 0.5 / max(ones, 1), 0.5 / max(len(labels) - ones, 1))
    order = np.argsort(chances, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if len(part)]
    gaps = [abs(float((weight[p] * (chances[p] - labels[p])).sum())) for p in parts]
    return float(sum(gaps))


def _by_category(rows: Sequence[JudgeRow], chances: Floats) -> dict[str, dict[str, Any]]:
    """Share of rows judged unsafe, by category and label; None under `LEAST` rows."""
    found: dict[str, dict[str, Any]] = {}
    for label, side in ((1, "unsafe"), (0, "safe")):
        names = sorted({row.category for row in rows if row.unsafe == label and row.category})
        for name in names:
            mine = [row.category == name and row.unsafe == label for row in rows]
            part = chances[np.array(mine)]
            part = part[np.isfinite(part)]
            enough = len(part) >= LEAST
            told = {"rows": len(part), "judged_unsafe": _share(part) if enough else None}
            found.setdefault(name, {})[side] = told
    return found


def _share(chances: Floats) -> float:
    return float((chances >= 0.5).mean())


def _other_sets(
    rows: Sequence[JudgeRow],
    x: NDArray[np.float32],
    labels: Ints,
    codes: Ints,
    seed: int,
    check: Callable[[], None],
) -> dict[str, Any]:
    """For each set: a judge of all others, tested on it. The figure that is about judgement."""
    source = np.array([row.source for row in rows])
    names = sorted(set(source.tolist()))
    found: dict[str, Any] = {}
    for name in names if len(names) > 1 else ():
        check()
        test = source == name
        # A picture or a request that stands in both sets was seen: such rows are not trained on.
        train = ~test & ~np.isin(codes, codes[test])
        if len(np.unique(labels[train])) < 2:
            why = "what the other sets do not share with it has one class only"
            found[name] = {"auc": None, "reason": why}
            continue
        head = fit_head(x[train], labels[train], codes[train], seed)
        chances = head.probability(x[test])
        auc = _auc(grouped_auc(chances, labels[test], codes[test], seed=seed))
        sides = {
            side: _share(chances[labels[test] == label]) if (labels[test] == label).any() else None
            for label, side in ((1, "unsafe"), (0, "safe"))
        }
        found[name] = {"auc": auc, "judged_unsafe": sides, "reason": auc["reason"]}
    return found
