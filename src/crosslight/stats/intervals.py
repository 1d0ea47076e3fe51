"""Intervals of shares: Wilson for counts, Bonett and Price for a paired difference."""

import math


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
