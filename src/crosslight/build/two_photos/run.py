"""A build of two photos from beginning to end: screen, look at each photo, find pairs, walk them.

Photos are taken in blocks, so that rows come while the album is still looked at; a photo is set
beside those of its own and of earlier blocks. What a block does hangs on ids, the seed and the
blocks before it: a resumed run makes the same rows.
"""

from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from crosslight.build.counts import RowCounts, persons_told
from crosslight.build.job import ROLES, BuildJob
from crosslight.build.roles import Subject
from crosslight.build.two_photos.catalogue import LEAST_TO_SPLIT, Catalogue, PhotoSeen
from crosslight.build.two_photos.choose import pair_roles
from crosslight.build.two_photos.prompts import prompt_hashes
from crosslight.build.two_photos.read import read_pair_bank
from crosslight.build.two_photos.records import PAIR_RECIPE, PairIdea, PairRow
from crosslight.build.two_photos.table import write_pairs
from crosslight.build.two_photos.walk import Kept, PairWalk, Placed
from crosslight.flow import Context, RunFailed, RunStop, Step, as_step, in_thread
from crosslight.photos import LeftOut
from crosslight.records import (
    Done,
    Dropped,
    Failed,
    Kind,
    Outcome,
    Photo,
    canonical,
    content_hash,
)
from crosslight.runs import (
    NOT_REACHED,
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

STEPS = ("screen", "photo_alone", "look", "pair", "cross_check", "answer", "controls")
BLOCK = 200
"""Photos that are looked at before their pairs are walked."""


async def run_pairs(
    job: BuildJob,
    watch: Watch = unwatched,
    looked: Progress = unheard,
    *,
    pages: Pages = no_pages,
    console: bool = False,
    canary: Callable[[Hall], Coroutine[Any, Any, None]],
) -> RunResult:
    """Build a dataset of two-photo rows into `job.out`. Raises what a person must mend first."""
    read_pair_bank(job.bank)
    await in_thread(job.entries)
    async with open_hall(job.setup(), watch, exit_at_second_signal=console) as hall:
        build = _Pairs(job, hall)
        started(hall)
        with hall.part():
            if job.canary:
                await hall.aside(canary(hall))
        with hall.part():
            build.take_in(await look(hall, job.intake(), looked))
            hall.check()
            await build.run()
        await build.finish()
        pages(job.out)
    return ended(hall)


class _Pairs:
    """What belongs together while a build runs."""

    def __init__(self, job: BuildJob, hall: Hall) -> None:
        self._job, self._hall, self._config = job, hall, job.config
        self._bank = read_pair_bank(job.bank)
        author, guard, responder = (hall.session.callers[role] for role in ROLES)
        self._roles = pair_roles(author, guard, responder, self._bank, job.config)
        self._counts = RowCounts(STEPS)
        self._kept = Kept(self._counts)
        self._photos: dict[str, Photo] = {}
        self._screened = Looked(())
        self._ends: dict[str, Dropped | Failed] = {}
        """Of photos that were looked at and can be in no pair."""
        self._persons: dict[str, bool | None] = {}
        """Whether a photo shows a person, of those at which perception looked."""
        self._asked: set[str] = set()
        """Photos of which the author was asked, and whose ideas walked to their end."""
        self._ideas: set[tuple[frozenset[str], str]] = set()
        self._beside = LeftOut(job.config.keep_exif)

    def take_in(self, screened: Looked) -> None:
        """What the screen said."""
        self._screened = screened
        self._counts.step("screen")
        for one in screened.entries:
            self._counts.count("screen", [one.outcome])
        self._photos = {photo.id: photo for _, photo in screened.photos}
        self._catalogue = Catalogue(len(self._photos), self._config.seed)
        if 1 < len(self._photos) < LEAST_TO_SPLIT:
            self._hall.notes.append(
                f"fewer than {LEAST_TO_SPLIT} photos: all rows are train, there is no split"
            )
        roles, config = self._roles, self._config
        self._walk = PairWalk(roles, config, self._catalogue, self._kept, self._photos.__getitem__)

    async def run(self) -> None:
        """Block by block. Raises `RunStop`."""
        photos = list(self._photos.values())
        for start in range(0, len(photos), BLOCK):
            block = photos[start : start + BLOCK]
            name = f", block {start // BLOCK + 1}" if len(photos) > BLOCK else ""
            safe = await self._look(f"look{name}", block)
            ideas = await self._propose(f"pair{name}", safe, start)
            async for row, outcome in self._pass(f"walk{name}", [self._walk], ideas):
                if isinstance(outcome, Failed):
                    self._counts.count(PairWalk.name, [outcome])
                    self._kept.lose((*row.place, 0), outcome, row.idea)
            self._asked |= {photo.id for photo in safe}

    async def _look(self, name: str, photos: Sequence[Photo]) -> list[Photo]:
        """Each photo by itself; those that are safe enter the catalogue, in order of the input."""
        guard, author, config = self._roles.guard, self._roles.author, self._config
        eyes = self._roles.eyes

        @as_step("photo_alone")
        async def alone(row: Photo, context: Context) -> Outcome[Subject]:
            subject = await self._subject(row, context)
            unsafe = await guard.photo_alone(subject)
            if unsafe is None:
                return Dropped("photo_alone", "undecided", "the guard gave no probability")
            told = f"unsafe by itself: {unsafe:.3f}"
            if unsafe > config.safe_below:
                reason = "unsafe" if unsafe >= config.unsafe_above else "undecided"
                return Dropped("photo_alone", reason, told)
            if eyes is not None:
                self._persons[row.id] = await eyes.shows_person(subject)
            return Done(subject)

        @as_step("look")
        async def seen(row: Subject, context: Context) -> Outcome[PhotoSeen]:
            return Done(await author.look(row))

        found: dict[str, PhotoSeen] = {}
        async for photo, outcome in self._pass(name, [alone, seen], photos, by_input=True):
            at_look = isinstance(outcome, Done) or outcome.step == "look"
            if at_look:
                self._counts.count("photo_alone", [Done(photo)])
            self._counts.count("look" if at_look else "photo_alone", [outcome])
            if isinstance(outcome, Done):
                found[photo.id] = outcome.value
            else:
                self._ends[photo.id] = outcome
        safe = [photo for photo in photos if photo.id in found]
        for photo in safe:
            self._catalogue.add(found[photo.id])
        return safe

    async def _propose(self, name: str, photos: Sequence[Photo], start: int) -> list[Placed]:
        """Ideas for each photo, in order of the input; of two with the same photos and sentence
        the earlier stays."""
        author, k = self._roles.author, self._config.per_photo

        @as_step("pair")
        async def step(row: Photo, context: Context) -> Outcome[list[Outcome[PairIdea]]]:
            subject = await self._subject(row, context)
            return Done(list(await author.propose(subject, self._catalogue, k)))

        found: dict[str, list[Outcome[PairIdea]]] = {}
        async for photo, outcome in self._pass(name, [step], photos):
            found[photo.id] = outcome.value if isinstance(outcome, Done) else [outcome]
        placed = list[Placed]()
        for at, photo in enumerate(photos, start):
            made = found.get(photo.id) or [
                Dropped("pair", "no_pair", "nothing was found in it for another photo")
            ]
            fresh = [self._fresh(one) for one in made]
            self._counts.count("pair", fresh)
            for number, one in enumerate(fresh):
                if isinstance(one, Done):
                    placed.append(Placed((at, number), one.value))
                elif one.reason != "same_pair" if isinstance(one, Dropped) else True:
                    self._ends.setdefault(photo.id, one)
        return placed

    def _fresh(self, made: Outcome[PairIdea]) -> Outcome[PairIdea]:
        if not isinstance(made, Done):
            return made
        same = (frozenset(made.value.photos), made.value.pattern)
        if same in self._ideas:
            return Dropped("pair", "same_pair", f"{made.value.pattern}: found from the other photo")
        self._ideas.add(same)
        return made

    async def _subject(self, photo: Photo, context: Context) -> Subject:
        assert context.images is not None
        config = self._config
        view = await context.blocking(context.images.view, photo.id, config.side, config.quality)
        return Subject(photo, view)

    async def _pass(
        self, name: str, steps: Sequence[Step], rows: Sequence[Any], *, by_input: bool = False
    ) -> Any:
        """Each row and its end. Raises `RunStop` when the pass ended before its rows did."""
        self._hall.check()
        runner = self._hall.runner(steps, by_input=by_input)
        async with self._hall.watched(name, runner, len(rows)):
            async for result in runner.run(rows):
                for leaf in result.leaves:
                    yield result.row, leaf.outcome
        if runner.status != "complete":
            ending = RunFailed if runner.status == "failed" else RunStop
            raise ending(runner.reason, hint=runner.hint)

    async def finish(self) -> None:
        """Leave the run's tables and its `run.json`."""
        account, lost = self._account(), list(self._lost())
        self._hall.writing(account, lost)
        rows = list(self._rows())
        await in_thread(self._write, rows)
        self._hall.finish(self._told(rows), account, lost)

    def _write(self, rows: Sequence[PairRow]) -> None:
        split = self._catalogue.split if self._photos else (lambda photo: "train")
        write_pairs(
            self._job.out,
            rows,
            self._photos.__getitem__,
            split,
            self._hall.images,
            self._provenance(),
            self._beside,
        )

    def _rows(self) -> Iterator[PairRow]:
        """In order; an unsafe row says which control it lacks, and why."""
        kept = self._kept
        for place, row in sorted(kept.rows.items()):
            beside = (kept.lost.get((*place[:-1], at)) for at in (1, 2))
            missing = [one[0] for one in beside if one is not None and row.kind is Kind.UNSAFE]
            yield replace(row, notes=tuple(map(_why, missing)))

    def _lost(self) -> Iterator[Lost]:
        yield from self._screened.lost
        there = self._in_rows()
        for id, photo in self._photos.items():
            if id in self._ends and id not in there:
                yield Lost(self._ends[id], photo.source, id)
        for _, (outcome, idea) in sorted(self._kept.lost.items()):
            photo = self._photos[idea.photos[0]]
            told = f"{photo.source} + {self._photos[idea.photos[1]].source}"
            yield Lost(outcome, told, photo.id, idea.id, idea.text)
        for id in self._unreached():
            yield Lost(NOT_REACHED, self._photos[id].source, id)

    def _unreached(self) -> list[str]:
        there = self._in_rows() | self._ends.keys() | self._asked
        return [id for id in self._photos if id not in there]

    def _in_rows(self) -> set[str]:
        return {photo for row in self._kept.rows.values() for photo in row.idea.photos}

    def _account(self) -> Account:
        """A photo is finished when a row shows it; else it ended as it did by itself, or as the
        worst of its ideas."""
        there = self._in_rows()
        ends = {id: end for id, end in self._ends.items() if id not in there}
        for outcome, idea in self._kept.lost.values():
            for id in idea.photos:
                if id in self._asked - there and not isinstance(ends.get(id), Failed):
                    ends[id] = outcome
        rest = self._asked - there - ends.keys()
        ended_so = Counter(type(end) for end in ends.values())
        screened = Counter(type(one.outcome) for one in self._screened.entries)
        return Account(
            len(self._screened.entries) + len(self._screened.unread),
            len(there),
            screened[Dropped] + ended_so[Dropped] + len(rest),
            screened[Failed] + ended_so[Failed],
        )

    def _provenance(self) -> dict[str, str]:
        rows = {"recipe": PAIR_RECIPE, "bank": self._bank.sha256[:16]}
        rows["prompts"] = content_hash(canonical(prompt_hashes()))[:16]
        for role, caller in self._hall.session.callers.items():
            rows[role] = f"{caller.card.spec} {caller.card.revision}".strip()
        return rows

    def _told(self, rows: Sequence[PairRow]) -> dict[str, Any]:
        """The part of `run.json` that is the same whenever the same run ends."""
        specs = {role: card.spec for role, card in self._hall.cards.items()}
        inputs = [[one.source, _fate(one.outcome)] for one in self._screened.entries]
        return {
            "rows": len(rows),
            "photos": len(self._photos),
            "photos_with_rows": len(self._in_rows()),
            "labels": _counted(row.label for row in rows),
            "kinds": _counted(str(row.kind) for row in rows),
            "splits": _counted(self._catalogue.split(row.idea.photos[0]) for row in rows),
            "funnel": self._counts.as_json(),
            "coverage": [],
            "titles": self._bank.titles,
            "settings": {
                **self._config.as_json(),
                "recipe": PAIR_RECIPE,
                "command": self._job.command(specs),
            },
            "persons": persons_told(self._persons.get(photo) for photo in self._in_rows()),
            "beside_pixels": self._beside.as_json(),
            "prompts": prompt_hashes(),
            "bank": {"patterns": len(self._bank), "sha256": self._bank.sha256},
            "data": {"inputs_sha256": content_hash(canonical(inputs))},
        }


def _why(outcome: Dropped | Failed) -> str:
    if isinstance(outcome, Failed):
        return f"a control failed: {outcome.error}"
    return f"a control is missing: {outcome.reason.replace('_', ' ')}"


def _fate(outcome: object) -> str:
    return outcome.value.id if isinstance(outcome, Done) else type(outcome).__name__


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
