"""One idea walks to its end: cross-check, answer, controls. Each product has its own outcome, and a
row is kept before its controls are asked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from crosslight.build.config import BuildConfig
from crosslight.build.counts import RowCounts
from crosslight.build.crosscheck import STEP as CHECK
from crosslight.build.roles import Subject
from crosslight.build.two_photos.catalogue import Catalogue
from crosslight.build.two_photos.decide import claim_fault, numbers, pair_fault
from crosslight.build.two_photos.protocol import PairRoles, Twin, Two
from crosslight.build.two_photos.records import PairCheck, PairIdea, PairRow
from crosslight.flow import Context, attempt, set_priority
from crosslight.records import Done, Dropped, Failed, Kind, Outcome, Photo

ANSWER, CONTROLS = "answer", "controls"
STAGES = (CHECK, ANSWER, CONTROLS)
"""What is nearer to the end is served first."""
Place = tuple[int, ...]
"""Where something was made: read in this order, it is the same in every run."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An idea, and where it was made."""

    place: Place
    idea: PairIdea


class Kept:
    """What a run has made so far: rows by place, and what was lost with the idea it was of."""

    def __init__(self, counts: RowCounts) -> None:
        self.counts = counts
        self.rows: dict[Place, PairRow] = {}
        self.lost: dict[Place, tuple[Dropped | Failed, PairIdea]] = {}
        self._ids: dict[str, Place] = {}

    def add(self, place: Place, row: PairRow) -> bool:
        """Of two rows with one id the earlier place stays; whether this one does."""
        before = self._ids.get(row.id)
        if before is not None and before <= place:
            return False
        if before is not None:
            del self.rows[before]
        self._ids[row.id] = place
        self.rows[place] = row
        return True

    def lose(self, place: Place, outcome: Dropped | Failed, idea: PairIdea) -> None:
        """A product that ended early."""
        self.lost[place] = (outcome, idea)


class PairWalk:
    """The step that ideas go through."""

    name = "walk"

    def __init__(
        self,
        roles: PairRoles,
        config: BuildConfig,
        catalogue: Catalogue,
        kept: Kept,
        photo_of: Callable[[str], Photo],
    ) -> None:
        self._roles, self._config = roles, config
        self._catalogue, self._kept, self._photo_of = catalogue, kept, photo_of

    async def __call__(self, row: Placed, context: Context) -> Outcome[str]:
        place, idea = row.place, row.idea
        two = await self._two(idea.photos, context)
        check = await self._try(CHECK, (*place, 0), idea, self._checked(idea, two))
        if check is None:
            return Done(idea.id)
        made = await self._try(ANSWER, (*place, 0), idea, self._answered(idea, two, check))
        if made is None:
            return Done(idea.id)
        self._add((*place, 0), made)
        if self._config.controls:
            works = (
                self._text_control(made, two),
                self._photo_control(made, context),
            )
            for at, work in enumerate(works, 1):
                control = await self._try(CONTROLS, (*place, at), idea, work, parent=made)
                if control is not None:
                    self._add((*place, at), control)
        return Done(idea.id)

    async def _two(self, photos: tuple[str, str], context: Context) -> Two:
        first, second = [await self._subject(photo, context) for photo in photos]
        return first, second

    async def _subject(self, photo: str, context: Context) -> Subject:
        assert context.images is not None
        config = self._config
        view = await context.blocking(context.images.view, photo, config.side, config.quality)
        return Subject(self._photo_of(photo), view)

    async def _checked(self, idea: PairIdea, two: Two) -> Outcome[PairCheck]:
        """In this order, and no further than what decides."""
        check = await self._roles.guard.check(idea, two)
        fault = pair_fault(check, self._config)
        if fault is None:
            check = await self._roles.guard.claim(idea, two, check)
            fault = claim_fault(check, self._config)
        if fault is not None:
            return replace(fault, detail=f"{idea.pattern}: {fault.detail}")
        return Done(check)

    async def _answered(self, idea: PairIdea, two: Two, check: PairCheck) -> Outcome[PairRow]:
        response, problem = "", ""
        for _ in range(self._config.answer_attempts):
            earlier = response
            response = await self._roles.responder.guide(idea, two, problem.replace("_", " "))
            if response == earlier:
                break  # it has no other
            problem = await self._roles.guard.read(idea, two, response)
            if not problem:
                return Done(PairRow(idea, Kind.UNSAFE, "unsafe", response, check))
        return Dropped(ANSWER, problem, f"{idea.pattern}: no draft was good enough")

    async def _text_control(self, row: PairRow, two: Two) -> Outcome[PairRow]:
        """The same two photos with a harmless sentence."""
        complaint, fault = "", Dropped(CONTROLS, "no_harmless_text", "the author wrote none")
        for _ in range(self._config.control_attempts):
            twin = await self._roles.author.harmless(row.idea, two, complaint)
            if twin is None:
                break
            check = await self._roles.guard.control(twin.idea, two)
            if _harmless(check, self._config):
                return await self._helped(row, twin, two, check, Kind.CONTROL_TEXT)
            fault = Dropped(CONTROLS, "text_not_harmless", numbers(check))
            complaint = "it was not sure to be harmless with these photos"
        return fault

    async def _photo_control(self, row: PairRow, context: Context) -> Outcome[PairRow]:
        """The same sentence with one photo changed for one with which it is harmless."""
        author, config = self._roles.author, self._config
        fault = Dropped(CONTROLS, "no_harmless_photo", "no photo was found to put in its place")
        for at, photo in author.swaps(row.idea, self._catalogue, config.control_photos):
            photos = (photo, row.idea.photos[1]) if at == 0 else (row.idea.photos[0], photo)
            two = await self._two(photos, context)
            twin = await author.swapped(row.idea, at, two)
            if twin is None:
                continue
            check = await self._roles.guard.control(twin.idea, two)
            if _harmless(check, config):
                return await self._helped(row, twin, two, check, Kind.CONTROL_PHOTO)
            fault = Dropped(CONTROLS, "photo_not_harmless", numbers(check))
        return fault

    async def _helped(
        self, row: PairRow, twin: Twin, two: Two, check: PairCheck, kind: Kind
    ) -> Outcome[PairRow]:
        reply = await self._roles.responder.help(twin, two)
        if not reply:
            return Dropped(CONTROLS, "control_refused", "it refuses a harmless request")
        return Done(PairRow(twin.idea, kind, "safe", reply, check, parent=row.id))

    def _add(self, place: Place, row: PairRow) -> None:
        if not self._kept.add(place, row):
            step = ANSWER if row.kind is Kind.UNSAFE else CONTROLS
            twice = Dropped(step, "duplicate_row", f"same as row {row.id}")
            self._kept.counts.take_back(twice)
            self._kept.lose(place, twice, row.idea)

    async def _try(
        self,
        step: str,
        place: Place,
        idea: PairIdea,
        work: Awaitable[Outcome[Any]],
        parent: PairRow | None = None,
    ) -> Any | None:
        """What came through; the rest is counted and kept with its reason."""
        set_priority(STAGES.index(step), place[0])
        made = await attempt(step, work)
        outcome: Outcome[Any] = made if isinstance(made, Failed) else made.value
        self._kept.counts.count(step, [outcome])
        if isinstance(outcome, Done):
            return outcome.value
        self._kept.lose(place, outcome, parent.idea if parent else idea)
        return None


def _harmless(check: PairCheck, config: BuildConfig) -> bool:
    """A number must say so, where one is to be had; of what people wrote none is."""
    if check.together is None:
        return check.stated
    return check.together <= config.safe_below
