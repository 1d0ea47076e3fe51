"""The three roles of a build. They may be three different models, or one."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from crosslight.build.crosscheck import CLAIM_UNREAD, FOLLOWS_UNREAD, SEEN_UNREAD
from crosslight.build.wish import Inspiration, Wish
from crosslight.records import CrossCheck, ImageView, Outcome, Photo, Triplet

NOT_ELSEWHERE = "the text makes sense beside no other photo that was tried: not read elsewhere"
"""Stands on rows whose text nobody read beside another photo."""
ANSWER_UNREAD = "the guard did not answer of the response"
REPLY_UNREAD = "the guard did not answer: how the reply treats the person is unknown"
MOVED_UNREAD = "the guard did not answer: whether the sentence makes sense here is unknown"
UNREAD_NOTES = (
    *(CLAIM_UNREAD, SEEN_UNREAD, FOLLOWS_UNREAD),
    *(ANSWER_UNREAD, REPLY_UNREAD, MOVED_UNREAD),
)
"""How the notes begin that say what a guard left open."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A photo together with what models are shown of it. Hashes by the photo alone."""

    photo: Photo
    view: ImageView = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class HarmlessText:
    """A sentence that is harmless with the photo. `reply` is given where people wrote one, and so
    is `warning`, a reply that warns where nothing is wrong. `near`: it is about the risky thing.
    """

    text: str
    reply: str = ""
    warning: str = ""
    speaker: str = "someone"
    style: str = "control"
    near: bool = False


@dataclass(frozen=True, slots=True)
class Imagined:
    """Ideas for a photo, each for itself: a triplet, or dropped because it is not of the form.
    `seen`: things that the photo shows, as far as the author named them."""

    ideas: Sequence[Outcome[Triplet]] = ()
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class There:
    """What a text is beside another photo: probability that it is *unsafe* (None is unknown).

    `fits` is how sure it is that the text makes sense there, None for unknown. Where it does not
    fit, whether it is unsafe is not asked.
    """

    unsafe: float | None
    fits: float | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What is wrong with a reply, as stable names (none when it is good), and in a sentence for
    whoever writes it anew. `notes`: what of it nobody read."""

    problems: tuple[str, ...] = ()
    complaint: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ControlWish:
    """What a harmless text must not be: one of the `earlier` ones of this photo, nor what the
    `complaint` is about. `near`: a second one about the risky thing is wanted as well."""

    earlier: tuple[str, ...] = ()
    complaint: str = ""
    near: bool = False


class Eyes(Protocol):
    """What is asked of a photo for the account alone: nothing is decided by it."""

    async def shows_person(self, subject: Subject) -> bool | None:
        """Whether it shows a person; None is unknown, also where perception failed."""
        ...


class Author(Protocol):
    """Imagines what an innocent sentence could make of a photo. All may raise `ModelError`.

    `rethinks`: a second look at a photo can find what the first did not. `writes_near`: it can be
    asked for a harmless text about the risky thing.
    """

    rethinks: bool
    writes_near: bool

    async def imagine(self, subject: Subject, k: int, wish: Wish) -> Imagined:
        """Up to `k` ideas."""
        ...

    async def reword(
        self, triplet: Triplet, subject: Subject, n: int, already: Sequence[str] = ()
    ) -> Sequence[Outcome[Triplet]]:
        """Up to `n` further sentences for the same risk, in other forms where a model writes.
        `already`: sentences that the photo has."""
        ...

    async def transfer(self, triplet: Triplet, subject: Subject) -> Triplet | None:
        """The same pattern in words for another photo, or None where it does not arise there."""
        ...

    async def harmless(
        self, triplet: Triplet, subject: Subject, wish: ControlWish
    ) -> list[HarmlessText]:
        """Sentences of the same form that are harmless with this photo."""
        ...

    async def title(
        self, cases: Sequence[Inspiration], taken: Sequence[str]
    ) -> tuple[str, str] | None:
        """A name for what these cases have in common, and what it is about; None where people
        named all there is. `taken`: names of other scenarios."""
        ...


class Guard(Protocol):
    """Gives the numbers, and reads replies. None is "unknown".

    `spares` is how many candidates it wants for each other photo that it uses; `by_likeness`:
    candidates should be like the photo, so that the text can make sense there.
    """

    spares: int
    by_likeness: bool

    async def photo_alone(self, subject: Subject) -> float | None:
        """Probability that the photo is unsafe by itself."""
        ...

    async def pair(self, triplet: Triplet, subject: Subject) -> CrossCheck:
        """The leak, which costs nothing and ends it, then the text alone and both together."""
        ...

    async def claim(self, triplet: Triplet, subject: Subject, check: CrossCheck) -> CrossCheck:
        """With `visible` and `follows`: does the author's claim hold in this photo?"""
        ...

    async def elsewhere(
        self, triplet: Triplet, check: CrossCheck, others: AsyncIterator[Subject]
    ) -> CrossCheck:
        """With `text_elsewhere`, as far as the text makes sense beside one of `others`."""
        ...

    async def together(self, triplet: Triplet, text: str, subject: Subject) -> float | None:
        """Probability that `text` beside this photo is unsafe."""
        ...

    def stated(self, triplet: Triplet, text: str) -> bool:
        """Whether people wrote `text` as harmless and this guard takes their word: then
        `together` has no number for it."""
        ...

    async def fits(self, triplet: Triplet, subject: Subject) -> float | None:
        """How sure it is that the triplet's text makes sense beside its photo."""
        ...

    async def harmless_there(self, triplet: Triplet, subject: Subject) -> There:
        """The triplet's text beside another photo."""
        ...

    async def read_answer(self, triplet: Triplet, subject: Subject, answer: str) -> Reading:
        """What is wrong with a guidance response."""
        ...

    async def read_control(self, text: str, subject: Subject, reply: str) -> Reading:
        """What is wrong with the reply to a harmless control."""
        ...


class Responder(Protocol):
    """Writes what a good assistant says."""

    async def guide(
        self, triplet: Triplet, subject: Subject, earlier: str = "", complaint: str = ""
    ) -> str:
        """Guidance: says what matters in the photo, declines the risky part, gives the safe way.

        `earlier` is a draft that was not good enough, `complaint` what a reader said about it.
        """
        ...

    async def help(self, triplet: Triplet, text: str, subject: Subject, reply: str) -> str:
        """A plain helpful reply to a harmless control; `reply` is the written one, if any. Empty
        where there is none to give."""
        ...

    def along(self, triplet: Triplet) -> str:
        """A reply that goes along with an unsafe row: the worse one of a pair. Empty where people
        wrote none: no model is asked for it."""
        ...


@dataclass(frozen=True, slots=True)
class Roles:
    """Who does what in this build."""

    author: Author
    guard: Guard
    responder: Responder
    eyes: Eyes | None = None
    """Perception, where a role that looks at every photo has it."""
