"""Which rows a probe is fitted on, where its threshold is set, and what it costs on safe rows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosslight.records import content_hash
from crosslight.stats import grouped_auc, wilson
from crosslight.tune.probe.probe import Probe, fit_probe

Bools = NDArray[np.bool_]
PARTS = ("fit", "threshold", "test")
_SHARES = {"fit": 0.6, "threshold": 0.2, "test": 0.2}
"""Of the rows, as far as groups allow."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A probe and its figures, or why there is none: then `probe` is None."""

    probe: Probe | None
    figures: dict[str, Any]
    reason: str = ""


def parts_of_groups(groups: Sequence[str], seed: int) -> list[str]:
    """A part for each row, one for all of its group: the largest groups first, each to the part
    that lacks most of its share; among equals by a hash, so the same on any machine."""
    sizes = Counter(groups)
    order = sorted(sizes, key=lambda g: (-sizes[g], content_hash(f"{seed}:{g}".encode())))
    lacks = {part: share * len(groups) for part, share in _SHARES.items()}
    found: dict[str, str] = {}
    for group in order:
        part = max(PARTS, key=lambda name: (lacks[name], _SHARES[name]))
        found[group] = part
        lacks[part] -= sizes[group]
    return [found[group] for group in groups]


def fit_and_measure(
    states: NDArray[np.floating],
    labels: Sequence[int],
    groups: Sequence[str],
    *,
    parts: Sequence[str] = (),
    hidden: int = 0,
    seed: int = 0,
) -> Fitted:
    """Fit on three fifths of the groups, set the threshold on one, measure on the last. `parts`:
    of rows that were split before."""
    y, part = np.asarray(labels), np.asarray(parts or parts_of_groups(groups, seed))
    for name in PARTS[:2]:
        held = y[part == name]
        if len(np.unique(held)) < 2:
            why = f"{len(held)} rows with one label" if len(held) else "no rows"
            return Fitted(None, {}, f"the slice {name!r} has {why}: no probe can be fitted")
    fit, choose, test = (part == name for name in PARTS)
    probe = fit_probe(states[fit], y[fit].tolist(), hidden=hidden, seed=seed)
    threshold = best_threshold(probe.probability(states[choose]), y[choose])
    probe = replace(probe, threshold=threshold)
    ids = np.unique(np.asarray(groups), return_inverse=True)[1]
    scores = probe.probability(states)
    figures = {
        "rows": {name: int((part == name).sum()) for name in PARTS},
        "threshold": threshold,
        "test": figures_of(scores[test] >= threshold, y[test]),
        "auc": _auc(scores[test], y[test], ids[test]),
    }
    return Fitted(probe, figures)


def best_threshold(scores: NDArray[np.floating], labels: NDArray[Any]) -> float:
    """With the largest balanced accuracy on these rows, midway between two scores."""
    known = np.isfinite(scores)
    scores, labels = scores[known], labels[known]
    order = np.unique(scores)
    cuts = [0.0, *((order[:-1] + order[1:]) / 2), 1.0]
    yes, no = scores[labels == 1], scores[labels == 0]
    return float(max(cuts, key=lambda cut: np.mean(yes >= cut) + np.mean(no < cut)))


def figures_of(said: Bools, labels: NDArray[Any]) -> dict[str, Any]:
    """Shares of both labels of which the probe says yes; of a label without rows it is unknown.

    `over` is what it costs: the share of rows that are none of which it says yes.
    """
    recall, over = (
        _share(int(said[labels == label].sum()), int((labels == label).sum())) for label in (1, 0)
    )
    both = (recall["value"], over["value"])
    balanced = None if None in both else (both[0] + 1 - both[1]) / 2
    return {"recall": recall, "over": over, "balanced_accuracy": balanced}


def _share(n: int, of: int) -> dict[str, Any]:
    if not of:
        return {"value": None, "low": None, "high": None, "n": 0, "of": 0}
    low, high = wilson(n / of, of)
    return {"value": n / of, "low": low, "high": high, "n": n, "of": of}


def _auc(
    scores: NDArray[np.floating], labels: NDArray[Any], groups: NDArray[Any]
) -> dict[str, Any]:
    known = np.isfinite(scores)
    found = grouped_auc(scores[known], labels[known].astype(np.int64), groups[known])
    return {"value": found.value, "low": found.low, "high": found.high, "reason": found.reason}
