"""Crosslight: a workbench for multimodal (image + text) safety.

    import crosslight

    run = crosslight.build_dataset("photos/", "runs/mine")
    run.rows, run.account

Everything is loaded when it is first asked for. What is wrong outside is a `CrosslightError`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crosslight.api import (
        Run,
        assess_images,
        build_dataset,
        judge_images,
        open_run,
        prefer_pairs,
        run_bench,
    )
    from crosslight.records import CrosslightError

__all__ = [
    "CrosslightError",
    "Run",
    "__version__",
    "assess_images",
    "build_dataset",
    "judge_images",
    "open_run",
    "prefer_pairs",
    "run_bench",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name == "CrosslightError":
        from crosslight.records import CrosslightError

        return CrosslightError
    if name in __all__:
        from crosslight import api

        return getattr(api, name)
    raise AttributeError(f"no public name {name!r}")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("crosslight")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0.0.0"


def __dir__() -> list[str]:
    return __all__.copy()
