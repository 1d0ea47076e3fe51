"""A build of two photos: look at each photo, find pairs, walk them.

Photos are taken in blocks, so that rows come while the album is still looked at; a photo is set
beside those of its own and of earlier blocks. What a block does hangs on ids, the seed and the
blocks before it: a resumed run makes the same rows.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crosslight.build.counts import RowCounts, RowTally, persons_told, unread_told
from crosslight.build.crosscheck import photo_fault
from crosslight.build.job import ROLES, BuildJob
from crosslight.build.passes import SPARE_WALKS, passed
from crosslight.build.roles import UNREAD_NOTES, Subject
from crosslight.build.row_log import RowLog, place_of
from crosslight.build.splits import Said, Splits, groups_in
from crosslight.build.summary import LostRows, account_of, inputs_hash, missing_controls
from crosslight.build.two_photos.catalogue import Catalogue, PhotoSeen
from crosslight.build.two_photos.choose import pair_roles
from crosslight.build.two_photos.log import ENDS, PairLog, behind
from crosslight.build.two_photos.prompts import sent_hashes
from crosslight.build.two_photos.read import PairBank
from crosslight.build.two_photos.records import PAIR_RECIPE, PairIdea, PairRow
from crosslight.build.two_photos.table import write_pairs
from crosslight.build.two_photos.walk import PairWalk, Placed, subject_of
from crosslight.flow import Context, Step, as_step, in_thread
from crosslight.photos import LeftOut
from crosslight.records import Done, Dropped, Failed, Kind, Outcome, Photo
from crosslight.runs import Account, Hall

STEPS = ("screen", "photo_alone", "look", "pair", "cross_check", "answer", "controls")
NOT_SOUGHT = "the build was stopped before all were sought"
BLOCK = 200
"""Photos that are looked at before their pairs are walked."""


@dataclass(slots=True)
class _Tally(RowTally):
    """What was counted while the dataset was written."""

    beside: LeftOut = field(default_factory=LeftOut)
    unread: int = 0
    """Rows of which a guard left a question unanswered."""
    notes: list[str] = field(default_factory=list)

    def add(self, row: PairRow, split: str) -> None:
        """One row."""
        self.count(row.label, str(row.kind), split)
        self.unread += any(note.startswith(UNREAD_NOTES) for note in row.check.notes)


class PairBuild:
    """What belongs together while a build of two photos runs."""

    def __init__(
        self, job: BuildJob, hall: Hall, bank: PairBank, log: RowLog, provenance: dict[str, str]
    ) -> None:
        self._job, self._hall, self._config, self._bank = job, hall, job.config, bank
        author, guard, responder = (hall.session.callers[role] for role in ROLES)
        self._roles = pair_roles(author, guard, responder, bank, job.config)
        self._provenance = provenance
        self.counts = RowCounts(STEPS)
        self._log = PairLog(log)
        self._groups: dict[str, str] = {}

    def add(self, at: int, photo: Photo) -> None:
        """A photo of the input, not looked at yet."""
        self._log.log.add_photo(at, photo, "")

    async def run(self, photos: Sequence[str]) -> None:
        """Block by block. Raises `RunStop`."""
        log = self._log.log
        if self._job.screen.near_bits is None:
            self._groups = groups_in(log)  # the screen let copies in
        catalogue = Catalogue(log, len(photos), self._config.seed, self._groups)
        walk = PairWalk(self._roles, self._config, catalogue, self._log, self.counts)
        for start in range(0, len(photos), BLOCK):
            if _doubled(start // BLOCK):
                await self._save()
            block = [log.photo(photo) for photo in photos[start : start + BLOCK]]
            name = f", block {start // BLOCK + 1}" if len(photos) > BLOCK else ""
            safe = await self._look(f"look{name}", block, catalogue)
            ideas = await self._propose(f"pair{name}", safe, catalogue)
            async for row, outcome in self._pass(f"walk{name}", [walk], ideas):
                if isinstance(outcome, Failed):
                    self.counts.count(PairWalk.name, [outcome])
                    self._log.lose(row.place, outcome, row.idea)
            for photo in safe:
                log.visited(photo.id)
            log.commit()

    async def _look(self, name: str, photos: Sequence[Photo], catalogue: Catalogue) -> list[Photo]:
        """Each photo by itself; those that are safe enter the catalogue, in order of the input."""
        guard, author, config = self._roles.guard, self._roles.author, self._config
        eyes = self._roles.eyes

        @as_step("photo_alone")
        async def alone(row: Photo, context: Context) -> Outcome[Subject]:
            subject = await subject_of(row.id, self._log, config, context)
            unsafe = await guard.photo_alone(subject)
            fault = photo_fault("photo_alone", unsafe, config)
            if fault is None and eyes is not None:
                self._log.shows_person(row.id, await eyes.shows_person(subject))
            return fault or Done(subject)

        @as_step("look")
        async def seen(row: Subject, context: Context) -> Outcome[PhotoSeen]:
            return Done(await author.look(row))

        found: dict[str, PhotoSeen] = {}
        async for photo, outcome in self._pass(name, [alone, seen], photos, by_input=True):
            if isinstance(outcome, Done):
                self.counts.count("photo_alone", [outcome])
                self.counts.count("look", [outcome])
                found[photo.id] = outcome.value
                continue
            if outcome.step == "look":
                self.counts.count("photo_alone", [Done(photo)])
            self.counts.count(outcome.step, [outcome])
            self._lose_photo(photo, outcome)
        safe = [photo for photo in photos if photo.id in found]
        for photo in safe:
            catalogue.add(found[photo.id])
        return safe

    async def _propose(
        self, name: str, photos: Sequence[Photo], catalogue: Catalogue
    ) -> list[Placed]:
        author, config = self._roles.author, self._config

        @as_step("pair")
        async def step(row: Photo, context: Context) -> Outcome[Sequence[Outcome[PairIdea]]]:
            subject = await subject_of(row.id, self._log, config, context)
            return Done(await author.propose(subject, catalogue, config.per_photo))

        found: dict[str, Sequence[Outcome[PairIdea]]] = {}
        async for photo, outcome in self._pass(name, [step], photos):
            found[photo.id] = outcome.value if isinstance(outcome, Done) else [outcome]
        placed = list[Placed]()
        for photo in photos:
            placed += self._fresh(photo, found.get(photo.id) or [])
        return placed

    def _fresh(self, photo: Photo, made: Sequence[Outcome[PairIdea]]) -> list[Placed]:
        """The ideas of a photo that no other photo had; the rest is counted and kept."""
        made = made or [Dropped("pair", "no_pair", "nothing was found in it for another photo")]
        at = int(self._log.log.one("SELECT at FROM photos WHERE id = ?", (photo.id,)))
        fresh = list[Placed]()
        for number, one in enumerate(made, 1):
            place = behind(place_of(at), number)
            if isinstance(one, Done) and self._log.had(one.value):
                # Found from the other photo as well: counted, and no loss.
                self.counts.count("pair", [Dropped("pair", "same_pair", "")])
                continue
            self.counts.count("pair", [one])
            if isinstance(one, Done):
                fresh.append(Placed(place, at, one.value))
            else:
                self._log.lose_photo(place, one, photo.id)
        return fresh

    def _lose_photo(self, photo: Photo, outcome: Dropped | Failed) -> None:
        """It can be in no pair, whatever comes."""
        at = int(self._log.log.one("SELECT at FROM photos WHERE id = ?", (photo.id,)))
        self._log.lose_photo(place_of(at), outcome, photo.id)
        self._log.log.visited(photo.id)

    def _pass(
        self, name: str, steps: Sequence[Step], rows: Sequence[Any], *, by_input: bool = False
    ) -> AsyncIterator[tuple[Any, Outcome[Any]]]:
        self._hall.check()
        runner = self._hall.runner(steps, by_input=by_input)
        if not by_input:
            runner.spare = SPARE_WALKS
        return passed(name, runner, rows, len(rows), self._hall.watched)

    async def _save(self) -> None:
        """What there is after a block; not over an earlier run that had come further."""
        if self._hall.may_replace(self.account()):
            await in_thread(self._write)

    async def finish(self) -> tuple[dict[str, Any], Account, LostRows]:
        """Write the dataset; returns what `run.json` tells of it."""
        account, lost = self.account(), LostRows(self._log.log, ENDS)
        self._hall.writing(account, lost)
        return self._told(await in_thread(self._write)), account, lost

    def account(self) -> Account:
        """A photo is finished when a row shows it."""
        return account_of(self._log.log, ENDS)

    def _write(self) -> _Tally:
        log, config = self._log.log, self._config
        album = int(log.one("SELECT COUNT(*) FROM photos")) - len(self._groups)
        said = (_said(row) for row in self._log.rows())
        splits = Splits.of(said, config.split_by, config.seed, self._groups, album)
        tally = _Tally(beside=LeftOut(config.keep_exif))

        def rows() -> Iterator[tuple[PairRow, str]]:
            for row in self._log.rows():
                split = splits.place(_said(row))
                tally.add(row, split)
                yield self._with_reasons(row), split

        images, told = self._hall.images, self._provenance
        write_pairs(self._job.out, rows(), log.photo, images, told, tally.beside)
        tally.notes += [*splits.notes(), *unread_told(tally.unread)]
        return tally

    def _with_reasons(self, row: PairRow) -> PairRow:
        """An unsafe row says why it lacks a control."""
        if row.kind is not Kind.UNSAFE:
            return row
        missing = missing_controls(self._log.log, row.idea.photos[0], row.id)
        if self._config.controls and not self._log.was_asked(row.id):
            missing.append(f"a control is missing: {NOT_SOUGHT}")
        return replace(row, notes=tuple(missing))

    def _told(self, tally: _Tally) -> dict[str, Any]:
        """The part of `run.json` that is the same whenever the same run ends."""
        specs = {role: card.spec for role, card in self._hall.cards.items()}
        log = self._log.log
        return {
            "notes": tally.notes,
            **tally.as_json(),
            "photos": int(log.one("SELECT COUNT(*) FROM photos")),
            "photos_with_rows": self._log.photos_with_rows(),
            "funnel": self.counts.as_json(),
            "coverage": [],
            "titles": self._bank.titles,
            "settings": {
                **self._config.as_json(),
                "recipe": PAIR_RECIPE,
                "command": self._job.command(specs),
            },
            "persons": persons_told(self._log.persons()),
            "beside_pixels": tally.beside.as_json(),
            "prompts": sent_hashes(),
            "bank": {"patterns": len(self._bank), "sha256": self._bank.sha256},
            "data": {"inputs_sha256": inputs_hash(log)},
        }


def _doubled(blocks: int) -> bool:
    """Each writing of the dataset is of all of it: after 1, 2, 4, 8 ... blocks all writings cost
    twice the last, however large the album."""
    return blocks.bit_count() == 1


def _said(row: PairRow) -> Said:
    idea = row.idea
    return Said(idea.photos, idea.pattern, idea.text, row.kind is Kind.UNSAFE)
