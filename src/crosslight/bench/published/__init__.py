"""The authors' own scoring, defects included, so that a published number can be recomputed.

Each file says what it does and what is wrong with it (`DEFECTS`). None of this is used by the
protocol `strict`; a number that comes from here carries the protocol `published`.
"""

from crosslight.bench.published import (
    hallusionbench,
    holisafe,
    mm_safetybench,
    mmsafeaware,
    mossbench,
    mssbench,
    msts,
    siuo,
    xstest,
)
from crosslight.bench.published.scorer import PublishedScorer

ALL: tuple[PublishedScorer, ...] = (
    mmsafeaware.SCORER,
    mm_safetybench.SCORER,
    mssbench.SCORER,
    siuo.SCORER,
    mossbench.SCORER,
    msts.SCORER,
    xstest.SCORER,
    holisafe.SCORER,
    hallusionbench.SCORER,
)


def published_scorer(suite: str) -> PublishedScorer | None:
    """The authors' scorer of that suite, where there is one here."""
    return next((each for each in ALL if each.suite == suite), None)


__all__ = ["ALL", "PublishedScorer", "published"]
