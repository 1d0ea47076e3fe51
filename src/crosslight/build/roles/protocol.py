"""The three roles of a build. They may be three different models, or one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from crosslight.records import CrossCheck, ImageView, Photo, Triplet


@dataclass(frozen=True, slots=True)
class Subject:
    """A photo together with what models are shown of it. Hashes by the photo alone."""

    photo: Photo
    view: ImageView = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class HarmlessText:
    """A sentence that is harmless with the photo. `reply` is given where people wrote one, and so
    is `warning`, a reply that warns where nothing is wrong."""

    text: str
    reply: str = ""
    warning: str = ""
    speaker: str = "someone"
    style: str = "control"


@dataclass(frozen=True, slots=True)
class There:
    """What a text is beside another photo: probability that it is *unsafe* (None is unknown).

    `place` is how sure it is that people wrote the text as natural in such a photo; None where
    the guard reads the text itself.
    """

    unsafe: float | None
    place: float | None = None


class Author(Protocol):
    """Imagines what an innocent sentence could make of a photo. All may raise `ModelError`."""

    async def imagine(self, subject: Subject, k: int, scenario: str = "") -> list[Triplet]:
        """Up to `k` triplets; with `scenario`, only of that one."""
        ...

    async def reword(self, triplet: Triplet, subject: Subject, n: int) -> list[Triplet]:
        """Up to `n` further wordings: another phrasing, another speaker, less direct."""
        ...

    async def transfer(self, triplet: Triplet, subject: Subject) -> Triplet | None:
        """The same pattern on another photo, or None where it does not fit."""
        ...

    async def harmless(self, triplet: Triplet, subject: Subject) -> list[HarmlessText]:
        """Sentences that are harmless with this photo."""
        ...


class Guard(Protocol):
    """Gives the four numbers, and reads answers. None is "unknown".

    `spares` is how many candidates it wants for each unrelated photo that it uses.
    """

    spares: int

    async def photo_alone(self, subject: Subject) -> float | None:
        """Probability that the photo is unsafe by itself."""
        ...

    async def check(
        self, triplet: Triplet, subject: Subject, unrelated: Sequence[Subject]
    ) -> CrossCheck:
        """The four numbers of a triplet on its photo."""
        ...

    async def together(self, triplet: Triplet, text: str, subject: Subject) -> float | None:
        """Probability that `text` beside this photo is unsafe."""
        ...

    def stated(self, triplet: Triplet, text: str) -> bool:
        """Whether people wrote `text` as harmless and this guard takes their word: then
        `together` has no number for it."""
        ...

    async def harmless_there(self, triplet: Triplet, subject: Subject) -> There:
        """The triplet's text beside another photo."""
        ...

    async def answer_problems(self, triplet: Triplet, subject: Subject, answer: str) -> list[str]:
        """What is wrong with a guidance response, as stable names; empty when it is good."""
        ...


class Responder(Protocol):
    """Writes what a good assistant says."""

    async def guide(self, triplet: Triplet, subject: Subject, attempt: int) -> str:
        """Guidance: sees the hazard, declines the risky part, gives the safe way."""
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
