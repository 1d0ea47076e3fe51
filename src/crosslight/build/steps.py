"""The steps of the recipe, each an `async` call over one row; `walk` chains them.

photo -> PhotoAlone -> Imagine -> Check -> (Augment -> Check) -> Answer -> Controls
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from crosslight.build.album import Album
from crosslight.build.config import RECIPE_VERSION, BuildConfig
from crosslight.build.crosscheck import claim_fault, decide, pair_fault
from crosslight.build.forms import stray, unlike, words_of
from crosslight.build.roles import (
    MOVED_UNREAD,
    NOT_ELSEWHERE,
    UNREAD_NOTES,
    ControlWish,
    HarmlessText,
    Reading,
    Roles,
    Subject,
    There,
)
from crosslight.build.wish import Wish
from crosslight.flow import Context
from crosslight.records import (
    CrossCheck,
    Done,
    Dropped,
    Kind,
    Outcome,
    Photo,
    ReplyKind,
    Sample,
    Triplet,
    sample_id,
)
from crosslight.text import refuses

CONTROL_TRIES = 4
"""Photos that perception tries for a control, as a multiple of those of the cross-check."""
STRAYS = "this control can be told by its words"
"""Begins a note: the author found no twin nearer to its row."""
_NONE_OF = {False: "no_harmless_text", True: "no_hard_negative"}

NO_PATTERN = "no_pattern"
SENSITIVE = frozenset({"self_harm", "weapon_harm"})
GO_ALONG, WARNING, GUIDANCE = map(str, (ReplyKind.GO_ALONG, ReplyKind.WARNING, ReplyKind.GUIDANCE))
"""What the other reply of a row is."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A triplet on its way. `parent` is the id of the sample that it was augmented from; `notes`:
    what nobody read of it on the way."""

    triplet: Triplet
    parent: str = ""
    check: CrossCheck | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdeaRequest:
    """A photo to imagine cases for, and what of it is wished; without a wish, an unsteered look."""

    photo: Photo
    wish: Wish | None = None


@dataclass(frozen=True, slots=True)
class RecipeParts:
    """What every step needs."""

    roles: Roles
    album: Album
    config: BuildConfig


@dataclass(frozen=True, slots=True)
class PhotoAlone:
    """Screen: the photo by itself must be safe."""

    kit: RecipeParts
    name: str = "photo_alone"

    async def __call__(self, row: Photo, context: Context) -> Outcome[Photo]:
        subject = await self.kit.album.subject(row.id, context)
        unsafe = await self.kit.roles.guard.photo_alone(subject)
        if unsafe is None:
            return Dropped(self.name, "undecided", "the guard gave no probability")
        if unsafe >= self.kit.config.unsafe_above:
            return Dropped(self.name, "unsafe", f"unsafe by itself: {unsafe:.3f}")
        if unsafe > self.kit.config.safe_below:
            return Dropped(self.name, "undecided", f"unsafe by itself: {unsafe:.3f}")
        return Done(row)


@dataclass(frozen=True, slots=True)
class Imagine:
    """Patterns: what in this photo could, together with an innocent sentence, become a risk."""

    kit: RecipeParts
    name: str = "imagine"

    async def __call__(self, row: IdeaRequest, context: Context) -> list[Outcome[Draft]]:
        subject = await self.kit.album.subject(row.photo.id, context)
        found = await self.kit.roles.author.imagine(
            subject, self.kit.config.per_photo, row.wish or Wish(row.photo.id)
        )
        shown = [idea.value.element for idea in found.ideas if isinstance(idea, Done)]
        self.kit.album.add_seen(row.photo.id, (*found.seen, *shown))
        if not found.ideas:
            return [Dropped(self.name, NO_PATTERN, "the author found no case in this photo")]
        return [_drafted(idea) for idea in found.ideas]


def _drafted(idea: Outcome[Triplet], parent: str = "") -> Outcome[Draft]:
    return Done(Draft(idea.value, parent=parent)) if isinstance(idea, Done) else idea


@dataclass(frozen=True, slots=True)
class Check:
    """Cross-check: no leak, safe alone, unsafe together, the claim holds, safe elsewhere.

    In this order, and no further than what decides: a leak costs nothing, and photos are sought
    only for a text that passed all else.
    """

    kit: RecipeParts
    name: str = "cross_check"

    async def __call__(self, row: Draft, context: Context) -> Outcome[Draft]:
        return self.judge(row, await self.read(row, context))

    async def read(self, row: Draft, context: Context) -> CrossCheck:
        """The numbers of a draft: kept whatever is decided on them."""
        guard, config, triplet = self.kit.roles.guard, self.kit.config, row.triplet
        subject = await self.kit.album.subject(triplet.photo, context)
        check = await guard.pair(triplet, subject)
        check = replace(check, notes=(*check.notes, *row.notes))
        if pair_fault(check, config) is not None:
            return check
        check = await guard.claim(triplet, subject, check)
        if claim_fault(check, config) is not None:
            return check
        tries = guard.spares * config.unrelated
        return await guard.elsewhere(triplet, check, _others(self.kit, triplet, tries, context))

    def judge(self, row: Draft, check: CrossCheck) -> Outcome[Draft]:
        """What its numbers make of a draft."""
        outcome = decide(check, self.kit.config)
        if isinstance(outcome, Dropped):  # near misses are to be found again: pattern and numbers
            return replace(outcome, detail=f"{row.triplet.pattern}: {outcome.detail}")
        return Done(replace(row, check=check)) if isinstance(outcome, Done) else outcome


@dataclass(frozen=True, slots=True)
class Augment:
    """Other wordings and speakers on the same photo, and the same pattern on photos that fit."""

    kit: RecipeParts
    name: str = "augment"

    async def reword(
        self, row: Draft, context: Context, already: Sequence[str] = ()
    ) -> list[Outcome[Draft]]:
        """Further wordings beside the same photo, each for itself. `already`: what it has."""
        subject = await self.kit.album.subject(row.triplet.photo, context)
        n = self.kit.config.rewordings
        said = await self.kit.roles.author.reword(row.triplet, subject, n, already)
        return [_drafted(one, _own_id(row)) for one in said]

    async def transfer(self, row: Draft, photo: str, context: Context) -> list[Outcome[Draft]]:
        """The same pattern beside another photo; nothing where the author finds that it does not
        arise there. The guard reads whether the new sentence makes sense there."""
        subject = await self.kit.album.subject(photo, context)
        moved = await self.kit.roles.author.transfer(row.triplet, subject)
        if moved is None:
            return []
        fits = await self.kit.roles.guard.fits(moved, subject)
        if fits is not None and fits < self.kit.config.fits_above:
            told = f"{moved.pattern}: how sure it is that the sentence makes sense here: {fits:.3f}"
            return [Dropped(self.name, "does_not_fit", told)]
        return [Done(Draft(moved, _own_id(row), notes=() if fits is not None else (MOVED_UNREAD,)))]


def _own_id(row: Draft) -> str:
    return sample_id(row.triplet, Kind.UNSAFE, RECIPE_VERSION)


@dataclass(frozen=True, slots=True)
class Answer:
    """A guidance response, read once more before it is kept."""

    kit: RecipeParts
    provenance: dict[str, str]
    name: str = "answer"

    async def __call__(self, row: Draft, context: Context) -> Outcome[Sample]:
        roles, config = self.kit.roles, self.kit.config
        subject = await self.kit.album.subject(row.triplet.photo, context)
        response, read = "", Reading()
        for _ in range(config.answer_attempts):
            earlier = response
            response = await roles.responder.guide(row.triplet, subject, earlier, read.complaint)
            if response == earlier:
                break  # it has no other
            read = await roles.guard.read_answer(row.triplet, subject, response)
            if not read.problems:
                return Done(self._sample(row, response, read.notes))
        told = f"{', '.join(read.problems)}: {read.complaint or 'no draft was good enough'}"
        return Dropped(self.name, read.problems[0], told)

    def _sample(self, row: Draft, response: str, notes: tuple[str, ...]) -> Sample:
        if row.check is None:
            raise ValueError("a draft reached the answer without its cross-check")
        along = self.kit.roles.responder.along(row.triplet)
        return Sample(
            triplet=row.triplet,
            kind=Kind.UNSAFE,
            label="unsafe",
            response=response,
            check=replace(row.check, notes=(*row.check.notes, *notes)),
            sensitive=row.triplet.sensitive or row.triplet.category in SENSITIVE,
            parent=row.parent,
            recipe=RECIPE_VERSION,
            other_response=along,
            other_kind=GO_ALONG if along else "",
            provenance=self.provenance,
        )


Earlier = Sequence[str]
"""Harmless texts that a photo has already."""
Part = Callable[[Sample, Context, Earlier], Awaitable[Outcome[Sample]]]


@dataclass(frozen=True, slots=True)
class Controls:
    """Safe counterparts: same photo with a harmless text, same text with a harmless photo.

    Each is a product of its own: the row is finished without them, and one that fails costs itself.
    """

    kit: RecipeParts
    name: str = "controls"

    def parts(self, row: Sample) -> tuple[Part, ...]:
        """What to ask for beside a row. Texts near the risk come from an author that writes, one
        an idea."""
        if not self.kit.config.controls:
            return ()
        near = (self.near,) if self.kit.roles.author.writes_near and not row.parent else ()
        return (self.text, *near, self.photo)

    def photo_at(self, row: Sample) -> int | None:
        """Where among the parts the photo stands. It is sought when all photos of the wave were
        looked at."""
        parts = self.parts(row)
        return parts.index(self.photo) if parts else None

    async def text(self, row: Sample, context: Context, earlier: Earlier = ()) -> Outcome[Sample]:
        """The row's photo with a harmless text of the same form."""
        return await self._said(row, context, earlier, near=False)

    async def near(self, row: Sample, context: Context, earlier: Earlier = ()) -> Outcome[Sample]:
        """The row's photo with a text about the risky thing that is harmless still."""
        return await self._said(row, context, earlier, near=True)

    async def _said(
        self, row: Sample, context: Context, earlier: Earlier, *, near: bool
    ) -> Outcome[Sample]:
        """The author is asked again where its text was of another form, or not sure to be
        harmless."""
        author, config = self.kit.roles.author, self.kit.config
        subject = await self.kit.album.subject(row.triplet.photo, context)
        # One question for both texts: the store answers it the second time.
        wish = ControlWish(tuple(earlier), near=self.near in self.parts(row))
        tried: set[str] = set()
        second: HarmlessText | None = None  # of the right form, in telling words
        fault = Dropped(self.name, _NONE_OF[near], "the author wrote none")
        for _ in range(config.control_attempts):
            found = await author.harmless(row.triplet, subject, wish)
            for harmless in found:
                if harmless.near is near and harmless.text not in tried:
                    tried.add(harmless.text)
                    if told := self._strays(row, harmless):
                        second = second or harmless
                        wish = replace(wish, complaint=_tried(harmless, told))
                        continue
                    made = await self._made(row, harmless, subject, earlier)
                    if not isinstance(made, Dropped):
                        return made
                    fault = made
                    wish = replace(wish, complaint=made.detail)
            if not wish.complaint or not tried:
                break
        return fault if second is None else await self._made(row, second, subject, earlier)

    def _strays(self, row: Sample, harmless: HarmlessText) -> str:
        """What people wrote stays as they wrote it."""
        if self.kit.roles.guard.stated(row.triplet, harmless.text):
            return ""
        if unlike(row.triplet.text, harmless.text):
            return ""  # that is told first
        return stray(row.triplet.text, harmless.text)

    async def _made(
        self, row: Sample, harmless: HarmlessText, subject: Subject, earlier: Earlier
    ) -> Outcome[Sample]:
        """A control of a text, or why it is none."""
        roles, config = self.kit.roles, self.kit.config
        unsafe = None
        if not roles.guard.stated(row.triplet, harmless.text):
            if fault := unlike(row.triplet.text, harmless.text):
                return Dropped(self.name, "control_of_another_form", _tried(harmless, fault))
            if words_of(harmless.text) in [words_of(text) for text in earlier]:
                fault = "this photo has the sentence already"
                return Dropped(self.name, "duplicate_control", _tried(harmless, fault))
            unsafe = await roles.guard.together(row.triplet, harmless.text, subject)
            if unsafe is None or unsafe > config.safe_below:
                told = "?" if unsafe is None else f"{unsafe:.3f}"
                fault = f"it is not sure to be harmless here (unsafe: {told})"
                return Dropped(self.name, _NONE_OF[harmless.near], _tried(harmless, fault))
        said = replace(
            row.triplet, text=harmless.text, speaker=harmless.speaker, style=harmless.style
        )
        kind = Kind.HARD_NEGATIVE if harmless.near else Kind.CONTROL_TEXT
        worse = (harmless.warning, WARNING if harmless.warning else "")
        reply = await roles.responder.help(said, said.text, subject, harmless.reply)
        made = await self._control(row, said, kind, subject, reply, unsafe, worse)
        if isinstance(made, Done) and (told := self._strays(row, harmless)):
            check = made.value.check
            noted = replace(check, notes=(*check.notes, f"{STRAYS}: {told}"))
            return Done(replace(made.value, check=noted))
        return made

    async def photo(self, row: Sample, context: Context, earlier: Earlier = ()) -> Outcome[Sample]:
        """The row's text with a photo beside which it makes sense and is harmless."""
        roles, album, config = self.kit.roles, self.kit.album, self.kit.config
        sought = ", ".join(row.triplet.natural_with[:4]) or "nothing named"
        nearest = (0.0, "beside no photo that was tried is it sure to fit")
        badly_answered: Dropped | None = None
        async for subject in _natural(self.kit, row.triplet, control_tries(self.kit), context):
            there = await roles.guard.harmless_there(row.triplet, subject)
            if _fits(there, config):
                moved = replace(row.triplet, photo=subject.photo.id)
                reply = await roles.responder.help(moved, moved.text, subject, "")
                if reply:  # people wrote none for a photo that only the guard finds harmless
                    worse = (row.response, GUIDANCE)
                    made = await self._control(
                        row, moved, Kind.CONTROL_PHOTO, subject, reply, there.unsafe, worse
                    )
                    if not isinstance(made, Dropped):
                        return made
                    badly_answered = made
            miss = _near_miss(there, album[subject.photo.id].source, config)
            nearest = max(nearest, miss, key=lambda one: one[0])
        told = f"{nearest[1]}; natural with: {sought}"
        return badly_answered or Dropped(self.name, "no_harmless_photo", told)

    async def _control(
        self,
        row: Sample,
        triplet: Triplet,
        kind: Kind,
        subject: Subject,
        reply: str,
        unsafe: float | None,
        worse: tuple[str, str],
    ) -> Outcome[Sample]:
        """`worse`: the other reply, and what it is."""
        # An over-cautious reply to a harmless request is what a control must not teach.
        if refuses(reply):
            return Dropped(self.name, "control_refused", reply[:200])
        read = await self.kit.roles.guard.read_control(triplet.text, subject, reply)
        if read.problems:
            return Dropped(self.name, read.problems[0], f"{read.complaint}: {reply[:200]}")
        check = replace(
            row.check,
            together=unsafe,
            text_alone=row.check.text_alone if kind is Kind.CONTROL_PHOTO else None,
            text_elsewhere=None,
            stated=unsafe is None or row.check.stated,
            photo_alone=row.check.photo_alone if kind is not Kind.CONTROL_PHOTO else None,
            leak=False,
            visible=None,
            follows=None,
            beside=0,
            notes=(*_of_the_text(row.check.notes), *read.notes),
        )
        quiet = replace(triplet, risk="", why="")
        control = replace(
            row,
            triplet=quiet,
            kind=kind,
            label="safe",
            response=reply,
            check=check,
            parent=row.id,
            other_response=worse[0],
            other_kind=worse[1],
        )
        return Done(control)


def control_tries(kit: RecipeParts) -> int:
    """Photos to try for a control. A guard that reads is asked of fewer: each is a call."""
    config, guard = kit.config, kit.roles.guard
    if guard.by_likeness:
        return config.control_photos
    return CONTROL_TRIES * guard.spares * config.unrelated


async def _others(
    kit: RecipeParts, triplet: Triplet, n: int, context: Context
) -> AsyncIterator[Subject]:
    """Up to `n` other photos, made ready one by one: who has enough asks for no more."""
    choose = kit.album.similar if kit.roles.guard.by_likeness else kit.album.others
    for photo in choose(triplet.photo, n):
        yield await kit.album.subject(photo, context)


async def _natural(
    kit: RecipeParts, triplet: Triplet, n: int, context: Context
) -> AsyncIterator[Subject]:
    """Up to `n` other photos for a control: first those that show what the sentence is natural
    with, as far as that is known, then others."""
    first = kit.album.natural(triplet, n) if kit.roles.guard.by_likeness else []
    for photo in first:
        yield await kit.album.subject(photo, context)
    tried = set(first)
    async for subject in _others(kit, triplet, n, context):
        if len(tried) >= n:
            return
        if subject.photo.id not in tried:
            tried.add(subject.photo.id)
            yield subject


def _of_the_text(notes: Sequence[str]) -> Iterator[str]:
    """Without what was said of the row's own checks."""
    own = (NOT_ELSEWHERE, *UNREAD_NOTES)
    return (note for note in notes if not note.startswith(own))


def _tried(harmless: HarmlessText, fault: str) -> str:
    """For the author and for people."""
    return f'"{harmless.text[:200]}": {fault}'


def _fits(there: There, config: BuildConfig) -> bool:
    """Whether a text is natural and harmless beside a photo."""
    natural = there.fits is not None and there.fits >= config.fits_above
    return natural and there.unsafe is not None and there.unsafe <= config.safe_below


def _near_miss(there: There, source: str, config: BuildConfig) -> tuple[float, str]:
    """How near a photo came to being a harmless one, and its numbers; 0 for not near."""
    unsafe = "?" if there.unsafe is None else f"{there.unsafe:.3f}"
    if there.fits is None:
        return 0.0, f"nearest was {source}: natural there ?, unsafe {unsafe}"
    near = there.fits if there.fits > config.safe_below else 0.0
    return near, f"nearest was {source}: natural there {there.fits:.3f}, unsafe {unsafe}"
