"""A run of prefer with models: questions, replies, grading; then groups; then comparisons.

In two passes, and never streamed: whom a reply is compared with depends on all replies. Between
them `groups.json` is written, with the hash of what it was made from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from crosslight.flow import RunFailed, Step, in_thread
from crosslight.models import ModelError, NotSupported, require_sight
from crosslight.prefer.annotate.ask import AskAnnotator
from crosslight.prefer.annotate.contest import Compared, Contest
from crosslight.prefer.annotate.labelled import LabelledSet, labelled_set
from crosslight.prefer.answered import Item, Responder
from crosslight.prefer.answers import AskResponders
from crosslight.prefer.asked_tables import AskedTables, write_asked, write_groups
from crosslight.prefer.asking import AskConfig, check_roles, judges_itself, responders_of
from crosslight.prefer.comparisons import Comparison, comparison_of
from crosslight.prefer.contests import drawing_of, groups_of
from crosslight.prefer.draw import DrawBy
from crosslight.prefer.fates import Fates
from crosslight.prefer.grade import Grade
from crosslight.prefer.groups import Groups
from crosslight.prefer.job import PreferJob
from crosslight.prefer.questions.checks import CheckQuestion
from crosslight.prefer.questions.choose import ChooseLeaves
from crosslight.prefer.questions.writer import WriteQuestions
from crosslight.prefer.rates import ResponderRates, responder_rates
from crosslight.prefer.sources import Inputs, inputs_of
from crosslight.records import Done
from crosslight.runs import (
    Hall,
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
from crosslight.store import ImageStore


@dataclass
class Asked:
    """What a run has so far. `labelled`: pairs that people wrote, to try the annotator on."""

    labelled: LabelledSet | None = None
    inputs: Inputs = field(default_factory=lambda: Inputs((), (), {}))
    items: list[Item] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    rates: tuple[ResponderRates, ...] = ()
    groups: Groups | None = None
    funnel: list[dict[str, Any]] = field(default_factory=list)


async def run_asked(
    job: PreferJob,
    watch: Watch = unwatched,
    looked: Progress = unheard,
    *,
    pages: Pages = no_pages,
    console: bool = False,
) -> RunResult:
    """Pairs of models' replies. Raises what a person must mend before the first call."""
    labelled = await in_thread(labelled_set, job) if job.config.probes else None
    async with open_hall(job.setup(), watch, exit_at_second_signal=console) as hall:
        started(hall)
        found = Asked(labelled)
        check_roles(hall.context.models, writes=False)
        hall.notes += judges_itself(hall.context.models)
        with hall.part():
            if job.canary:
                await hall.aside(_canary(hall))
        with hall.part():
            found.inputs = await inputs_of(hall, job.intake(), job.question_column, looked)
            hall.check()
        check_roles(hall.context.models, writes=not found.inputs.given)
        fates = Fates(found.inputs)
        with hall.part():
            await _grade(job, hall, found, fates)
            await _compare(job, hall, found, fates)
        tables = AskedTables(job, hall, found.inputs, fates, found.groups)
        write_asked(tables, found.items, found.comparisons, found.rates, found.funnel)
        pages(job.out)
    return ended(hall)


async def _grade(job: PreferJob, hall: Hall, found: Asked, fates: Fates) -> None:
    """First pass: from photos, or given questions, to graded replies; then groups."""
    config = job.asking()
    responders = responders_of(hall.context.models, config)
    steps = grading_steps(responders, config, given=found.inputs.given)
    failed = 0
    try:
        async for result in hall.results(steps, found.inputs.rows, "questions and replies"):
            items, unread = fates.graded(result)
            found.items += items
            failed += unread
    finally:
        found.funnel += hall.funnel
    found.rates = responder_rates(found.items, responders, config, unread=failed)
    found.groups = groups_of(found.items, found.rates, config)
    if "groups" not in hall.former:
        # Of an earlier run in this folder they stay until its tables are replaced.
        write_groups(job.out, found.groups)
    hall.notes += found.groups.notes


def grading_steps(
    responders: tuple[Responder, ...], config: AskConfig, *, given: bool
) -> list[Step]:
    """The first pass; questions that are `given` are not written."""
    steps: list[Step] = [] if given else [ChooseLeaves(config), WriteQuestions(config)]
    return [*steps, CheckQuestion(config), AskResponders(responders, config), Grade(config)]


async def _compare(job: PreferJob, hall: Hall, found: Asked, fates: Fates) -> None:
    """Second pass: what was drawn before the annotator, and probes of known verdict."""
    assert found.groups is not None
    config, by = job.asking(), DrawBy(job.config.draw)
    drawing = drawing_of(found.items, found.groups, config, by=by, probed=job.config.probes)
    fates.drawn(drawing)
    known = await hall.aside(in_thread(_known, job, found.labelled, hall.images))
    contests: Sequence[Contest] = (*drawing.contests, *drawing.probes, *known)
    steps: list[Step] = [AskAnnotator(config)]
    try:
        async for result in hall.results(steps, contests, "comparisons"):
            contest, outcome = result.row, result.leaves[0].outcome
            if isinstance(outcome, Done):
                compared: Compared = outcome.value
                found.comparisons.append(comparison_of(compared))
            else:
                found.comparisons.append(comparison_of((contest, outcome)))
            fates.compared(contest, outcome)
    finally:
        found.funnel += hall.funnel


def _known(job: PreferJob, found: LabelledSet | None, images: ImageStore) -> tuple[Contest, ...]:
    """Pairs that people wrote."""
    if found is None:
        return ()
    return found.contests(job.config.probes, images, seed=job.config.seed)


async def _canary(hall: Hall) -> None:
    """Each model must tell four tiny pictures apart before it is shown photos."""
    for caller in dict.fromkeys(hall.session.callers.values()):
        try:
            await require_sight(caller)
        except NotSupported:
            raise
        except ModelError as error:
            raise RunFailed(f"{caller.card.spec}: {error.message}", hint=error.hint) from error
