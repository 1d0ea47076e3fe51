"""From names and numbers to a job of `tune judge`."""

from collections.abc import Sequence
from pathlib import Path

from crosslight.api.jobs import Place
from crosslight.models import home
from crosslight.records import BadSetting
from crosslight.tune import JudgeTuneJob


def judge_tune_job(
    data: Sequence[Place],
    out: Place,
    *,
    base: str = "vectors",
    format: str = "llavaguard",
    most: int = 20_000,
    seed: int = 0,
    store: Place | None = None,
) -> JudgeTuneJob:
    """A judge tuned on datasets. Raises `BadSetting`."""
    if not data:
        raise BadSetting("no dataset is named", "SUITE=FOLDER, a run of build, or a table")
    if base != "vectors":
        raise BadSetting(f"--base {base[:60]!r}", "vectors")
    folder = Path(store) if store is not None else home()
    return JudgeTuneJob(
        tuple(str(one) for one in data),
        Path(out),
        folder / "answers.sqlite",
        folder / "images",
        seed,
        most,
    )
