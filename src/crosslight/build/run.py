"""One build from beginning to end: open, screen, run the recipe, leave a run directory."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

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
from crosslight.build.two_photos import PAIR_RECIPE, PairBuild, read_pair_bank, sent_hashes
from crosslight.build.waves import ScenarioMap
from crosslight.flow import RunFailed, Session, in_thread
from crosslight.models import LabelSpace, ModelError, NotSupported, Vectors, require_sight
from crosslight.records import Done, Photo, canonical, content_hash
from crosslight.runs import (
    Account,
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
    opened = await _opened(job)
    async with open_hall(job.setup(), watch, exit_at_second_signal=console) as hall:
        await in_thread(lambda: opened.rescue(hall))
        started(hall)  # before the log: a folder with a log and nothing else is a stranger's
        with opened_log(job.out / LOG_FILE) as log:
            build = opened.build(hall, log)
            with hall.part():
                if job.canary:
                    await hall.aside(_canary(hall))
            with hall.part():
                # After a stop too: it then only lists what is there, so that the account is whole.
                photos = _take_in(build, log, hall, await look(hall, job.intake(), looked))
                hall.check()
                await build.run(photos)
            log.commit()
            told, account, lost = await build.finish()
            hall.finish(told, account, lost)
            pages(job.out)
    return ended(hall)


class _Building(Protocol):
    """A build of either kind, while it runs."""

    @property
    def counts(self) -> RowCounts:
        """Where every row went."""
        ...

    def add(self, at: int, photo: Photo) -> None:
        """A photo of the input, not looked at yet."""
        ...

    async def run(self, photos: Sequence[str]) -> None:
        """Make the rows of these photos. Raises `RunStop`."""
        ...

    async def finish(self) -> tuple[dict[str, Any], Account, Collection[Lost]]:
        """Write the run's tables; returns what `run.json` tells of them."""
        ...


@dataclass(frozen=True)
class _Opened:
    """A build whose bank and inputs are known to be there. `rescue`: writes down what a killed run
    of the same kind had finished."""

    build: Callable[[Hall, RowLog], _Building]
    rescue: Callable[[Hall], object]


async def _opened(job: BuildJob) -> _Opened:
    """Raises what a person must mend."""
    if job.config.images == 2:
        pairs = read_pair_bank(job.bank)
        await in_thread(job.entries)
        hashes = sent_hashes()

        def of_two(hall: Hall, log: RowLog) -> _Building:
            told = _provenance(hall.session, PAIR_RECIPE, pairs.sha256, hashes)
            return PairBuild(job, hall, pairs, log, told)

        # Its rows come again from the stored answers: nothing is asked twice.
        return _Opened(of_two, lambda hall: None)
    bank = read_bank(job.bank)
    await in_thread(job.entries)

    def told(hall: Hall) -> dict[str, str]:
        return _provenance(hall.session, RECIPE_VERSION, bank_hash(bank), prompt_hashes())

    return _Opened(
        lambda hall, log: _Build(job, hall, bank, log, told(hall)),
        lambda hall: rescue(job, hall, bank, _meaning, told(hall)),
    )


def _take_in(build: _Building, log: RowLog, hall: Hall, screened: Looked) -> list[str]:
    """Write down what the screen said; returns the photos. Nothing of it is held longer."""
    photos = dict[str, None]()
    build.counts.step("screen")
    for at, one in enumerate(screened.entries):
        build.counts.count("screen", [one.outcome])
        if isinstance(one.outcome, Done):
            photos[one.outcome.value.id] = None
            build.add(at, one.outcome.value)
        else:
            log.lose(f"-{place_of(at)}", Lost(one.outcome, one.source))
        log.add_input(at, one.source, _fate(one.outcome))
    for at, name in enumerate(screened.unread, len(screened.entries)):
        log.add_input(at, name, UNREAD)
    log.commit()
    hall.notes += _simplified(photo for _, photo in screened.photos)
    return list(photos)


class _Build:
    """What belongs together while a build of one photo runs."""

    def __init__(
        self, job: BuildJob, hall: Hall, bank: Bank, log: RowLog, provenance: dict[str, str]
    ) -> None:
        author, guard, responder = (hall.session.callers[role] for role in ROLES)
        roles = roles_for(author, guard, responder, bank, job.config)
        self._job, self._hall, self._bank, self._log = job, hall, bank, log
        self.counts = RowCounts()
        self._provenance = provenance
        log.write("INSERT INTO made_with VALUES (?)", (made_with(job, self._provenance),))
        self._map = ScenarioMap(bank, _meaning, job.config.seed)
        kit = RecipeParts(roles, Album(log, job.config), job.config)
        self._album = kit.album
        self._recipe = Recipe(kit, log, hall.context, self.counts, self._map, self._provenance)
        self._recipe.runner = lambda steps, by_input: hall.runner(steps, by_input=by_input)
        self._recipe.watch = hall.watched
        self._recipe.save = self._save

    def add(self, at: int, photo: Photo) -> None:
        """A photo of the input, not looked at yet."""
        self._album.add(at, photo)

    async def run(self, photos: Sequence[str]) -> None:
        """Wave by wave. Raises `RunStop`."""
        await self._recipe.run(photos)

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

    async def finish(self) -> tuple[dict[str, Any], Account, LostRows]:
        """Write the run's tables; returns what `run.json` tells of them."""
        job, hall, recipe = self._job, self._hall, self._recipe
        recipe.finish()
        self._log.commit()
        if recipe.enough:
            hall.notes.append(recipe.enough)
        hall.notes += [*recipe.notes, *(str(v.novelty) for v in self._map.versions[-1:])]
        outcome = BuildOutcome(
            log=self._log,
            scenarios=self._map,
            account=self.counts,
            bank=self._bank,
            ours=job.bank.resolve() == BANK_FOLDER.resolve(),
            config=job.config,
            prompts=prompt_hashes(),
            command=job.command({role: card.spec for role, card in hall.cards.items()}),
        )
        account, lost = account_of(self._log), LostRows(self._log)
        hall.writing(account, lost)
        tally = await in_thread(self._write)
        return describe(outcome, tally), account, lost


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


def _provenance(
    session: Session, recipe: str, bank: str, prompts: Mapping[str, str]
) -> dict[str, str]:
    """What of the set-up stands on every row."""
    rows = {"recipe": recipe, "bank": bank[:16]}
    rows["prompts"] = content_hash(canonical(prompts))[:16]
    for role, caller in session.callers.items():
        card = caller.card
        rows[role] = f"{card.spec} {card.revision}".strip()
    return rows
