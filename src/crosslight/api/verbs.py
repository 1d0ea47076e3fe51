"""The runs as functions: in a script, and in a notebook, where an event loop is running already."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Unpack

from crosslight.api.jobs import (
    CallOptions,
    Place,
    assess_job,
    bench_job,
    build_job,
    judge_job,
    prefer_job,
    rate_job,
)
from crosslight.api.run import Run, open_run
from crosslight.bench import BenchConfig, BenchJob
from crosslight.bench import run_bench as bench_run
from crosslight.build import BuildConfig, BuildJob, run_build
from crosslight.export import write_card, write_pairs_card
from crosslight.flow import Ledger, Runner, Watch, run_anywhere
from crosslight.judge import (
    AssessConfig,
    AssessJob,
    JudgeConfig,
    JudgeJob,
    run_assess,
    run_judge,
)
from crosslight.prefer import PreferConfig, run_prefer
from crosslight.rate import RATE_PRESET, RateConfig, RateReport, read_rating, run_rate
from crosslight.view import (
    write_assess_report,
    write_bench_report,
    write_judge_report,
    write_prefer_report,
    write_rate_report,
    write_report,
)


def build_dataset(
    source: Place,
    out: Place,
    *,
    model: str = "embedded",
    author: str | None = None,
    guard: str | None = None,
    responder: str | None = None,
    config: BuildConfig | None = None,
    bank: Place | None = None,
    column: str = "",
    allow_outside: bool = False,
    canary: bool = True,
    progress: bool = True,
    **options: Unpack[CallOptions],
) -> Run:
    """Build a safety dataset from photos (RMS): `crosslight build` as a function.

    Raises `CrosslightError` for what must be mended before the first call; how the run ended stands
    in the `status` of what it returns. Run it again to go on: no stored answer is asked twice.
    """
    job = build_job(
        source,
        out,
        model=model,
        author=author,
        guard=guard,
        responder=responder,
        config=config,
        bank=bank,
        column=column,
        allow_outside=allow_outside,
        canary=canary,
        **options,
    )
    run_anywhere(run_build(job, shown(progress), pages=build_pages))
    return open_run(job.out)


def judge_images(
    source: Place,
    out: Place,
    *,
    constitution: str = "household",
    model: str = "embedded",
    encoder: str | None = None,
    detector: str | None = None,
    config: JudgeConfig | None = None,
    column: str = "",
    allow_outside: bool = False,
    keep_copies: bool = False,
    progress: bool = True,
    **options: Unpack[CallOptions],
) -> Run:
    """Judge images against a constitution (CLUE): `crosslight judge` as a function.

    Raises and returns as `build_dataset` does; `rows` are the verdicts.
    """
    job = judge_job(
        source,
        out,
        constitution=constitution,
        model=model,
        encoder=encoder,
        detector=detector,
        config=config,
        column=column,
        allow_outside=allow_outside,
        keep_copies=keep_copies,
        **options,
    )
    run_anywhere(run_judge(job, shown(progress), pages=judge_pages(job)))
    return open_run(job.out)


def assess_images(
    source: Place,
    out: Place,
    *,
    model: str,
    scale: str = "general",
    config: AssessConfig | None = None,
    column: str = "",
    allow_outside: bool = False,
    keep_copies: bool = False,
    progress: bool = True,
    **options: Unpack[CallOptions],
) -> Run:
    """Grade images from 0 to 10: `crosslight judge assess` as a function. `rows` are the grades."""
    job = assess_job(
        source,
        out,
        model=model,
        scale=scale,
        config=config,
        column=column,
        allow_outside=allow_outside,
        keep_copies=keep_copies,
        **options,
    )
    run_anywhere(run_assess(job, shown(progress), pages=assess_pages(job)))
    return open_run(job.out)


def run_bench(
    suite: str,
    out: Place,
    *,
    model: str = "embedded",
    data: Place | None = None,
    judges: tuple[str, ...] = (),
    captioner: str | None = None,
    against: Place | None = None,
    subset: tuple[str, ...] = (),
    column: str = "",
    config: BenchConfig | None = None,
    canary: bool = True,
    require_sight: bool = False,
    progress: bool = True,
    **options: Unpack[CallOptions],
) -> Run:
    """Benchmark a model: `crosslight bench` as a function. `rows` are the items."""
    job = bench_job(
        suite,
        out,
        model=model,
        data=data,
        judges=judges,
        captioner=captioner,
        against=against,
        subset=subset,
        column=column,
        config=config,
        canary=canary,
        require_sight=require_sight,
        **options,
    )
    run_anywhere(bench_run(job, shown(progress), pages=write_bench_report))
    return open_run(job.out)


def prefer_pairs(
    source: Place,
    out: Place,
    *,
    responders: tuple[str, ...] = (),
    guard: str = "",
    annotator: str = "",
    author: str = "",
    labelled: Place | None = None,
    config: PreferConfig | None = None,
    column: str = "",
    question_column: str = "",
    allow_outside: bool = False,
    canary: bool = True,
    progress: bool = True,
    **options: Unpack[CallOptions],
) -> Run:
    """Make preference pairs: `crosslight prefer` as a function. `rows` are the pairs.

    Raises and returns as `build_dataset` does.
    """
    job = prefer_job(
        source,
        out,
        responders=responders,
        guard=guard,
        annotator=annotator,
        author=author,
        labelled=labelled,
        config=config,
        column=column,
        question_column=question_column,
        allow_outside=allow_outside,
        canary=canary,
        **options,
    )
    run_anywhere(run_prefer(job, shown(progress), pages=prefer_pages))
    return open_run(job.out)


def shown(progress: bool) -> Any:
    """Shows each pass with a bar, or nothing."""

    def watch(name: str, runner: Runner, ledger: Ledger, total: int) -> Any:
        return Watch(runner, ledger, total=total, quiet=not progress)

    return watch


def build_pages(out: Path) -> None:
    """The dataset card and the page of a build."""
    write_card(out)
    write_report(out)


def prefer_pages(out: Path) -> None:
    """The card and the page of a run of prefer."""
    write_pairs_card(out)
    write_prefer_report(out)


def assess_pages(job: AssessJob) -> Any:
    """What writes the page of a grading run, with pictures out of its image store."""
    return lambda out: write_assess_report(out, job.images)


def judge_pages(job: JudgeJob) -> Any:
    """What writes the page of a judging run, with pictures out of its image store."""
    return lambda out: write_judge_report(out, job.images)


def rate_datasets(
    datasets: Sequence[str],
    out: Place,
    *,
    pool: str | None = None,
    judge: str = "vectors",
    preset: str = RATE_PRESET,
    set_: tuple[str, ...] = (),
    config: RateConfig | None = None,
    store: Place | None = None,
) -> RateReport:
    """Measure what a judge learns from each dataset: `crosslight rate` as a function.

    Raises `CrosslightError` for what must be mended, and where the run did not get through.
    """
    job = rate_job(
        datasets,
        out,
        pool=pool,
        judge=judge,
        preset=preset,
        set_=set_,
        config=config,
        store=store,
        quiet=True,
    )
    run_anywhere(run_rate(job, pages=rate_pages))
    return read_rating(job.out)


def rate_pages(out: Path) -> None:
    """The page of a rating."""
    write_rate_report(out)


__all__ = [
    "BenchJob",
    "BuildJob",
    "assess_images",
    "build_dataset",
    "build_pages",
    "judge_images",
    "judge_pages",
    "prefer_pages",
    "prefer_pairs",
    "rate_datasets",
    "rate_pages",
    "run_bench",
    "shown",
]
