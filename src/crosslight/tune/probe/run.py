"""One run of `tune probe`: read, take states, fit both probes, measure, write."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from crosslight.flow import Ledger
from crosslight.records import CrosslightError, Failed, RunBroken
from crosslight.runs import (
    RUN_FILE,
    Account,
    Lost,
    RunResult,
    begin,
    held_folder,
    library_versions,
    read_run,
    write_lost,
)
from crosslight.store import file_sha256, write_json, write_text
from crosslight.tune.base import Base, locate_base, need_extra
from crosslight.tune.card import CARD
from crosslight.tune.job import KIND
from crosslight.tune.judge.gathered import Gathered
from crosslight.tune.judge.rows import DataError, JudgeRow
from crosslight.tune.judge.run import lost_of
from crosslight.tune.pictures import Pictures
from crosslight.tune.probe.card import probe_card
from crosslight.tune.probe.fit import Fits, fit_both
from crosslight.tune.probe.head import HEAD
from crosslight.tune.probe.job import BATCH, ProbeJob
from crosslight.tune.probe.kept import STATES, KeptStates, Taken, parts
from crosslight.tune.probe.network import Network, weights_here
from crosslight.tune.probe.probe import PROBES, save_probes
from crosslight.tune.probe.requests import requests_of, rows_hash
from crosslight.tune.probe.states import States, states_of
from crosslight.tune.resume import same_setup

PACKAGES = ("torch", "transformers", "scikit-learn", "numpy")
GO_ON = "run the same command again to go on: the states so far are kept"


@dataclass
class _Work:
    job: ProbeJob
    base: Base
    found: Gathered
    network: Network
    began: float
    states: list[Taken] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def run_probe(job: ProbeJob) -> RunResult:
    """Fit probes on the hidden states of `job.base` into `job.out`, and train the refusal head
    where the job has one. Ended by a signal or killed, the same call goes on from the states and
    the checkpoint that are there. A complete run is left as it is; one without a head can get it.

    Raises what a person must mend before.
    """
    need_extra()
    from crosslight.tune.train.watch import Stop, signals

    began, stop = time.monotonic(), Stop()
    with held_folder(job.out, KIND) as held, signals(stop):
        former = read_run(job.out)
        base = locate_base(job.base, job.revision)
        found = requests_of(job, lambda: None)
        if not former:  # killed from the first file on, the folder is that of a tune run
            begin(job.out, KIND)
        _check_setup(job, base, found)
        held.keep = True
        lacks = job.head is not None and "refusal_head" not in former
        if former.get("status") == "complete" and not lacks:
            if not (job.out / CARD).exists():  # killed before its last file
                write_text(job.out / CARD, probe_card(former))
            return RunResult("complete", "", "", former)
        begin(job.out, KIND)
        network = Network(base.folder, Pictures(job.images, job.side), job.out)
        work = _Work(job, base, found, network, began)
        try:
            if not _take_states(work, stop):
                return _finish(work, "stopped", stop.reason, GO_ON)
            fits = _fit(work, stop)
            if fits is None:
                return _finish(work, "stopped", stop.reason, GO_ON)
            with _enough_memory():
                if job.head is not None and not _refusal_head(work, fits, stop):
                    return _finish(work, "stopped", stop.reason, GO_ON)
        except OSError as error:
            raise RunBroken(f"the run broke off: {error}", f"free some space; {GO_ON}") from error
        except DataError as error:
            return _finish(work, "failed", error.message, error.hint)
        except CrosslightError as error:
            _finish(work, "failed", error.message, error.hint)
            raise
        result = _finish(work, "complete", "", "")
        write_text(job.out / CARD, probe_card(result.summary))
        return result


def _check_setup(job: ProbeJob, base: Base, found: Gathered) -> None:
    """Raises `BadSetting` where states, probes or head that are here were made of other things."""
    named = {"name": base.name, "revision": base.revision}
    setup = job.setup(named, rows_hash(found.rows), weights_here()[1])
    same_setup(job.out, setup, kept=(job.out / STATES).exists())
    if job.head is not None:
        from crosslight.tune.probe.refusal import PROMPTS, WORK

        work = job.out / WORK
        work.mkdir(exist_ok=True)
        how = {"epochs": job.head.epochs, "rate": job.head.rate, "prompts": PROMPTS.hashes()}
        begun = (job.out / HEAD).exists() or (work / "checkpoints").exists()
        same_setup(work, {**setup, "head": how}, kept=begun)


@contextmanager
def _enough_memory() -> Iterator[None]:
    """Else the run broke off, with its remedy."""
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        told = str(error).splitlines()[0][:160]
        hint = "--side 512 in a new folder, or a device with more memory"
        raise RunBroken(f"too little memory: {told}", hint) from None


def _take_states(work: _Work, stop: Any) -> bool:
    """States of every row, those on the disk first. False where the run was told to stop."""

    kept, found = KeptStates(work.job.out / STATES), work.found.rows
    for at, part in enumerate(parts(len(found))):
        rows = found[part]
        ids = [f"{row.id}:{row.picture}" for row in rows]
        taken = kept.part(at, ids)
        if taken is None:
            work.network.open()  # a base that cannot be loaded is no fault of any row
            taken = []
            for row in rows:
                if stop.reason:
                    return False
                taken.append(_of_row(work, row))
            kept.keep(at, ids, taken)
        work.states += taken
    return True


def _of_row(work: _Work, row: JudgeRow) -> Taken:
    """The states of one row, or why there are none: its picture, or what it says."""
    network = work.network
    try:
        with _enough_memory():
            inputs = network.inputs(row)
            found = states_of(network.model, network.processor, inputs, work.job.tokens)
    except RunBroken:
        raise
    except (CrosslightError, OSError) as error:
        return f"no_picture: {error}"[:300]
    except (ValueError, TypeError, IndexError, RuntimeError) as error:
        return f"not_read: {type(error).__name__}: {' '.join(str(error).split())}"[:300]
    finite = np.isfinite(found.asked).all() and np.isfinite(found.begun).all()
    return found if finite else "not_finite: the model's states are no numbers"


def _fit(work: _Work, stop: Any) -> Fits | None:
    """Both probes, kept, and what the two together do. None where the run was told to stop. Raises
    `DataError` where there is not even one."""
    both = list(zip(work.found.rows, work.states, strict=True))
    work.lost += [
        Lost(Failed("states", why), row.source, row=row.id)
        for row, why in both
        if isinstance(why, str)
    ]
    known = [(row, one) for row, one in both if isinstance(one, States)]
    fits = fit_both(known, work.job.hidden, work.job.seed)
    if stop.reason:
        return None
    save_probes(work.job.out / PROBES, fits.probes)
    work.facts |= {**fits.facts, "files": {PROBES: file_sha256(work.job.out / PROBES)}}
    work.notes += fits.notes
    return fits


def _refusal_head(work: _Work, fits: Fits, stop: Any) -> bool:
    """Train it on the unsafe rows that the probes were fitted on, measure it on those that nothing
    was chosen on. False where the run was told to stop."""
    from crosslight.tune.probe import refusal
    from crosslight.tune.probe.measure_head import answers_beside, refusals

    job, network = work.job, work.network
    assert job.head is not None
    learnt = [row for row, part in zip(fits.rows, fits.parts, strict=True) if part == "fit"]
    learnt = [row for row in learnt if row.unsafe]
    done = refusal.kept_training(job.out)
    if done is None:
        done = refusal.train_head(network, learnt, job.head, job.seed, job.out, stop)
    if done is None:
        return False
    own, head = refusal.both_heads(network, job.out)
    held = [one for one in fits.held_out if one[0].unsafe]
    found = answers_beside(network, head, fits.held_out, job.tokens, lambda: bool(stop.reason))
    if found is None:
        return False
    rows = [row for row, *_ in held]
    work.facts["refusal_head"] = {
        **done,
        "held_out_loss": {
            "before": refusal.mean_loss(network, own, rows),
            "after": refusal.mean_loss(network, head, rows),
        },
        "refused": refusals(found),
    }
    work.facts["files"][HEAD] = file_sha256(job.out / HEAD)
    return True


def _finish(work: _Work, status: str, reason: str, hint: str) -> RunResult:
    """The lost rows, and run.json last."""
    job, sets = work.job, work.found.sets
    lost = [*lost_of(work.found), *work.lost]
    done = len([one for one in work.states if isinstance(one, States)])
    write_lost(job.out, lost)
    account = Account.of(work.found.inputs, done, (one.outcome for one in lost)).as_json()
    head = job.head and {"epochs": job.head.epochs, "rate": job.head.rate, "batch": BATCH}
    record = {
        "kind": KIND,
        "method": "probe",
        "status": status,
        "reason": reason,
        "hint": hint,
        "account": account,
        "rows": done,
        **{name: account[name] for name in ("inputs", "dropped", "failed")},
        "models": [{"role": "base", "spec": work.base.name, "revision": work.base.revision}],
        "settings": {
            **{"mlp": job.mlp, "tokens": job.tokens, "side": job.side, "limit": job.limit},
            **{"weights": weights_here()[1], "include_sensitive": job.sensitive, "head": head},
        },
        "seed": job.seed,
        "prompts": _prompts(job),
        "data": {
            "name": "; ".join(data.name for data in sets),
            "licence": "; ".join(data.licence for data in sets),
            "files": {name: sha for data in sets for name, sha in data.files},
        },
        "versions": library_versions(PACKAGES),
        **work.facts,
        "notes": [*work.found.notes, *work.notes],
        "seconds": round(time.monotonic() - work.began, 3),
        **Ledger().as_json(),
    }
    write_json(job.out / RUN_FILE, record)
    return RunResult(status, reason, hint, record)


def _prompts(job: ProbeJob) -> dict[str, str]:
    if job.head is None:
        return {}
    from crosslight.tune.probe.refusal import PROMPTS

    return PROMPTS.hashes()
