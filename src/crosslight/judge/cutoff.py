"""Choosing a cut of the score on a calibration split, with a guarantee where one is asked for."""

import math
from dataclasses import dataclass

import numpy as np

from crosslight.judge.metrics import Judged


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


def best_f1(j: Judged) -> Cut:
    """The cut with the largest F1 on these images; of equal ones the highest."""
    has = ~np.isnan(j.score)
    scores, truth = j.score[has], j.truth[has]
    best, at = -1.0, None
    for cut in sorted(set(scores.tolist()), reverse=True):
        said = scores >= cut
        f1 = 2 * float((said & truth).sum()) / max(1.0, float(said.sum() + truth.sum()))
        if f1 > best:
            best, at = f1, float(cut)
    return Cut(at, "f1", "" if at is not None else "no scored image")


def few_missed(j: Judged, alpha: float) -> Cut:
    """The highest cut that misses at most `alpha` of the violations, in expectation.

    Conformal risk control (Angelopoulos et al., arXiv 2208.02814) with the miss as loss, over the
    unsafe images: (misses + 1) / (n + 1) <= alpha. It holds for new images that are drawn as the
    labelled ones were, on average over calibration sets. Unscored images count as missed.
    """
    scores = np.where(np.isnan(j.score), -math.inf, j.score)[j.truth]
    n = len(scores)
    allowed = math.floor(alpha * (n + 1) + 1e-12) - 1
    if allowed < 0:
        need = math.ceil(1 / alpha) - 1
        return Cut(None, "conformal", f"{n} unsafe labels are too few: {need} are the least")
    at = float(np.sort(scores)[min(allowed, n - 1)])
    if not math.isfinite(at):
        return Cut(None, "conformal", "too many unsafe images have no score")
    return Cut(at, "conformal", f"at most {alpha:.0%} of violations missed, in expectation")


def applied(j: Judged, cut: float) -> Judged:
    """The same images judged by this cut of the score; unscored ones stay undecided."""
    has = ~np.isnan(j.score)
    return Judged(j.truth, np.where(has, j.score >= cut, False), has, j.score)
