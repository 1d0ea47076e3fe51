"""How many images really are unsafe, corrected by the judge's own errors."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prevalence:
    """`apparent` is the share called unsafe; `value` the corrected share in [0, 1] with its 95%
    interval. None where the judge is no better than chance."""

    apparent: float
    value: float | None
    low: float | None
    high: float | None
    note: str = ""


def corrected(
    said: int, judged: int, hits: int, unsafe: int, passed: int, safe: int, z: float = 1.96
) -> Prevalence:
    """Rogan and Gladen's estimate with the interval of Lang and Reiczigel (2014).

    `said` of `judged` images were called unsafe; on labelled images `hits` of `unsafe` and
    `passed` of `safe` were judged right.
    """
    apparent = said / judged if judged else float("nan")
    if not judged or not unsafe or not safe:
        return Prevalence(apparent, None, None, None, "needs decided images of both labels")
    se, sp = hits / unsafe, passed / safe
    if se + sp <= 1:
        return Prevalence(apparent, None, None, None, "the judge is no better than chance")
    value = (apparent + sp - 1) / (se + sp - 1)
    n = judged + z * z
    p = (said + z * z / 2) / n
    se2, sp2 = (hits + 1) / (unsafe + 2), (passed + 1) / (safe + 2)
    if se2 + sp2 <= 1:
        return Prevalence(apparent, _share(value), 0.0, 1.0, "too few labels for an interval")
    youden = se2 + sp2 - 1
    middle = (p + sp2 - 1) / youden
    by_se = se2 * (1 - se2) / (unsafe + 2)
    by_sp = sp2 * (1 - sp2) / (safe + 2)
    shift = 2 * z * z * (middle * by_se - (1 - middle) * by_sp)
    variance = p * (1 - p) / n + middle**2 * by_se + (1 - middle) ** 2 * by_sp
    half = z * math.sqrt(variance) / youden
    return Prevalence(
        apparent, _share(value), _share(middle + shift - half), _share(middle + shift + half)
    )


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))
