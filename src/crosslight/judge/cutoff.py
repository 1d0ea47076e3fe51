"""Choosing a cut of the score on a calibration split, with a guarantee where one is asked for.

A cut is one of decided rules: what nobody could answer it makes neither unsafe nor safe.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from crosslight.judge.labels import OVERALL
from crosslight.judge.metrics import FEW, Judged
from crosslight.text import plural


@dataclass(frozen=True, slots=True)
class Cut:
    """Images with a score of at least `at` are called unsafe. None: no cut keeps the promise."""

    at: float | None
    how: str
    note: str = ""


def split(count: int, share: float, seed: int) -> tuple[list[int], list[int]]:
    """Indices of the calibration split and of the rest, by a seeded shuffle."""
    order = np.random.default_rng(seed).permutation(count).tolist()
    cut = round(count * share)
    return sorted(order[:cut]), sorted(order[cut:])


def halves(labelled: Collection[int], share: float, seed: int) -> tuple[set[int], set[int]]:
    """Of the labelled images that share, and the others."""
    order = sorted(labelled)
    first, second = split(len(order), share, seed)
    return {order[at] for at in first}, {order[at] for at in second}


def knowing(j: Judged, images: Collection[int]) -> Judged:
    """The same images, of which the labels of these images of the run alone are known."""
    return replace(j, labelled=j.labelled & np.isin(j.at, sorted(images)))


def best_f1(j: Judged) -> Cut:
    """The cut with the largest F1 on these labels, each for what it stands for; of equal ones the
    highest. Too few labels of either kind give none."""
    has = j.labelled & ~np.isnan(j.reach)
    scores, truth, weights = j.reach[has], j.truth[has], j.weights[has]
    least = min(int(truth.sum()), int((~truth).sum()))
    if least < FEW:
        return Cut(
            None,
            "f1",
            f"{plural(least, 'scored label')} of one kind in the part it is chosen on: "
            f"{FEW} are the least",
        )
    best, at = -1.0, None
    for cut in sorted(set(scores.tolist()), reverse=True):
        said = scores >= cut
        hits, both = weights[said & truth].sum(), weights[said].sum() + weights[truth].sum()
        f1 = 2 * float(hits) / float(both)
        if f1 > best:
            best, at = f1, float(cut)
    return Cut(at, "f1")


def few_missed(j: Judged, alpha: float) -> Cut:
    """The highest cut that misses at most `alpha` of the violations, in expectation.

    Conformal risk control (Angelopoulos et al., arXiv 2208.02814) with the miss as loss, over the
    unsafe images: (misses + 1) / (n + 1) <= alpha. It holds for new images that are drawn as those
    of the run were, on average over calibration sets. Images without a decided rule count as
    missed. A label counts for the images that it stands for, and the new image for the most that
    one does.
    """
    here = j.labelled & j.truth
    scores = np.where(np.isnan(j.reach), -math.inf, j.reach)[here]
    weights = j.weights[here]
    n, most = len(scores), float(weights.max(initial=1.0))
    allowed = alpha * (float(weights.sum()) + most) * (1 + 1e-12) - most
    if allowed < 0:
        need = math.ceil(1 / alpha) - 1
        known = f"{n} unsafe labels" if n < need else f"{n} unsafe labels of unequal weight"
        return Cut(None, "conformal", f"{known} are too few: {need} are the least")
    order = np.argsort(scores, kind="stable")
    # The first image that may not be missed any more: its score is the cut.
    at = int(np.searchsorted(np.cumsum(weights[order]), allowed * (1 + 1e-12), "right"))
    cut = float(scores[order][min(at, n - 1)])
    if not math.isfinite(cut):
        return Cut(None, "conformal", "too many unsafe images are undecided")
    return Cut(cut, "conformal", f"at most {alpha:.0%} of violations missed, in expectation")


def none_over_all(cuts: Mapping[str, Cut]) -> dict[str, Cut]:
    """Cuts of rules and of all images that keep what each promises when they are applied together.

    The cut of all images counts one as found by any rule that reaches it. Under a higher cut of
    that rule it would be missed; under a lower one no rule finds less.
    """
    whole = cuts[OVERALL].at
    if whole is None:
        return dict(cuts)
    return {
        rule: replace(cut, at=whole, note=f"{cut.note}; {cut.at:.3f} without that of all images")
        if cut.at is not None and cut.at > whole
        else cut
        for rule, cut in cuts.items()
    }
