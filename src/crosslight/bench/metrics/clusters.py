"""What is no independent draw: the answers to one item in several epochs, and twins of a pair.

An interval says what chance in the choice of items allows. Asked ten times, an item is still one.
"""

import numpy as np
from numpy.typing import NDArray

from crosslight.bench.metrics.scores import Floats, Mask, Scores

Clusters = NDArray[np.int64]


def clusters_of(scores: Scores, counted: Mask) -> Clusters | None:
    """Which counted rows are drawn together; None where each stands alone."""
    if not has_twins(scores) and scores.item is None:
        return None
    own = np.arange(len(scores)) if scores.item is None else scores.item.codes
    codes = own.astype(np.int64)
    if has_twins(scores):
        alone = scores.pair.among("")
        codes = np.where(alone, len(scores.pair.names) + codes, scores.pair.codes)
    found: Clusters = codes[counted]
    return None if len(np.unique(found)) == len(found) else found


def has_twins(scores: Scores) -> bool:
    """Whether any item names a pair."""
    return scores.pair.names not in ((), ("",))


def effective_size(hits: Floats, sizes: Floats) -> float:
    """How many independent answers say as much as these clusters of `sizes` answers with `hits`.

    By the design effect: the variance of the pooled share over clusters against that of so many
    free draws (Rao and Scott 1992). Between the number of clusters, where each is all alike, and
    that of answers. Where all answers are alike nothing is known of their variance: clusters count.
    """
    n, k = float(sizes.sum()), len(sizes)
    share = float(hits.sum()) / n
    if k < 2 or share <= 0 or share >= 1:
        return float(k)
    variance = float(((hits - share * sizes) ** 2).sum()) / n**2 * k / (k - 1)
    return n if variance <= share * (1 - share) / n else share * (1 - share) / variance
