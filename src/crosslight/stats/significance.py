"""Is a difference more than chance: McNemar's exact test, corrections for many comparisons."""

import math
from collections.abc import Sequence


def mcnemar(only_a: int, only_b: int) -> float:
    """Two-sided exact p-value of the discordant pairs (McNemar 1947; binomial with 1/2)."""
    n, k = only_a + only_b, min(only_a, only_b)
    if n == 0 or only_a == only_b:
        return 1.0
    logs = [
        math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) - n * math.log(2)
        for i in range(k + 1)
    ]
    top = max(logs)
    return min(1.0, 2 * math.exp(top) * math.fsum(math.exp(each - top) for each in logs))


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down correction (1979): bounds the chance of any false difference."""
    order = sorted(range(len(p)), key=lambda at: p[at])
    found = [0.0] * len(p)
    highest = 0.0
    for rank, at in enumerate(order):
        highest = max(highest, min(1.0, (len(p) - rank) * p[at]))
        found[at] = highest
    return found


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's step-up correction (1995): bounds the false discovery rate."""
    order = sorted(range(len(p)), key=lambda at: p[at], reverse=True)
    found = [0.0] * len(p)
    lowest = 1.0
    for back, at in enumerate(order):
        rank = len(p) - back
        lowest = min(lowest, p[at] * len(p) / rank)
        found[at] = lowest
    return found
