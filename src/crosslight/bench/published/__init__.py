"""The authors' own scoring, defects included, so that a published number can be recomputed.

Each file says what it does and what is wrong with it (`DEFECTS`). None of this is used by the
protocol `strict`; a number that comes from here carries the protocol `published`.
"""

from importlib import import_module

from crosslight.bench.published.scorer import PublishedScorer

FILES = (
    "mmsafeaware",
    "mm_safetybench",
    "mssbench",
    "siuo",
    "mossbench",
    "msts",
    "xstest",
    "holisafe",
    "hallusionbench",
)
"""In the order of the docs. Each file holds its `SCORER`."""

ALL: tuple[PublishedScorer, ...] = tuple(
    import_module(f"{__name__}.{name}").SCORER for name in FILES
)


def published_scorer(suite: str) -> PublishedScorer | None:
    """The authors' scorer of that suite, where there is one here."""
    return next((each for each in ALL if each.suite == suite), None)


__all__ = ["ALL", "PublishedScorer", "published_scorer"]
