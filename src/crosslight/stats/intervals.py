"""Intervals of shares: Wilson for counts."""

import math


def wilson(share: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share that was counted in `n` draws; (0, 1) without draws."""
    if n <= 0:
        return 0.0, 1.0
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    middle = share + z * z / (2 * n)
    scale = 1 + z * z / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
