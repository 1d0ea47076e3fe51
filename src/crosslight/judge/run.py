"""One judging run from beginning to end: open, ask, write tables as verdicts come."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslight.flow import (
    GO_ON,
    Ledger,
    Runner,
    RunStop,
    Session,
    interrupts,
)
from crosslight.judge.config import JudgeConfig
from crosslight.judge.counts import Account
from crosslight.judge.job import Job, Lost
from crosslight.judge.methods import METHODS, Plan, plan_for
from crosslight.judge.panel import Models, Panel
from crosslight.judge.prompts import prompt_hashes
from crosslight.judge.step import Judge
from crosslight.judge.summary import describe
from crosslight.judge.tables import DROPPED, EVIDENCE, FAILED, VERDICTS, evidence_rows, verdict_row
from crosslight.models import NotSupported
from crosslight.policy import PolicyError
from crosslight.records import Done, Dropped, Failed, Verdict, canonical, content_hash
from crosslight.runs import claim
from crosslight.store import AnswerStore, ImageStore, ParquetSink, write_json, write_table

Watching = Callable[[Runner, int], AbstractAsyncContextManager[Any]]
Show = Callable[[Ledger], Watching]


@dataclass(frozen=True, slots=True)
class Result:
    """How the run ended."""

    status: str
    reason: str
    hint: str
    summary: dict[str, Any]


def _silent(ledger: Ledger) -> Watching:
    return lambda runner, total: nullcontext()


async def run_judge(job: Job, show: Show = _silent) -> Result:
    """Judge all targets into `job.out`. Raises what a person must mend before the first call.

    Failed calls do not raise: they are in `failed.parquet`, and never a verdict.
    """
    began = time.monotonic()
    claim(job.out, "judge")
    store = AnswerStore(job.answers)
    session = Session(
        job.backends(),
        store,
        images=ImageStore(job.images),
        budget=job.budget,
        policy=job.policy,
        seed=job.config.seed,
    )
    async with session:
        callers = session.callers
        models = Models(callers["judge"], callers.get("encoder"), callers.get("detector"))
        plan = planned(job, models)
        panel = Panel(plan, job.config, models)
        account = Account([rule.id for rule in plan.rules])
        judge = Judge(panel, notes_of(plan, job.config, models), provenance(job, session, plan))
        runner = Runner(session.context, [judge], fail_on_error=job.fail_on_error)
        status, reason, hint = await _write(job, runner, account, show(session.ledger))
        cards = {role: caller.card for role, caller in session.callers.items()}
        summary = describe(job, plan, account, cards, judge.notes)
        summary |= {"status": status, "reason": reason}
        summary |= {"seconds": round(time.monotonic() - began, 3), **session.ledger.as_json()}
        write_json(job.out / "run.json", summary)
    return Result(status, reason, hint, summary)


async def _write(
    job: Job, runner: Runner, account: Account, watch: Watching
) -> tuple[str, str, str]:
    """Run and write each verdict when its turn comes; returns status, reason and hint."""
    z = job.config.thresholds.z
    lost: list[Lost] = list(job.lost)
    status, reason, hint = "complete", "", ""
    with ExitStack() as stack:
        verdicts = stack.enter_context(ParquetSink(job.out / "verdicts.parquet", VERDICTS))
        evidence = stack.enter_context(ParquetSink(job.out / "evidence.parquet", EVIDENCE))
        try:
            with interrupts(lambda why: runner.stop(why, hint=GO_ON)):
                async with watch(runner, len(job.targets)):
                    async for result in runner.run(job.targets):
                        outcome = result.leaves[0].outcome
                        if isinstance(outcome, Done):
                            verdict: Verdict = outcome.value
                            account.add(verdict)
                            verdicts.write(verdict_row(verdict))
                            for row in evidence_rows(verdict, z):
                                evidence.write(row)
                        else:
                            account.lost += 1
                            lost.append((result.row.source, outcome))
            status, reason, hint = runner.status, runner.reason, runner.hint
        except RunStop as stop:
            status, reason, hint = stop.status, stop.reason, stop.hint
    photos = {target.source: target.photo for target in job.targets}
    write_lost(job.out, lost, photos)
    account.count_lost(lost)
    return status, reason, hint


def planned(job: Job, models: Models) -> Plan:
    """The plan for these models. Raises `NotSupported` where the judge cannot do what it needs."""
    if job.config.method not in METHODS:
        raise PolicyError(
            f"there is no method {job.config.method!r}", hint=f"one of: {', '.join(METHODS)}"
        )
    can = models.judge.capabilities
    if not can.images:
        raise NotSupported(
            f"{models.judge.card.spec} takes no images", hint="name a vision-language model"
        )
    if can.scene and job.config.method != "clue":
        raise NotSupported(
            "the embedded perception makes no verdict; it only answers what is visible",
            hint="--method clue, or name a vision-language model",
        )
    return plan_for(
        job.constitution,
        job.compiled,
        job.config,
        detector=models.detector is not None,
        relevance=models.encoder is not None,
        perceived=can.scene,
        guard=job.guard,
    )


def notes_of(plan: Plan, config: JudgeConfig, models: Models) -> tuple[str, ...]:
    """What was not done, on every verdict."""
    if config.method != "clue":
        return (f"method {config.method}",)
    notes = [f"without {name} (asked for)" for name in config.without]
    if models.encoder is None and "relevance" not in config.without:
        notes.append("no encoder: no relevance scan, every rule was asked")
    if plan.parts.perceived:
        return (
            *notes,
            "embedded perception: sees things and print, no acts or states; "
            "no debiasing, no reasoning",
        )
    if models.detector is None and "debias2" not in config.without:
        notes.append("no detector: no central-region test and no crop of small objects")
    return tuple(notes)


def provenance(job: Job, session: Session, plan: Plan) -> dict[str, str]:
    """What decides a verdict, by hash and by name."""
    found = {
        "constitution": job.constitution.hash[:16],
        "compiled": job.compiled.hash[:16],
        "config": content_hash(canonical(job.config.as_json()))[:16],
        "prompts": content_hash(canonical(prompt_hashes()))[:16],
        "method": job.config.method,
    }
    for role, caller in session.callers.items():
        found[role] = f"{caller.card.spec} {caller.card.revision}".strip()
    return found


def write_lost(out: Path, lost: Iterable[Lost], photos: Mapping[str, str]) -> None:
    """`dropped.parquet` and `failed.parquet`."""
    rows = [(source, photos.get(source, ""), outcome) for source, outcome in lost]
    write_table(
        out / "dropped.parquet",
        DROPPED,
        (
            {
                "input": s,
                "photo": p,
                "row": "",
                "step": o.step,
                "reason": o.reason,
                "detail": o.detail,
                "text": "",
            }
            for s, p, o in rows
            if isinstance(o, Dropped)
        ),
    )
    write_table(
        out / "failed.parquet",
        FAILED,
        (
            {
                "input": s,
                "photo": p,
                "row": "",
                "step": o.step,
                "error": o.error,
                "retryable": o.retryable,
                "hint": o.hint,
            }
            for s, p, o in rows
            if isinstance(o, Failed)
        ),
    )


__all__ = ["Job", "Result", "run_judge"]
