"""The steps of the recipe, each an `async` call over one row; `walk` chains them.

photo -> PhotoAlone -> Imagine -> Check -> (Augment -> Check) -> Answer -> Controls
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

from crosslight.build.album import Album
from crosslight.build.config import RECIPE_VERSION, BuildConfig
from crosslight.build.crosscheck import claim_fault, decide, pair_fault, photo_fault
from crosslight.build.roles import (
    MOVED_UNREAD,
    Reading,
    Roles,
    Subject,
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
        return photo_fault(self.name, unsafe, self.kit.config) or Done(row)

    async def shows_person(self, row: Photo, context: Context) -> bool | None:
        """For the card: nothing hangs on it. None where no role has perception."""
        eyes = self.kit.roles.eyes
        if eyes is None:
            return None
        return await eyes.shows_person(await self.kit.album.subject(row.id, context))


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
        return await guard.elsewhere(triplet, check, others(self.kit, triplet, tries, context))

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


async def others(
    kit: RecipeParts, triplet: Triplet, n: int, context: Context
) -> AsyncIterator[Subject]:
    """Up to `n` other photos, made ready one by one: who has enough asks for no more."""
    choose = kit.album.similar if kit.roles.guard.by_likeness else kit.album.others
    for photo in choose(triplet.photo, n):
        yield await kit.album.subject(photo, context)
