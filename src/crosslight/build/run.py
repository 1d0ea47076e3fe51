"""One build from beginning to end: open, screen, run the recipe, leave a run directory."""

from collections import Counter
from collections.abc import Sequence
from functools import cache

from crosslight.build.album import Album
from crosslight.build.bank import BANK_FOLDER, Bank, bank_hash, read_bank
from crosslight.build.config import RECIPE_VERSION
from crosslight.build.counts import RowCounts
from crosslight.build.coverage import Scenarios
from crosslight.build.job import ROLES, BuildJob
from crosslight.build.prompts import prompt_hashes
from crosslight.build.recipe import Recipe
from crosslight.build.roles import roles_for
from crosslight.build.steps import RecipeParts
from crosslight.build.summary import UNREAD, BuildOutcome, account_of, describe, write_build
from crosslight.flow import RunFailed, Session, in_thread
from crosslight.models import LabelSpace, ModelError, NotSupported, Vectors, require_sight
from crosslight.records import Done, Photo, canonical, content_hash
from crosslight.runs import (
    Hall,
    Looked,
    Pages,
    Progress,
    RunResult,
    Watch,
    ended,
    look,
    no_pages,
    open_hall,
    started,
    unheard,
    unwatched,
)
from crosslight.text import plural


async def run_build(
    job: BuildJob,
    watch: Watch = unwatched,
    looked: Progress = unheard,
    *,
    pages: Pages = no_pages,
    console: bool = False,
) -> RunResult:
    """Build a dataset into `job.out`. Raises what a person must mend before the first call.

    Model and row errors do not raise: they are in `failed.parquet` and in the funnel. `console`:
    the second Ctrl-C ends the process.
    """
    bank = read_bank(job.bank)
    await in_thread(job.entries)
    async with open_hall(job.setup(), watch, exit_at_second_signal=console) as hall:
        author, guard, responder = (hall.session.callers[role] for role in ROLES)
        roles = roles_for(author, guard, responder, bank, job.config)
        counts = RowCounts()
        kit = RecipeParts(roles, Album((), job.config), job.config)
        provenance = _provenance(hall.session, bank)
        recipe = Recipe(kit, hall.context, counts, Scenarios(bank, _meaning), provenance)
        recipe.runner = lambda steps, by_input: hall.runner(steps, by_input=by_input)
        recipe.watch = lambda name, runner, total: watch(name, runner, hall.ledger, total)
        screened = Looked(())
        started(hall)
        with hall.part():
            if job.canary:
                await hall.aside(_canary(hall))
        with hall.part():
            # After a stop too: it then only lists what is there, so that the account is whole.
            screened = await look(hall, job.intake(), looked)
            photos = _screened(screened, counts)
            hall.notes += _simplified(photos)
            hall.check()
            await recipe.run(photos)
        outcome = BuildOutcome(
            samples=list(recipe.samples.values()),
            photos={photo.id: photo for _, photo in screened.photos},
            inputs=[
                *((one.source, _fate(one.outcome)) for one in screened.entries),
                *((name, UNREAD) for name in screened.unread),
            ],
            coverage=recipe.coverage,
            account=counts,
            images=hall.images,
            bank=bank,
            ours=job.bank.resolve() == BANK_FOLDER.resolve(),
            config=job.config,
            prompts=prompt_hashes(),
            command=job.command({role: card.spec for role, card in hall.cards.items()}),
        )
        account, left = account_of(outcome, ended=hall.status == "complete")
        lost = [*counts.lost, *left]
        hall.writing(account, lost)
        splits = write_build(job.out, outcome)
        hall.finish(describe(outcome, splits), account, lost)
        pages(job.out)
    return ended(hall)


def _fate(outcome: object) -> str:
    """The photo's id, or the kind of outcome."""
    return outcome.value.id if isinstance(outcome, Done) else type(outcome).__name__


def _screened(screened: Looked, counts: RowCounts) -> list[Photo]:
    """Count what the screen said; returns the photos."""
    for one in screened.entries:
        counts.count("screen", one.outcome)
        if not isinstance(one.outcome, Done):
            counts.lose(one.outcome, None, one.source)
    return [photo for _, photo in screened.photos]


def _simplified(photos: Sequence[Photo]) -> list[str]:
    """How many photos are used by a part of what their files hold."""
    found = Counter(note for photo in photos for note in photo.notes)
    return [f"{plural(n, 'photo')}: {note} (in the notes of the rows)" for note, n in found.items()]


async def _canary(hall: Hall) -> None:
    """Each model must tell four tiny pictures apart before it is shown photos.

    An endpoint that does not answer ends the run as failed, a budget that does not reach so far as
    stopped. Raises `NotSupported` for a model that does not see: that is for a person to mend.
    """
    for caller in dict.fromkeys(hall.session.callers.values()):
        if caller.capabilities.scene:
            continue  # perception is in this process, and tested with it
        try:
            await require_sight(caller)
        except NotSupported:
            raise
        except ModelError as error:
            raise RunFailed(f"{caller.card.spec}: {error.message}", hint=error.hint) from error


@cache
def _space() -> LabelSpace:
    return LabelSpace()


def _meaning(texts: Sequence[str]) -> Vectors:
    """Word vectors of texts; loaded when a build has ideas that are not the bank's."""
    return _space().texts(texts)


def _provenance(session: Session, bank: Bank) -> dict[str, str]:
    """What of the set-up stands on every row."""
    rows = {"recipe": RECIPE_VERSION, "bank": bank_hash(bank)[:16]}
    rows["prompts"] = content_hash(canonical(prompt_hashes()))[:16]
    for role, caller in session.callers.items():
        card = caller.card
        rows[role] = f"{card.spec} {card.revision}".strip()
    return rows
