"""One build from beginning to end: open, screen, run the recipe, leave a run directory."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

from crosslight.build.album import Album
from crosslight.build.bank import BANK_FOLDER, Bank, bank_hash, read_bank
from crosslight.build.config import RECIPE_VERSION
from crosslight.build.counts import RowCounts
from crosslight.build.job import ROLES, BuildJob
from crosslight.build.prompts import prompt_hashes
from crosslight.build.recipe import Recipe
from crosslight.build.rescue import made_with, rescue
from crosslight.build.roles import roles_for
from crosslight.build.row_log import LOG_FILE, RowLog, opened_log, place_of
from crosslight.build.steps import RecipeParts
from crosslight.build.summary import (
    UNREAD,
    BuildOutcome,
    LostRows,
    Tally,
    account_of,
    describe,
    write_build,
)
from crosslight.build.two_photos import run_pairs
from crosslight.build.waves import ScenarioMap
from crosslight.flow import RunFailed, Session, in_thread
from crosslight.models import LabelSpace, ModelError, NotSupported, Vectors, require_sight
from crosslight.records import Done, Photo, canonical, content_hash
from crosslight.runs import (
    Hall,
    Looked,
    Lost,
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
    if job.config.images == 2:
        return await run_pairs(job, watch, looked, pages=pages, console=console, canary=_canary)
    bank = read_bank(job.bank)
    await in_thread(job.entries)
    async with open_hall(job.setup(), watch, exit_at_second_signal=console) as hall:
        provenance = _provenance(hall.session, bank)
        await in_thread(lambda: rescue(job, hall, bank, _meaning, provenance))
        with opened_log(job.out / LOG_FILE) as log:
            build = _Build(job, hall, bank, log)
            started(hall)
            with hall.part():
                if job.canary:
                    await hall.aside(_canary(hall))
            with hall.part():
                # After a stop too: it then only lists what is there, so that the account is whole.
                photos = build.take_in(await look(hall, job.intake(), looked))
                hall.check()
                await build.recipe.run(photos)
            await build.finish()
            pages(job.out)
    return ended(hall)


class _Build:
    """What belongs together while a build runs."""

    def __init__(self, job: BuildJob, hall: Hall, bank: Bank, log: RowLog) -> None:
        author, guard, responder = (hall.session.callers[role] for role in ROLES)
        roles = roles_for(author, guard, responder, bank, job.config)
        self._job, self._hall, self._bank, self._log = job, hall, bank, log
        self._counts = RowCounts()
        self._provenance = _provenance(hall.session, bank)
        log.write("INSERT INTO made_with VALUES (?)", (made_with(job, self._provenance),))
        self._map = ScenarioMap(bank, _meaning, job.config.seed)
        kit = RecipeParts(roles, Album(log, job.config), job.config)
        self._album = kit.album
        self.recipe = Recipe(kit, log, hall.context, self._counts, self._map, self._provenance)
        self.recipe.runner = lambda steps, by_input: hall.runner(steps, by_input=by_input)
        self.recipe.watch = hall.watched
        self.recipe.save = self._save

    def take_in(self, screened: Looked) -> list[str]:
        """Write down what the screen said; returns the photos. Nothing of it is held longer."""
        log, photos = self._log, dict[str, None]()
        for at, one in enumerate(screened.entries):
            self._counts.count("screen", [one.outcome])
            if isinstance(one.outcome, Done):
                photos[one.outcome.value.id] = None
                self._album.add(at, one.outcome.value)
            else:
                log.lose(f"-{place_of(at)}", Lost(one.outcome, one.source))
            log.add_input(at, one.source, _fate(one.outcome))
        for at, name in enumerate(screened.unread, len(screened.entries)):
            log.add_input(at, name, UNREAD)
        log.commit()
        self._hall.notes += _simplified(photo for _, photo in screened.photos)
        return list(photos)

    async def _save(self) -> None:
        """What there is after a wave; not over an earlier run that had come further."""
        if self._hall.may_replace(account_of(self._log)):
            await in_thread(self._write)

    def _write(self) -> Tally:
        job = self._job
        return write_build(
            job.out,
            self._log,
            self._map,
            self._hall.images,
            job.config,
            self._provenance,
            copies=job.screen.near_bits is None,
        )

    async def finish(self) -> None:
        """Leave the run's tables and its `run.json`."""
        job, hall, recipe = self._job, self._hall, self.recipe
        recipe.finish()
        self._log.commit()
        if recipe.enough:
            hall.notes.append(recipe.enough)
        hall.notes += [*recipe.notes, *(str(v.novelty) for v in self._map.versions[-1:])]
        outcome = BuildOutcome(
            log=self._log,
            scenarios=self._map,
            account=self._counts,
            bank=self._bank,
            ours=job.bank.resolve() == BANK_FOLDER.resolve(),
            config=job.config,
            prompts=prompt_hashes(),
            command=job.command({role: card.spec for role, card in hall.cards.items()}),
        )
        account, lost = account_of(self._log), LostRows(self._log)
        hall.writing(account, lost)
        tally = await in_thread(self._write)
        hall.finish(describe(outcome, tally), account, lost)


def _fate(outcome: object) -> str:
    """The photo's id, or the kind of outcome."""
    return outcome.value.id if isinstance(outcome, Done) else type(outcome).__name__


def _simplified(photos: Iterable[Photo]) -> list[str]:
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
