"""From names and numbers to a run of `tune judge`."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from crosslight.api.jobs import Place
from crosslight.api.run import Run, open_run
from crosslight.api.tuning import tune_job
from crosslight.flow import run_anywhere
from crosslight.models import JudgeFormat, home
from crosslight.records import BadSetting
from crosslight.tune import JudgeTuneJob, TuneJob, run_judge_tuning, run_language_judge

VECTORS = "vectors"


def judge_tune_job(
    data: Sequence[Place],
    out: Place,
    *,
    base: str = VECTORS,
    format: str = "llavaguard",
    flips: bool = True,
    most: int = 20_000,
    sensitive: bool = False,
    seed: int = 0,
    store: Place | None = None,
) -> JudgeTuneJob:
    """A judge tuned on datasets. Raises `BadSetting`."""
    if not data:
        raise BadSetting("no dataset is named", "SUITE=FOLDER, a run of build, or a table")
    if base != VECTORS and not base.startswith("hf:"):
        raise BadSetting(f"--base {base[:60]!r}", "vectors, hf:OWNER/REPO or hf:FOLDER")
    if format not in ("llavaguard", "llamaguard"):
        raise BadSetting(f"--format {format[:60]!r}", "llavaguard or llamaguard")
    folder = Path(store) if store is not None else home()
    return JudgeTuneJob(
        tuple(str(one) for one in data),
        Path(out),
        folder / "answers.sqlite",
        folder / "images",
        seed,
        most,
        base,
        cast(JudgeFormat, format),
        flips,
        sensitive,
    )


def language_judge_job(
    job: JudgeTuneJob, *, preset: str = "sft-lora", set_: tuple[str, ...] = (), quiet: bool = False
) -> TuneJob:
    """How the language model of a judge is tuned. Raises `BadSetting`."""
    return tune_job(
        job.out / "rows",
        job.out / "tuning",
        base=job.base.removeprefix("hf:"),
        method="sft",
        preset=preset,
        set_=set_,
        images=job.images,
        seed=job.seed,
        quiet=quiet,
    )


def tune_judge(
    data: Sequence[Place],
    out: Place,
    *,
    base: str = VECTORS,
    format: str = "llavaguard",
    flips: bool = True,
    most: int = 20_000,
    preset: str = "sft-lora",
    set_: tuple[str, ...] = (),
    sensitive: bool = False,
    seed: int = 0,
    store: Place | None = None,
) -> Run:
    """Tune a judge: `crosslight tune judge` as a function. It is used as `tuned:OUT`."""
    job = judge_tune_job(
        *(data, out),
        base=base,
        format=format,
        flips=flips,
        most=most,
        sensitive=sensitive,
        seed=seed,
        store=store,
    )
    if base == VECTORS:
        run_anywhere(run_judge_tuning(job))
    else:
        run_language_judge(job, language_judge_job(job, preset=preset, set_=set_))
    return open_run(job.out)
