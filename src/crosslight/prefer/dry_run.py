"""`--dry-run`: what is read, what would be asked of whom, and what of it the store holds."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from crosslight.flow import (
    Estimate,
    Runner,
    Step,
    StoreAlone,
    canary_plans,
    estimate_calls,
    in_thread,
    opened_models,
    sample_notes,
    store_alone,
)
from crosslight.models import Model, ModelError, require_sight
from crosslight.prefer.annotate.ask import AskAnnotator
from crosslight.prefer.annotate.contest import Contest
from crosslight.prefer.annotate.labelled import LabelledSet, labelled_set
from crosslight.prefer.answered import Item
from crosslight.prefer.asked import grading_steps
from crosslight.prefer.asking import check_roles, judges_itself, responders_of
from crosslight.prefer.bank_pairs import pairs_of
from crosslight.prefer.built import source_built
from crosslight.prefer.contests import drawing_of, groups_of
from crosslight.prefer.draw import DrawBy
from crosslight.prefer.fates import Fates
from crosslight.prefer.job import KIND, PreferJob
from crosslight.prefer.plans import ask_plans, compare_plans
from crosslight.prefer.rates import responder_rates
from crosslight.prefer.sources import (
    Inputs,
    inputs_in,
    intake_of,
    question_column,
    screened_for,
)
from crosslight.runs import check_folder, look_alone
from crosslight.store import ImageStore
from crosslight.text import plural

LOOKED_AT = 200
"""Rows that are looked up in the store: a dry run reads no album to its end for that."""
NOTE = (
    "the upper end: every subject that is asked for fits, and every question passes its checks and "
    "is compared; the lower end: no photo leads to a question that does; what is no usable photo "
    "costs nothing"
)


async def estimate_prefer(job: PreferJob) -> Estimate:
    """Count the inputs and estimate the calls. Opens the models, asks them nothing, writes nothing.

    Raises what the run itself would raise before its first call.
    """
    job.check()
    check_folder(job.out, KIND)
    return await (_asked(job) if job.responders else in_thread(_written, job))


def _written(job: PreferJob) -> Estimate:
    built = source_built(job.source)
    made = pairs_of(built, job.config, job.limit)
    read = sum(len(family.rows) for family in built.families)
    told = (
        f"{plural(read, 'row')} of the build read, {made.families:,} families of them used; they "
        f"give {plural(len(made.rows), 'pair')}, and no model is asked"
    )
    return Estimate(made.families, notes=(told,))


async def _asked(job: PreferJob) -> Estimate:
    labelled = await in_thread(labelled_set, job) if job.config.probes else None
    known = 0 if labelled is None else labelled.wanted(job.config.probes)
    setup = job.setup()
    intake = intake_of(job.intake())
    column = await in_thread(question_column, intake, job.question_column, setup.own_places)
    rows = await in_thread(lambda: sum(1 for _ in intake.entries(setup.own_places)))
    given, config = bool(column), job.asking()
    async with opened_models(setup.backends, setup.budget) as models:
        check_roles(models, writes=not given)
        themselves = judges_itself(models)
        plans = [*canary_plans(models.values())] if job.canary else []
        plans += ask_plans(models, config, given=given)
        plans += compare_plans(
            models, config, rows=rows, given=given, probes=job.config.probes, labelled=known
        )
        read = f"rows are read as {'questions, from column ' + column if given else 'photos'}"
        notes = [*themselves, read, *sample_notes(models.values()), NOTE]
        notes.append(await _stored(job, models, column, labelled))
        return estimate_calls(
            rows, plans, attempts=job.policy.attempts, side=job.config.side, notes=notes
        )


async def _stored(
    job: PreferJob, models: Mapping[str, Model], column: str, labelled: LabelledSet | None
) -> str:
    """The run itself as far as its stored answers carry it, in a folder that goes away again."""
    if not job.answers.is_file():
        return "the store holds no answer yet"
    intake = screened_for(intake_of(job.intake()), column)
    with TemporaryDirectory(prefix="crosslight-dry-") as place:
        images = ImageStore(Path(place), fsync=False)
        looked = await look_alone(intake, images, job.setup().own_places, most=LOOKED_AT)
        opened = store_alone(models, job.answers, images, policy=job.policy, seed=job.config.seed)
        with opened as held:
            if job.canary:
                await _canary(held)
            walk = _Walk(job, inputs_in(looked, column), held, labelled)
            reached = await walk.through(whole=looked.whole)
        return _told(held, plural(len(looked.entries), "row"), reached)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Both passes, of stored answers alone."""

    job: PreferJob
    inputs: Inputs
    held: StoreAlone
    labelled: LabelledSet | None

    async def through(self, *, whole: bool) -> bool:
        """Whether the comparisons were reached: what is drawn depends on all replies, so none may
        be missing, nor a row."""
        job, config, context = self.job, self.job.asking(), self.held.context
        responders = responders_of(context.models, config)
        steps = grading_steps(responders, config, given=self.inputs.given)
        items: list[Item] = []
        fates, unread = Fates(self.inputs), 0
        for result in await self._results(steps, self.inputs.rows):
            graded, failed = fates.graded(result)
            items += graded
            unread += failed
        if self.held.missing or not whole:
            return False
        groups = groups_of(items, responder_rates(items, responders, config, unread), config)
        by, probed = DrawBy(job.config.draw), job.config.probes
        drawing = drawing_of(items, groups, config, by=by, probed=probed)
        assert context.images is not None
        known: tuple[Contest, ...] = ()
        if self.labelled is not None:
            known = self.labelled.contests(probed, context.images, seed=job.config.seed)
        contests = (*drawing.contests, *drawing.probes, *known)
        await self._results([AskAnnotator(config)], contests)
        return True

    async def _results(self, steps: Sequence[Step], rows: Sequence[Any]) -> list[Any]:
        return [result async for result in Runner(self.held.context, steps).run(rows)]


async def _canary(held: StoreAlone) -> None:
    for model in dict.fromkeys(held.context.models.values()):
        try:
            await require_sight(model)
        except ModelError:  # not in the store, or blind: the run says so
            continue


def _told(held: StoreAlone, rows: str, reached: bool) -> str:
    stored, missing = held.held, held.missing
    told = f"in the store, of {rows} looked up there: {_tasks(stored)}"
    if not missing and reached:
        return f"{told}; that is all of it: nothing would be asked"
    if missing:
        told += f"; not in it and asked first: {_tasks(missing)}"
    if not reached:
        told += "; comparisons were not looked up, for they hang on all replies"
    return told


def _tasks(counts: Counter[str]) -> str:
    if not counts:
        return "no call"
    named = ", ".join(f"{task} {n:,}" for task, n in sorted(counts.items()))
    return f"{plural(counts.total(), 'call')} ({named})"
