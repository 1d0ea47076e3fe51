"""A row's controls: its photo with a harmless text, its text with a harmless photo."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from crosslight.build.album import LIKE_AMONG
from crosslight.build.config import BuildConfig
from crosslight.build.forms import stray, unlike, words_of
from crosslight.build.roles import (
    NOT_ELSEWHERE,
    UNREAD_NOTES,
    ControlWish,
    HarmlessText,
    Subject,
    There,
)
from crosslight.build.steps import GUIDANCE, WARNING, RecipeParts
from crosslight.flow import Context
from crosslight.models import ModelError
from crosslight.records import Done, Dropped, Kind, Outcome, Sample, Triplet
from crosslight.text import refuses

CONTROL_TRIES = 4
"""Photos that perception tries for a control, as a multiple of those of the cross-check."""
STRAYS = "this control can be told by its words"
"""Begins a note: the author found no twin nearer to its row."""
_NONE_OF = {False: "no_harmless_text", True: "no_hard_negative"}

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
            try:
                found = await author.harmless(row.triplet, subject, wish)
            except ModelError:
                if second is None:
                    raise
                break  # what is there already is not lost
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


async def _natural(
    kit: RecipeParts, triplet: Triplet, n: int, context: Context
) -> AsyncIterator[Subject]:
    """Up to `n` other photos for a control, made ready one by one: first those that show what the
    sentence is natural with, as far as that is known, then others; of either first those of the
    row's own split."""
    album, likeness = kit.album, kit.roles.guard.by_likeness
    first = album.natural(triplet, n) if likeness else []
    choose = album.similar if likeness else album.others
    many = album.own_split_first(triplet.photo, choose(triplet.photo, max(n, LIKE_AMONG)))
    for photo in list(dict.fromkeys((*first, *many)))[:n]:
        yield await album.subject(photo, context)


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
