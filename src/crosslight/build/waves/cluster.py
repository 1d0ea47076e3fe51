"""Which kinds of pattern are one scenario: average linkage over meaning and category."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crosslight.build.waves.patterns import unit
from crosslight.models import Vectors

CATEGORY = 0.5
"""How much of a kind's place is its category, beside its words at 1. Static word vectors are
coarse: the bank's patterns in 98 groups keep to its 29 scenarios with a homogeneity of 0.82 with it
and of 0.76 without (benchmarks/scenarios.py)."""
APART = 0.65
"""Mean cosine distance from which two groups are two scenarios."""
MOST = 2500
"""So many points are compared each with each (25 MB); more are first gathered by BIRCH."""
GATHER = (0.75, 0.85, 0.95)
"""Radii of BIRCH, tried in turn until at most `MOST` points are left. What lies within the first
has a mean cosine of 0.44 and would be linked anyway."""


def cluster(vectors: Vectors, categories: Sequence[str]) -> NDArray[np.intp]:
    """The group of each row: numbers without a meaning of their own."""
    if len(vectors) < 2:
        return np.zeros(len(vectors), dtype=np.intp)
    names = sorted(set(categories))
    marks = np.zeros((len(vectors), len(names)), dtype=np.float32)
    marks[np.arange(len(vectors)), [names.index(c) for c in categories]] = CATEGORY
    points = unit(np.concatenate([vectors, marks], axis=1))
    if len(points) <= MOST:
        return _linked(points)
    centres, nearest = _gathered(points)
    return np.asarray(_linked(centres)[nearest], dtype=np.intp)


def _linked(points: Vectors) -> NDArray[np.intp]:
    from sklearn.cluster import AgglomerativeClustering

    linking = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=APART
    )
    return np.asarray(linking.fit_predict(points), dtype=np.intp)


def _gathered(points: Vectors) -> tuple[Vectors, NDArray[np.intp]]:
    """Centres that stand for many points, and the centre of each point; memory is linear."""
    from sklearn.cluster import Birch

    for radius in GATHER:
        gathering = Birch(threshold=radius, n_clusters=None).fit(points)
        if len(gathering.subcluster_centers_) <= MOST:
            break
    centres = np.asarray(gathering.subcluster_centers_, dtype=np.float32)
    return unit(centres), np.asarray(gathering.predict(points), dtype=np.intp)
