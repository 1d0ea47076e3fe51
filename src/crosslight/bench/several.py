"""Several models in one run: a folder each, one store, one budget, one after the other.

Each folder is a whole run of one model, so that all that holds for one holds here: it can be killed
and goes on, and `compare` reads them. A model that dies does not stop the others.
"""

import os
import re
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from crosslight.bench.dry_run import estimate_bench
from crosslight.bench.job import BenchJob
from crosslight.bench.remedies.tuned import NAME as TUNED
from crosslight.bench.run import BenchResult, prepare, run_prepared
from crosslight.flow import Estimate, in_thread, signals_seen
from crosslight.models import Backend
from crosslight.records import BadSetting, CrosslightError, RunBroken, content_hash
from crosslight.runs import EXIT_CODES, RUN_FILE, NotARunFolder, Pages, Watch, no_pages, unwatched

SLUG = 48


@dataclass(frozen=True, slots=True)
class ModelEnd:
    """How the run of one model ended; without a result it could not begin, or broke."""

    spec: str
    out: Path
    result: BenchResult | None = None
    error: str = ""
    hint: str = ""

    @property
    def status(self) -> str:
        """complete, stopped or failed."""
        return self.result.status if self.result else "failed"


def jobs_for(job: BenchJob, models: Sequence[Backend]) -> list[BenchJob]:
    """A job for each model, in a folder of its own below `job.out`; one model keeps `job.out`.

    Raises `BadSetting` for a model that is named twice, `NotARunFolder` where the folder holds the
    run of one model.
    """
    specs = [model.spec for model in models]
    twice = sorted({spec for spec in specs if specs.count(spec) > 1})
    if twice:
        raise BadSetting(f"--model {twice[0]} is named twice", "name each model once")
    if len(models) == 1:
        return [replace(job, model=models[0])]
    if (job.out / RUN_FILE).exists():
        raise NotARunFolder(
            f"{job.out} holds a run of its own; several models get a folder each in there",
            "name another folder with -o",
        )
    return [replace(job, model=each, out=job.out / folder_of(each.spec)) for each in models]


def before_and_after(job: BenchJob, tuned: Backend) -> list[BenchJob]:
    """The job's model as it is, and the one that was tuned from it, in a folder each. Raises what
    `jobs_for` raises."""
    before, after = jobs_for(job, [job.model, tuned])
    return [before, replace(after, config=replace(after.config, remedy=TUNED))]


def folder_of(spec: str) -> str:
    """A folder's name for a model: the same whatever other models are named, and in any order."""
    name = re.split(r"[@?]", spec.partition(":")[2] or spec)[0].rstrip("/\\")
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", re.split(r"[/\\]", name)[-1]).strip("-._")[:SLUG]
    return f"{slug or 'model'}-{content_hash(spec.encode())[:6]}"


def exit_code(ends: Sequence[ModelEnd]) -> int:
    """1 where any has failed, else 3 where any stopped and can go on, else 0."""
    found = {end.status for end in ends}
    return next((EXIT_CODES[one] for one in ("failed", "stopped") if one in found), 0)


async def run_benches(
    jobs: Sequence[BenchJob],
    watch: Watch = unwatched,
    *,
    pages: Pages = no_pages,
    console: bool = False,
    begins: Callable[[int, BenchJob], object] = lambda at, job: None,
    ended: Callable[[ModelEnd], object] = lambda end: None,
) -> list[ModelEnd]:
    """Run one job of `jobs_for` after the other; `begins` and `ended` are told of each.

    The suite is read once, and what a person must mend for all of them is raised before any begins.
    A signal stops the run of one model in order, and the rest is not begun.
    """
    ready = await in_thread(prepare, jobs[0])
    ends: list[ModelEnd] = []
    for at, job in enumerate(jobs):
        begins(at, job)
        signals = signals_seen()
        own = replace(
            ready, job=replace(ready.job, model=job.model, out=job.out, config=job.config)
        )
        try:
            result = await run_prepared(own, watch, pages=pages, console=console)
            end = ModelEnd(job.model.spec, job.out, result)
        except (RunBroken, OSError):  # the disk: the next model would find it no better
            raise
        except CrosslightError as error:
            end = ModelEnd(job.model.spec, job.out, None, error.message, error.hint)
        except Exception as error:
            end = ModelEnd(job.model.spec, job.out, None, *_defect(error))
        ends.append(end)
        ended(end)
        told_to_stop = end.result is not None and end.result.reason.startswith("interrupted")
        if told_to_stop or signals_seen() > signals:
            break
    return ends


def _defect(error: Exception) -> tuple[str, str]:
    if os.environ.get("CROSSLIGHT_DEBUG"):
        traceback.print_exception(error)
    hint = "this looks like a defect of ours, or memory is short; CROSSLIGHT_DEBUG=1 shows where"
    return f"{type(error).__name__}: {error}"[:300], hint


async def estimate_benches(jobs: Sequence[BenchJob]) -> Estimate:
    """The dry runs of all models as one."""
    told = [await estimate_bench(job) for job in jobs]
    return Estimate(
        sum(one.rows for one in told),
        [line for one in told for line in one.lines],
        told[0].attempts,
        list(dict.fromkeys(note for one in told for note in one.notes)),
    )
