"""One idea walks to its end: cross-check, answer, controls. Each product has its own outcome, and a
row is in the log before its controls are asked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from crosslight.build.config import BuildConfig
from crosslight.build.counts import RowCounts
from crosslight.build.crosscheck import STEP as CHECK
from crosslight.build.forms import unlike
from crosslight.build.roles import Reading, Subject
from crosslight.build.two_photos.catalogue import Catalogue
from crosslight.build.two_photos.decide import claim_fault, numbers, pair_fault
from crosslight.build.two_photos.log import PairLog, behind
from crosslight.build.two_photos.protocol import PairRoles, Twin, Two
from crosslight.build.two_photos.records import PairCheck, PairIdea, PairRow, chain
from crosslight.flow import Context, attempt, set_priority
from crosslight.records import Done, Dropped, Failed, Kind, Outcome, ReplyKind
from crosslight.text import refuses

ANSWER, CONTROLS = "answer", "controls"
STAGES = (CHECK, ANSWER, CONTROLS)
"""What is nearer to the end is served first."""
_NONE_OF = {False: "no_harmless_text", True: "no_hard_negative"}
_KINDS = {False: Kind.CONTROL_TEXT, True: Kind.HARD_NEGATIVE}


@dataclass(frozen=True, slots=True)
class Placed:
    """An idea, where it was made, and the photo that it was found in (its place in the input)."""

    place: str
    at: int
    idea: PairIdea


async def subject_of(photo: str, log: PairLog, config: BuildConfig, context: Context) -> Subject:
    """The photo with its view. Making the view is blocking work."""
    assert context.images is not None
    view = await context.blocking(context.images.view, photo, config.side, config.quality)
    return Subject(log.log.photo(photo), view)


class PairWalk:
    """The step that ideas go through. Rows and losses go into the log."""

    name = "walk"

    def __init__(
        self,
        roles: PairRoles,
        config: BuildConfig,
        catalogue: Catalogue,
        log: PairLog,
        counts: RowCounts,
    ) -> None:
        self.roles, self.config, self.catalogue = roles, config, catalogue
        self.log, self.counts = log, counts

    async def __call__(self, row: Placed, context: Context) -> Outcome[str]:
        return await _Walked(self, row, context).walk()


class _Walked:
    """One idea on its way."""

    def __init__(self, walk: PairWalk, row: Placed, context: Context) -> None:
        self._walk, self._context = walk, context
        self._roles, self._config = walk.roles, walk.config
        self._place, self._at, self._idea = row.place, row.at, row.idea

    async def walk(self) -> Outcome[str]:
        idea, place = self._idea, behind(self._place, 0)
        two = await self._two(idea.photos)
        check = await self._try(CHECK, place, self._checked(two))
        if check is None:
            return Done(idea.id)
        made = await self._try(ANSWER, place, self._answered(two, check))
        if made is None:
            return Done(idea.id)
        self._add(place, made)
        for at, work in enumerate(self._controls(made, two), 1):
            place = behind(self._place, at)
            control = await self._try(CONTROLS, place, work(), of=made)
            if control is not None:
                self._add(place, control)
        self._walk.log.asked(made.id)
        return Done(idea.id)

    def _controls(self, row: PairRow, two: Two) -> list[Callable[[], Awaitable[Outcome[PairRow]]]]:
        if not self._config.controls:
            return []
        near = [lambda: self._said(row, two, near=True)] if self._roles.author.writes_near else []
        return [lambda: self._said(row, two, near=False), *near, lambda: self._beside(row)]

    async def _two(self, photos: tuple[str, str]) -> Two:
        first, second = [
            await subject_of(photo, self._walk.log, self._config, self._context) for photo in photos
        ]
        return first, second

    async def _checked(self, two: Two) -> Outcome[PairCheck]:
        """In this order, and no further than what decides."""
        guard, idea = self._roles.guard, self._idea
        check = await guard.check(idea, two)
        fault = pair_fault(check, self._config)
        if fault is None:
            check = await guard.claim(idea, two, check)
            fault = claim_fault(check, self._config)
        if fault is not None:
            return replace(fault, detail=f"{idea.pattern}: {fault.detail}")
        return Done(check)

    async def _answered(self, two: Two, check: PairCheck) -> Outcome[PairRow]:
        idea, response, read = self._idea, "", Reading()
        for _ in range(self._config.answer_attempts):
            earlier = response
            told = await self._roles.responder.guide(idea, two, read.complaint)
            response = chain(idea.elements, told.intent, told.answer)
            if response == earlier:
                break  # it has no other
            read = await self._roles.guard.read(idea, two, response)
            if not read.problems:
                read_of = _with(check, read)
                row = PairRow(idea, Kind.UNSAFE, "unsafe", response, read_of, answer=told.answer)
                return Done(row)
        return Dropped(ANSWER, read.problems[0], f"{idea.pattern}: {_told(read)}")

    async def _said(self, row: PairRow, two: Two, *, near: bool) -> Outcome[PairRow]:
        """The same two photos with a harmless sentence; `near`: one about the risky things."""
        author, tried = self._roles.author, set[str]()
        complaint, fault = "", Dropped(CONTROLS, _NONE_OF[near], "the author wrote none")
        for _ in range(self._config.control_attempts):
            found = await author.harmless(row.idea, two, complaint)
            for twin in found:
                if twin.near is near and twin.idea.text not in tried:
                    tried.add(twin.idea.text)
                    made = await self._twin(row, twin, two)
                    if not isinstance(made, Dropped):
                        return made
                    fault, complaint = made, made.detail
            if not complaint:
                break
        return fault

    async def _twin(self, row: PairRow, twin: Twin, two: Two) -> Outcome[PairRow]:
        """A control of a sentence, or why it is none."""
        check, said = await self._roles.guard.control(twin.idea, two), f'"{twin.idea.text[:200]}"'
        if not check.stated and (form := unlike(row.idea.text, twin.idea.text)):
            return Dropped(CONTROLS, "control_of_another_form", f"{said}: {form}")
        if not _harmless(check, self._config):
            told = f"{said}: it is not sure to be harmless with these photos; {numbers(check)}"
            return Dropped(CONTROLS, _NONE_OF[twin.near], told)
        # What is right to tell whoever is about to do it warns without need of what is harmless.
        warning = chain(row.idea.elements, twin.idea.intent, row.answer)
        return await self._helped(row, twin, two, check, _KINDS[twin.near], warning)

    async def _beside(self, row: PairRow) -> Outcome[PairRow]:
        """The same sentence with one photo changed for one with which it is harmless."""
        author, config = self._roles.author, self._config
        fault = Dropped(CONTROLS, "no_harmless_photo", "no photo was found to put in its place")
        for at, photo in author.swaps(row.idea, self._walk.catalogue, config.control_photos):
            photos = (photo, row.idea.photos[1]) if at == 0 else (row.idea.photos[0], photo)
            two = await self._two(photos)
            twin = await author.swapped(row.idea, at, two)
            if twin is None:
                continue
            check = await self._roles.guard.control(twin.idea, two)
            if _harmless(check, config):
                made = await self._helped(row, twin, two, check, Kind.CONTROL_PHOTO, row.response)
                if not isinstance(made, Dropped):
                    return made
                fault = made
            else:
                fault = Dropped(CONTROLS, "no_harmless_photo", numbers(check))
        return fault

    async def _helped(
        self, row: PairRow, twin: Twin, two: Two, check: PairCheck, kind: Kind, worse: str
    ) -> Outcome[PairRow]:
        """`worse`: the reply that says the risk where there is none."""
        reply = await self._roles.responder.help(twin, two)
        if refuses(reply):
            return Dropped(CONTROLS, "control_refused", reply[:200])
        read = await self._roles.guard.read_control(twin.idea.text, two, reply)
        if read.problems:
            return Dropped(CONTROLS, read.problems[0], f"{_told(read)}: {reply[:200]}")
        guided = kind is Kind.CONTROL_PHOTO
        made = PairRow(
            replace(twin.idea, risk="", why=""),
            kind,
            "safe",
            reply,
            _with(check, read),
            parent=row.id,
            other_response=worse,
            other_kind=str(ReplyKind.GUIDANCE if guided else ReplyKind.WARNING),
        )
        return Done(made)

    def _add(self, place: str, row: PairRow) -> None:
        if (given_way := self._walk.log.add(place, row)) is None:
            return
        late, other = given_way
        step = ANSWER if row.kind is Kind.UNSAFE else CONTROLS
        twice = Dropped(step, "duplicate_row", f"same as row {row.id}")
        self._walk.counts.take_back(twice)
        self._walk.log.lose(late, twice, other.idea, other.parent)

    async def _try(
        self, step: str, place: str, work: Awaitable[Outcome[Any]], of: PairRow | None = None
    ) -> Any | None:
        """What came through; the rest is counted and kept with its reason."""
        set_priority(STAGES.index(step), self._at)
        made = await attempt(step, work)
        outcome: Outcome[Any] = made if isinstance(made, Failed) else made.value
        self._walk.counts.count(step, [outcome])
        if isinstance(outcome, Done):
            return outcome.value
        self._walk.log.lose(place, outcome, self._idea, of.id if of else "")
        return None


def _with(check: PairCheck, read: Reading) -> PairCheck:
    """With what of the reply nobody read."""
    return replace(check, notes=(*check.notes, *read.notes))


def _told(read: Reading) -> str:
    return read.complaint or read.problems[0].replace("_", " ")


def _harmless(check: PairCheck, config: BuildConfig) -> bool:
    """A number must say so, where one is to be had; of what people wrote none is."""
    if check.together is None:
        return check.stated
    return check.together <= config.safe_below
