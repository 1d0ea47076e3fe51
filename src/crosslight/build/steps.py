"""The steps of the recipe, each an `async` call over one row; `walk` chains them.

photo -> PhotoAlone -> Imagine -> Check -> (Augment -> Check) -> Answer -> Controls
"""

from dataclasses import dataclass, replace

from crosslight.build.album import Album
from crosslight.build.config import RECIPE_VERSION, BuildConfig
from crosslight.build.crosscheck import decide
from crosslight.build.roles import Roles, There
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
"""Photos to try for a control, as a multiple of those that the cross-check looked at."""

SENSITIVE = frozenset({"self_harm", "weapon_harm"})
GO_ALONG, WARNING, GUIDANCE = map(str, (ReplyKind.GO_ALONG, ReplyKind.WARNING, ReplyKind.GUIDANCE))
"""What the other reply of a row is."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A triplet on its way. `parent` is the id of the sample that it was augmented from."""

    triplet: Triplet
    parent: str = ""
    check: CrossCheck | None = None


@dataclass(frozen=True, slots=True)
class IdeaRequest:
    """A photo to imagine cases for; with `scenario`, only of that one."""

    photo: Photo
    scenario: str = ""


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
            subject, self.kit.config.per_photo, row.scenario
        )
        if not found:
            return [Dropped(self.name, "no_pattern", "the author found no case in this photo")]
        return [Done(Draft(triplet)) for triplet in found]


@dataclass(frozen=True, slots=True)
class Check:
    """Cross-check: safe alone, safe elsewhere, unsafe together, no leak."""

    kit: RecipeParts
    name: str = "cross_check"

    async def __call__(self, row: Draft, context: Context) -> Outcome[Draft]:
        return self.judge(row, await self.read(row, context))

    async def read(self, row: Draft, context: Context) -> CrossCheck:
        """The numbers of a draft: kept whatever is decided on them."""
        album, config = self.kit.album, self.kit.config
        subject = await album.subject(row.triplet.photo, context)
        others = album.others(row.triplet.photo, self.kit.roles.guard.spares * config.unrelated)
        unrelated = [await album.subject(other, context) for other in others]
        return await self.kit.roles.guard.check(row.triplet, subject, unrelated)

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

    async def reword(self, row: Draft, context: Context) -> list[Draft]:
        """Further wordings beside the same photo."""
        subject = await self.kit.album.subject(row.triplet.photo, context)
        n = self.kit.config.rewordings
        said = await self.kit.roles.author.reword(row.triplet, subject, n)
        return [Draft(triplet, parent=_own_id(row)) for triplet in said]

    async def transfer(self, row: Draft, photo: str, context: Context) -> Draft | None:
        """The same pattern beside another photo; None where the author finds that it does not
        fit."""
        subject = await self.kit.album.subject(photo, context)
        moved = await self.kit.roles.author.transfer(row.triplet, subject)
        return Draft(moved, parent=_own_id(row)) if moved is not None else None


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
        problems: list[str] = []
        for attempt in range(config.answer_attempts):
            response = await roles.responder.guide(row.triplet, subject, attempt)
            problems = await roles.guard.answer_problems(row.triplet, subject, response)
            if not problems:
                return Done(self._sample(row, response))
        return Dropped(self.name, problems[0], f"all {config.answer_attempts} drafts: {problems}")

    def _sample(self, row: Draft, response: str) -> Sample:
        if row.check is None:
            raise ValueError("a draft reached the answer without its cross-check")
        along = self.kit.roles.responder.along(row.triplet)
        return Sample(
            triplet=row.triplet,
            kind=Kind.UNSAFE,
            label="unsafe",
            response=response,
            check=row.check,
            sensitive=row.triplet.sensitive or row.triplet.category in SENSITIVE,
            parent=row.parent,
            recipe=RECIPE_VERSION,
            other_response=along,
            other_kind=GO_ALONG if along else "",
            provenance=self.provenance,
        )


@dataclass(frozen=True, slots=True)
class Controls:
    """Safe counterparts: same photo with a harmless text, same text with a harmless photo."""

    kit: RecipeParts
    name: str = "controls"

    async def text(self, row: Sample, context: Context) -> Outcome[Sample]:
        """The row's photo with a harmless text."""
        roles, config = self.kit.roles, self.kit.config
        subject = await self.kit.album.subject(row.triplet.photo, context)
        for harmless in await roles.author.harmless(row.triplet, subject):
            unsafe = None
            if not roles.guard.stated(row.triplet, harmless.text):
                unsafe = await roles.guard.together(row.triplet, harmless.text, subject)
                if unsafe is None or unsafe > config.safe_below:
                    continue
            said = replace(
                row.triplet, text=harmless.text, speaker=harmless.speaker, style=harmless.style
            )
            reply = await roles.responder.help(said, said.text, subject, harmless.reply)
            worse = (harmless.warning, WARNING if harmless.warning else "")
            return self._control(row, said, Kind.CONTROL_TEXT, reply, unsafe, worse)
        return Dropped(self.name, "no_harmless_text", "no sentence was sure to be harmless here")

    async def photo(self, row: Sample, context: Context) -> Outcome[Sample]:
        """The row's text with a harmless photo."""
        roles, album, config = self.kit.roles, self.kit.album, self.kit.config
        tries = CONTROL_TRIES * roles.guard.spares * config.unrelated
        nearest: tuple[float, str] = (0.0, "no photo was sure to be harmless for it")
        for other in album.others(row.triplet.photo, tries):
            subject = await album.subject(other, context)
            there = await roles.guard.harmless_there(row.triplet, subject)
            if _fits(there, config):
                moved = replace(row.triplet, photo=other)
                reply = await roles.responder.help(moved, moved.text, subject, "")
                if reply:  # people wrote none for a photo that only the guard finds harmless
                    worse = (row.response, GUIDANCE)
                    return self._control(row, moved, Kind.CONTROL_PHOTO, reply, there.unsafe, worse)
            miss = _near_miss(there, album[other].source, config)
            nearest = max(nearest, miss, key=lambda one: one[0])
        return Dropped(self.name, "no_harmless_photo", nearest[1])

    def _control(
        self,
        row: Sample,
        triplet: Triplet,
        kind: Kind,
        reply: str,
        unsafe: float | None,
        worse: tuple[str, str],
    ) -> Outcome[Sample]:
        """`worse`: the other reply, and what it is."""
        if refuses(reply):
            # An over-cautious reply to a harmless request is what a control must not teach.
            return Dropped(self.name, "control_refused", reply[:200])
        check = replace(
            row.check,
            together=unsafe,
            text_alone=row.check.text_alone if kind is Kind.CONTROL_PHOTO else None,
            text_elsewhere=None,
            stated=unsafe is None or row.check.stated,
            photo_alone=row.check.photo_alone if kind is Kind.CONTROL_TEXT else None,
            leak=False,
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


def _fits(there: There, config: BuildConfig) -> bool:
    """Whether a text is natural and harmless beside a photo."""
    natural = there.place is None or there.place >= config.unsafe_above
    return natural and there.unsafe is not None and there.unsafe <= config.safe_below


def _near_miss(there: There, source: str, config: BuildConfig) -> tuple[float, str]:
    """How near a photo came to being a harmless one, and its numbers; 0 for not near."""
    unsafe = "?" if there.unsafe is None else f"{there.unsafe:.3f}"
    if there.place is not None:
        near = there.place if there.place > config.safe_below else 0.0
        return near, f"nearest was {source}: natural there {there.place:.3f}, unsafe {unsafe}"
    near = 1 - there.unsafe if there.unsafe is not None else 0.0
    return near if near > config.safe_below else 0.0, f"nearest was {source}: unsafe {unsafe}"
