"""One run of `tune` from beginning to end: read, look through, train, measure, write."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from crosslight.flow import Ledger
from crosslight.records import BadSetting, CrosslightError, RunBroken
from crosslight.runs import (
    RUN_FILE,
    Account,
    Lost,
    Pages,
    RunResult,
    begin,
    library_versions,
    no_pages,
    read_run,
    write_lost,
)
from crosslight.store import write_json
from crosslight.tune.base import Base, locate_base, need_extra, open_base
from crosslight.tune.card import CARD, write_card
from crosslight.tune.chains.make import PROMPTS
from crosslight.tune.fits import Fitting, fitting, unmixed
from crosslight.tune.job import KIND, Method, Target, TuneJob
from crosslight.tune.launch import held_by_first, is_first
from crosslight.tune.pictures import Pictures
from crosslight.tune.preflight.check import PreflightError, preflight
from crosslight.tune.ready import Ready
from crosslight.tune.resume import last_checkpoint, same_setup
from crosslight.tune.rows import TuneData, read_rows, reasons, rows_hash, weights_note

PACKAGES = (
    "torch",
    "transformers",
    "trl",
    "peft",
    "accelerate",
    "datasets",
    "tokenizers",
    "pillow",
)
GO_ON = "the last checkpoint is kept: run the same command again to go on"


AGAIN = "nothing was trained yet: run the same command again"


class Stopped(Exception):
    """The run was told to stop between two parts of its work."""


@dataclass
class Work:
    """What a run has so far, for its last lines: kept whatever ends it."""

    job: TuneJob
    base: Base
    pictures: Pictures
    data: TuneData
    began: float
    lost: list[Lost]
    notes: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    fit: Fitting | None = None


def run_tune(job: TuneJob, pages: Pages = no_pages) -> RunResult:
    """Tune a model into `job.out`. Raises what a person must mend before training begins.

    Ended by a signal it has a checkpoint, and the same call goes on from there, to the same weights
    as without the end. A run that is complete is left as it is.
    """
    need_extra()
    from crosslight.tune.train.extras import check_extras
    from crosslight.tune.train.watch import Stop, signals

    check_extras(job)
    began, stop = time.monotonic(), Stop()
    check = _checker(stop)
    with held_by_first(job.out, KIND) as held, signals(stop):
        former = read_run(job.out)
        base = locate_base(job.base, job.revision)
        pictures = Pictures(job.images, job.settings.side, allow_outside=job.allow_outside)
        try:
            data = read_rows(job, pictures, check)
            if is_first():
                setup = setup_of(job, base, data)
                if not former:  # killed from the first file on, the folder is that of a tune run
                    begin(job.out, KIND)
                same_setup(job.out, setup)
        except Stopped:
            return RunResult("stopped", stop.reason, AGAIN, {})
        held.keep = True
        if former.get("status") == "complete":
            if is_first() and not (job.out / CARD).exists():  # killed before its last file
                _shown(job, former, pages)
            return RunResult("complete", "", "", former)
        if is_first():
            begin(job.out, KIND)
        return _kept(Work(job, base, pictures, data, began, [*data.lost]), stop, check, pages)


def _kept(work: Work, stop: Any, check: Callable[[], None], pages: Pages) -> RunResult:
    """Do the work; however it ends, run.json says so."""
    job = work.job
    try:
        with _telling():
            status = _tuned(work, stop, check, pages)
    except Stopped:
        status = "stopped"
    except CrosslightError as error:
        _finish(work, "failed", error.message, error.hint)
        raise
    if job.preflight_only and status == "stopped" and not stop.reason:
        told = _finish(work, status, "only the preflight was asked for", GO_ON)
        return RunResult("complete", "", "", told.summary)
    result = _finish(work, status, stop.reason if status == "stopped" else "", GO_ON)
    if status == "complete" and is_first():
        _shown(job, result.summary, pages)
    return result


def _shown(job: TuneJob, record: dict[str, Any], pages: Pages) -> None:
    """Page and card of a complete run. The card is the last file: with it all is there."""
    pages(job.out)
    write_card(job, record)


def setup_of(job: TuneJob, base: Base, data: TuneData) -> dict[str, Any]:
    """All that decides the weights; a run goes on only with the same."""
    return {
        "method": str(job.method),
        "preset": job.preset,
        "target": str(job.target),
        "rewards": list(job.rewards),
        "settings": job.settings.model_dump(),
        "base": {"name": base.name, "revision": base.revision},
        "data": data.hashes,
        "rows": {
            "train": rows_hash(data.train),
            "held_out": rows_hash(data.held_out),
        },
        "seed": job.seed,
        "steps": job.steps,
    }


def _checker(stop: Any) -> Callable[[], None]:
    def check() -> None:
        if stop.reason:
            raise Stopped

    return check


@contextmanager
def _telling() -> Iterator[None]:
    """Trouble with memory or disk is a run that broke off, with its remedy."""
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        raise RunBroken(
            f"the device has too little memory: {str(error).splitlines()[0][:160]}",
            "--set at_once=1, a LoRA preset, or --set side=512, in a new folder",
        ) from None
    except OSError as error:
        raise RunBroken(f"the run broke off: {error}", f"free some space; {GO_ON}") from error


def _tuned(work: Work, stop: Any, check: Callable[[], None], pages: Pages) -> str:
    """Look through, train, measure. Returns the run's status."""
    from crosslight.tune.train.arguments import batch_note, optimizer
    from crosslight.tune.train.session import train
    from crosslight.tune.train.trainers import collator_of, limit_of

    job, ready = work.job, open_ready(work)
    work.fit = ready.fit
    collator = collator_of(job.method, ready.processor, limit_of(job))
    found = preflight(job, ready.fit.rows, ready.fit.longest, collator, ready.pictures)
    if is_first():
        write_json(job.out / "preflight.json", found.as_json())
        pages(job.out)
    if found.faults:
        raise PreflightError(found.faults)
    if job.preflight_only:
        return "stopped"
    notes = (optimizer(job.settings)[1], batch_note(job.settings), *weights_note(ready.fit.rows))
    work.notes += [note for note in notes if note]
    if is_first():
        say(work.notes)
    check()
    done = train(job, ready, stop, check)
    if done is None:
        return "stopped"
    work.facts |= done
    work.notes += done.pop("warnings")
    return "complete"


def open_ready(work: Work) -> Ready:
    """The model to go on with, and the rows that fit it. Raises `BadSetting` where none does."""
    import transformers

    job = work.job
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    transformers.set_seed(job.seed)
    checkpoint = last_checkpoint(job.out, clear=is_first())
    whole = checkpoint if job.settings.lora is None else None
    model, processor = open_base(whole or work.base.folder, work.base.folder, job.settings)
    fit = fitting(work.data.train, processor, work.pictures, job.settings)
    if job.method is Method.GRPO:
        fit = unmixed(fit)
    held = fitting(work.data.held_out, processor, work.pictures, job.settings)
    work.lost += [*fit.lost, *held.lost]
    if not fit.rows:
        raise BadSetting(
            f"no row fits {work.base.name} with max_length {job.settings.max_length}: "
            f"{reasons(fit.lost)}",
            "--set max_length=N where rows are too long, else another --base",
        )
    return Ready(model, processor, work.base, fit, held.rows, work.pictures, checkpoint)


def _finish(work: Work, status: str, reason: str, hint: str) -> RunResult:
    """Write what was lost, and run.json last; one process does."""
    job, data = work.job, work.data
    if not is_first():
        return RunResult(status, reason, hint, {"notes": work.notes, "dropped": 0, "failed": 0})
    finished = data.inputs - len(work.lost)
    account = Account.of(data.inputs, finished, (one.outcome for one in work.lost))
    write_lost(job.out, work.lost)
    told = account.as_json()
    record = {
        "kind": KIND,
        "status": status,
        "reason": reason,
        "hint": hint,
        "account": told,
        "rows": finished,
        "inputs": data.inputs,
        "dropped": told["dropped"],
        "failed": told["failed"],
        "models": [{"role": "base", "spec": work.base.name, "revision": work.base.revision}],
        "method": str(job.method),
        "preset": job.preset,
        "target": str(job.target),
        "settings": job.settings.model_dump(),
        "seed": job.seed,
        "prompts": {} if job.target is Target.RESPONSE else PROMPTS.hashes(),
        "data": {"files": data.hashes, "train": len(data.train), "held_out": len(data.held_out)},
        "versions": library_versions(PACKAGES),
        **work.facts,
        "notes": work.notes,
        "seconds": round(time.monotonic() - work.began, 3),
        **Ledger().as_json(),
    }
    write_json(job.out / RUN_FILE, record)
    return RunResult(status, reason, hint, record)


def say(notes: Sequence[str]) -> None:
    """On stderr; that nobody reads it is no reason to break off."""
    for note in notes:
        with suppress(OSError, ValueError):
            print(f"note: {note}", file=sys.stderr, flush=True)
