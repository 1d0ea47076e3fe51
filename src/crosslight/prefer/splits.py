"""Splits by cluster: no pattern, and so no pair's mirror, stands in two of them."""

from collections.abc import Mapping

from crosslight.records import stable_id

SHARES = (("test", 0.1), ("validation", 0.1))
"""The rest is train."""
LEAST = 5
"""With fewer clusters there is one split only: one of them measures nothing."""


def split_clusters(mirrored: Mapping[str, bool], seed: int) -> dict[str, str]:
    """The split of every cluster. Those with a mirror and those without are dealt apart, so that
    what is held out holds pairs of both sorts where there are enough."""
    found: dict[str, str] = {}
    for sort in (True, False):
        names = [name for name, has in mirrored.items() if has is sort]
        order = sorted(names, key=lambda n: stable_id("split", cluster=n, seed=seed))
        splits = dict.fromkeys(order, "train")
        start = 0
        for name, share in SHARES if len(order) >= LEAST else ():
            end = start + max(1, round(len(order) * share))
            splits |= dict.fromkeys(order[start:end], name)
            start = end
        found |= splits
    return found
