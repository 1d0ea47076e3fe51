"""Intervals: Wilson, Clopper and Pearson for counts, Bonett and Price for a paired difference,
Newcombe for an area under the ROC curve."""

import math
from collections.abc import Callable


def wilson(share: float, n: float, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share that was counted in `n` draws, or in draws that are worth
    so many; (0, 1) without draws."""
    if n <= 0:
        return 0.0, 1.0
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    middle = share + z * z / (2 * n)
    scale = 1 + z * z / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def bonett_price(only_a: int, only_b: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Interval of share B minus share A over the same `n` items (Bonett and Price 2012), of which
    `only_a` and `only_b` are a hit of one of the two only; (-1, 1) without items."""
    if n <= 0:
        return -1.0, 1.0
    lost, won = (only_a + 1) / (n + 2), (only_b + 1) / (n + 2)
    half = z * math.sqrt((lost + won - (won - lost) ** 2) / (n + 2))
    return max(-1.0, won - lost - half), min(1.0, won - lost + half)


def clopper_pearson(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share (Clopper and Pearson 1934): it covers at least as often as it
    says, however few the draws; (0, 1) without draws."""
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = float(betaincinv(hits, n - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, n - hits, 1 - tail)) if hits < n else 1.0
    return low, high


def newcombe_auc(area: float, one: float, other: float, z: float = 1.959964) -> tuple[float, float]:
    """Interval of an area under the ROC curve of `one` and `other` rows (Newcombe 2006, method 5):
    the variance of Hanley and McNeil taken at the limit itself, so that it has a width even at 1.
    The numbers may be effective ones of weighted rows; (0, 1) where there are none."""
    if one <= 0 or other <= 0:
        return 0.0, 1.0
    half = (one + other) / 2 - 1

    def off(at: float) -> float:
        spread = 1 + half * ((1 - at) / (2 - at) + at / (1 + at))
        return abs(area - at) - z * math.sqrt(max(0.0, at * (1 - at) * spread / (one * other)))

    return _limit(off, 0.0, area), _limit(off, 1.0, area)


def _limit(off: Callable[[float], float], end: float, inside: float) -> float:
    """Between `end` (ruled out) and `inside` (not): where `off` turns, by halving."""
    if off(end) <= 0:
        return end
    out, kept = end, inside
    for _ in range(50):
        middle = (out + kept) / 2
        if off(middle) > 0:
            out = middle
        else:
            kept = middle
    return kept
