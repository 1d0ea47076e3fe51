"""One judging run from beginning to end: open, ask, write tables as verdicts come."""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any

from crosslight.flow import Session
from crosslight.judge.asking import Models, models_of
from crosslight.judge.config import CHAINED, DEFAULT, JudgeConfig, Thresholds
from crosslight.judge.counts import Counts
from crosslight.judge.inputs import Inputs, inputs_of
from crosslight.judge.job import JudgeJob
from crosslight.judge.methods import METHODS, Plan, plan_for
from crosslight.judge.panel import Panel
from crosslight.judge.prompts import prompt_hashes
from crosslight.judge.step import Judge
from crosslight.judge.summary import describe
from crosslight.judge.tables import EVIDENCE, VERDICTS, evidence_rows, verdict_row
from crosslight.models import NotSupported
from crosslight.policy import PolicyError
from crosslight.records import BadSetting, Done, Verdict, canonical, content_hash
from crosslight.runs import (
    Hall,
    Lost,
    Pages,
    Progress,
    RunResult,
    Watch,
    ended,
    no_pages,
    open_hall,
    started,
    unheard,
    unwatched,
)
from crosslight.store import ParquetSink

MEASURED_ENCODER = "clip-vit-base-patch16"
"""What the default `relevance_t` is of."""
LONGEST_SCANNED = 55
"""Words that 77 tokens of CLIP hold with some certainty."""
After = Callable[[JudgeJob], Awaitable[dict[str, Any]]]
"""Further work on the verdicts of a run, such as the policy-flip test."""


async def nothing_after(job: JudgeJob) -> dict[str, Any]:
    """None."""
    return {}


async def run_judge(
    job: JudgeJob,
    watch: Watch = unwatched,
    looked: Progress = unheard,
    *,
    pages: Pages = no_pages,
    after: After = nothing_after,
    console: bool = False,
) -> RunResult:
    """Judge all images into `job.out`. Raises what a person must mend before the first call.

    Failed calls do not raise: they are in `failed.parquet`, and never a verdict. `after` is awaited
    when all verdicts are written, and adds to `run.json`. `console`: the second Ctrl-C ends the
    process.
    """
    async with open_hall(job.setup(), watch, exit_at_second_signal=console) as hall:
        callers = hall.session.callers
        models = models_of(callers)
        plan = planned(job, models)
        started(hall)
        counts = Counts([rule.id for rule in plan.rules], plan.parts)
        notes = notes_of(plan, job.config, models)
        judge = Judge(Panel(plan, job.config, models), notes, provenance(job, hall.session))
        inputs, lost = Inputs((), ()), list[Lost]()
        with hall.part():
            inputs = await inputs_of(hall, job.intake, job.targets, job.lost, looked)
        lost += inputs.lost
        await _write(job, hall, judge, inputs, counts, lost)
        counts.count_lost(lost)
        told = describe(job, plan, counts, inputs.targets, notes)
        with hall.part():
            if hall.status == "complete":
                told |= await after(job)
        hall.finish(told, inputs.account(counts.judged, lost), lost)
        pages(job.out)
    return ended(hall)


async def _write(
    job: JudgeJob, hall: Hall, judge: Judge, inputs: Inputs, counts: Counts, lost: list[Lost]
) -> None:
    """Ask, and write each verdict when its turn comes."""
    z = job.config.thresholds.z
    reached: set[int] = set()
    with ExitStack() as stack:
        verdicts = stack.enter_context(ParquetSink(job.out / "verdicts.parquet", VERDICTS))
        evidence = stack.enter_context(ParquetSink(job.out / "evidence.parquet", EVIDENCE))
        with hall.part():
            async for result in hall.results([judge], inputs.targets):
                reached.add(result.index)
                outcome = result.leaves[0].outcome
                if isinstance(outcome, Done):
                    verdict: Verdict = outcome.value
                    counts.add(verdict)
                    verdicts.write(verdict_row(verdict))
                    for row in evidence_rows(verdict, z):
                        evidence.write(row)
                else:
                    lost.append(Lost(outcome, result.row.source, result.row.photo))
        hall.writing(inputs.account(counts.judged, lost), lost)
    lost += inputs.unreached(reached)


def planned(job: JudgeJob, models: Models) -> Plan:
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
    if can.scene and job.config.method not in CHAINED:
        raise NotSupported(
            "the embedded perception makes no verdict; it only answers what is visible",
            hint=f"--method {CHAINED[0]}, or name a vision-language model",
        )
    plan = plan_for(
        job.constitution,
        job.compiled,
        job.config,
        detector=models.detector is not None,
        relevance=models.encoder is not None,
        perceived=can.scene,
        guard=job.guard,
    )
    if plan.overall and job.config.by_rule:
        raise BadSetting(
            f"the method {job.config.method} judges the image as a whole: no rule of it, such as "
            f"{min(job.config.by_rule)!r}, has a threshold of its own",
            f"--method {DEFAULT}, or a threshold without the name of a rule",
        )
    return plan


def notes_of(plan: Plan, config: JudgeConfig, models: Models) -> tuple[str, ...]:
    """What was not done, on every verdict."""
    if config.method not in CHAINED:
        return (f"method {config.method}",)
    notes = [f"method {config.method}"] if config.method != DEFAULT else []
    notes += [f"without {name} (asked for)" for name in config.without]
    if models.encoder is None and "relevance" not in config.without:
        notes.append("no encoder: no relevance scan, every rule was asked")
    if models.encoder is not None and plan.parts.relevance:
        notes += notes_of_scan(plan, config, models.encoder.card.spec)
    if plan.parts.perceived:
        return (
            *notes,
            "embedded perception: sees things and print, no acts or states; "
            "no debiasing, no reasoning",
        )
    if models.detector is None and "debias2" not in config.without:
        notes.append("no detector: no central-region test and no crop of small objects")
    return tuple(notes)


def notes_of_scan(plan: Plan, config: JudgeConfig, encoder: str) -> list[str]:
    """What the relevance scan does not know: where to cut, and the ends of long rules."""
    notes, t = [], config.thresholds.relevance_t
    if MEASURED_ENCODER not in encoder and t == Thresholds().relevance_t:
        notes.append(
            f"relevance_t {t:g} was measured for {MEASURED_ENCODER}, of this encoder no number is "
            "known: relevance_points of run.json says what other numbers would skip"
        )
    long = [rule.id for rule in plan.rules if len(rule.text.split()) > LONGEST_SCANNED]
    if long:
        named = ", ".join(long[:3]) + f" and {len(long) - 3} more" * (len(long) > 3)
        notes.append(
            f"an encoder such as CLIP reads 77 tokens of a rule, and may not see the end of {named}"
        )
    return notes


def provenance(job: JudgeJob, session: Session) -> dict[str, str]:
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
