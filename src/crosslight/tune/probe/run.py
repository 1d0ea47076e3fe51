"""One run of `tune probe`: read, take states, fit both probes, measure, write."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from crosslight.flow import Ledger
from crosslight.records import CrosslightError, Dropped, Failed, RunBroken, content_hash
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
from crosslight.store import write_json, write_text
from crosslight.text import refuses
from crosslight.tune.base import Base, locate_base, need_extra
from crosslight.tune.job import KIND
from crosslight.tune.judge.read import read_judge_rows
from crosslight.tune.judge.rows import DataError, JudgeData, JudgeRow
from crosslight.tune.pictures import BadPicture, Pictures
from crosslight.tune.probe.card import probe_card
from crosslight.tune.probe.job import ProbeJob
from crosslight.tune.probe.kept import STATES, KeptStates, Taken, parts
from crosslight.tune.probe.measure import Fitted, figures_of, fit_and_measure, parts_of_groups
from crosslight.tune.probe.probe import Probe, save_probes
from crosslight.tune.probe.states import States, asked_of, prepared, states_of
from crosslight.tune.resume import same_setup

PROBES = "probes.npz"
PACKAGES = ("torch", "transformers", "scikit-learn", "numpy")
GO_ON = "run the same command again to go on: the states so far are kept"


@dataclass
class _Work:
    job: ProbeJob
    base: Base
    data: JudgeData
    rows: Sequence[JudgeRow]
    began: float
    states: list[Taken] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def run_probe(job: ProbeJob) -> RunResult:
    """Fit probes on the hidden states of `job.base` into `job.out`. Ended by a signal or killed,
    the same call goes on from the states that were taken. A complete run is left as it is.

    Raises what a person must mend before.
    """
    need_extra()
    from crosslight.tune.train.watch import Stop, signals

    began, stop = time.monotonic(), Stop()
    with held_folder(job.out, KIND) as held, signals(stop):
        former = read_run(job.out)
        base = locate_base(job.base, job.revision)
        data = read_judge_rows(job.data)
        rows = _chosen(job, data)
        named = {"name": base.name, "revision": base.revision}
        same_setup(job.out, job.setup(named, _hash(rows)), kept=(job.out / STATES).exists())
        held.keep = True
        if former.get("status") == "complete":
            return RunResult("complete", "", "", former)
        begin(job.out, KIND)
        work = _Work(job, base, data, rows, began)
        try:
            if not (_take_states(work, stop) and _fit(work, stop)):
                return _finish(work, "stopped", stop.reason, GO_ON)
        except OSError as error:
            raise RunBroken(f"the run broke off: {error}", f"free some space; {GO_ON}") from error
        except DataError as error:
            return _finish(work, "failed", error.message, error.hint)
        result = _finish(work, "complete", "", "")
        write_text(job.out / "README.md", probe_card(result.summary))
        return result


def _chosen(job: ProbeJob, data: JudgeData) -> list[JudgeRow]:
    """The rows, of more than the limit those whose hash is lowest. Raises `DataError`."""
    if not data.train_allowed:
        raise DataError(f"{data.name} may not be trained on: {data.why_not}", "take another set")
    if data.only:
        raise DataError(
            f"all rows of {data.name} are {data.only}: a probe learns from both sides",
            "give a set that has both, e.g. a run of build",
        )
    if job.limit is None or job.limit >= len(data.rows):
        return list(data.rows)
    order = sorted(data.rows, key=lambda r: content_hash(f"{job.seed}:{r.group}:{r.id}".encode()))
    kept = {id(row) for row in order[: job.limit]}
    return [row for row in data.rows if id(row) in kept]


def _hash(rows: Sequence[JudgeRow]) -> str:
    told = ((r.id, r.text, r.picture, r.unsafe, r.group) for r in rows)
    return content_hash("\n".join(map(repr, told)).encode("utf-8", "surrogatepass"))


def _take_states(work: _Work, stop: Any) -> bool:
    """States of every row, those on the disk first. False where the run was told to stop."""
    import torch

    from crosslight.models import open_network, open_processor

    job, kept = work.job, KeptStates(work.job.out / STATES)
    pictures = Pictures(job.images, job.side)
    model = processor = None
    for at, part in enumerate(parts(len(work.rows))):
        rows = work.rows[part]
        ids = [f"{row.id}:{row.picture}" for row in rows]
        found = kept.part(at, ids)
        if found is None:
            if stop.reason:
                return False
            if model is None:
                device = "cuda" if torch.cuda.is_available() else "cpu"
                kind = "bfloat16" if device == "cuda" else "float32"
                model = open_network(work.base.folder, kind).to(device).eval()
                processor = open_processor(work.base.folder)
            found = []
            for row in rows:
                if stop.reason:
                    return False
                found.append(_of_row(work, row, model, processor, pictures))
            kept.keep(at, ids, found)
        work.states += found
    return True


def _of_row(work: _Work, row: JudgeRow, model: Any, processor: Any, pictures: Pictures) -> Taken:
    """The states of one row, or why there are none: its picture, or what it says."""
    import torch

    try:
        if row.lacks_picture:
            raise BadPicture("its picture is not here")
        shown = [] if row.image is None else [pictures.keep(row.image.read(), work.job.out)]
        images = [pictures.show(sha) for sha in shown]
        inputs = prepared(processor, asked_of(row.text, len(images)), images)
        found = states_of(model, processor, inputs, work.job.tokens)
    except torch.OutOfMemoryError as error:
        told = str(error).splitlines()[0][:160]
        raise RunBroken(f"too little memory: {told}", f"--side 512; {GO_ON}") from None
    except (CrosslightError, OSError) as error:
        return f"no_picture: {error}"[:300]
    except (ValueError, TypeError, IndexError, RuntimeError) as error:
        return f"not_read: {type(error).__name__}: {' '.join(str(error).split())}"[:300]
    finite = np.isfinite(found.asked).all() and np.isfinite(found.begun).all()
    return found if finite else "not_finite: the model's states are no numbers"


def _fit(work: _Work, stop: Any) -> bool:
    """Both probes, and what the two together do. False where the run was told to stop. Raises
    `DataError` where there is not even one."""
    both = list(zip(work.rows, work.states, strict=True))
    work.lost += [
        Lost(Failed("states", why), row.source, row=row.id)
        for row, why in both
        if isinstance(why, str)
    ]
    rows = [row for row, one in both if isinstance(one, States)]
    states = [one for one in work.states if isinstance(one, States)]
    if not states:
        raise DataError("no row could be shown to the model", "see failed.parquet for why")
    groups, options = (
        [row.group for row in rows],
        {"hidden": work.job.hidden, "seed": work.job.seed},
    )
    unsafe = [row.unsafe for row in rows]
    complies = [int(not refuses(one.answer)) for one in states]
    asked, begun = (np.stack([getattr(s, name) for s in states]) for name in ("asked", "begun"))
    first = fit_and_measure(asked, unsafe, groups, **options)
    if stop.reason:
        return False
    second = fit_and_measure(begun, complies, groups, **options)
    if first.probe is None:
        raise DataError(
            f"the probe for unsafe requests: {first.reason}",
            "give more rows: a probe needs both labels in each of three slices of the groups",
        )
    probes = {"unsafe": first.probe}
    if second.probe is not None:
        probes["complies"] = second.probe
    else:
        work.notes.append(
            f"no probe for whether the model will comply ({second.reason}; of {len(states):,} "
            f"answers {sum(complies):,} do not decline): the first probe alone decides"
        )
    save_probes(work.job.out / PROBES, probes)
    work.facts = {
        "probes": {
            "unsafe": first.figures,
            "complies": second.figures or {"reason": second.reason},
        },
        "switch": _switched(first.probe, second, asked, begun, unsafe, groups, work.job.seed),
        "declined": {"n": len(states) - sum(complies), "of": len(states)},
    }
    return True


def _switched(
    first: Probe,
    second: Fitted,
    asked: Any,
    begun: Any,
    unsafe: Sequence[int],
    groups: Sequence[str],
    seed: int,
) -> dict[str, Any]:
    """Of the rows that nothing was chosen on: how often the two together switch, by side."""
    test = np.asarray(parts_of_groups(groups, seed)) == "test"
    said = first.probability(asked) >= first.threshold
    if second.probe is not None:
        said &= second.probe.probability(begun) >= second.probe.threshold
    return figures_of(said[test], np.asarray(unsafe)[test])


def _finish(work: _Work, status: str, reason: str, hint: str) -> RunResult:
    """The lost rows, and run.json last."""
    job, data = work.job, work.data
    left = [
        Lost(Dropped("read", why), data.name) for why, n in data.left_out.items() for _ in range(n)
    ]
    lost = [*left, *work.lost]
    inputs = len(work.rows) + len(left)
    done = len([one for one in work.states if isinstance(one, States)])
    outcomes = Counter(type(one.outcome).__name__ for one in lost)
    write_lost(job.out, lost)
    account = Account.of(inputs, done, (one.outcome for one in lost)).as_json()
    record = {
        "kind": KIND,
        "method": "probe",
        "status": status,
        "reason": reason,
        "hint": hint,
        "account": account,
        "rows": done,
        "inputs": inputs,
        "dropped": outcomes["Dropped"],
        "failed": outcomes["Failed"],
        "models": [{"role": "base", "spec": work.base.name, "revision": work.base.revision}],
        "settings": {"mlp": job.mlp, "tokens": job.tokens, "side": job.side, "limit": job.limit},
        "seed": job.seed,
        "prompts": {},
        "data": {"name": data.name, "licence": data.licence, "files": dict(data.files)},
        "versions": library_versions(PACKAGES),
        **work.facts,
        "notes": [*data.notes, *work.notes],
        "seconds": round(time.monotonic() - work.began, 3),
        **Ledger().as_json(),
    }
    write_json(job.out / RUN_FILE, record)
    return RunResult(status, reason, hint, record)
