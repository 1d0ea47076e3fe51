"""The roles of a build of two photos: who finds the pairs, who checks them, who answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from crosslight.build.roles import Eyes, Reading, Subject
from crosslight.build.two_photos.catalogue import Catalogue, PhotoSeen
from crosslight.build.two_photos.records import Guidance, PairCheck, PairIdea
from crosslight.records import Outcome

Two = tuple[Subject, Subject]


@dataclass(frozen=True, slots=True)
class Twin:
    """A harmless counterpart: what is shown and said, with the reply where people wrote one.

    `near`: it is about the risky things themselves.
    """

    idea: PairIdea
    reply: str = ""
    near: bool = False


class PairAuthor(Protocol):
    """Finds what two harmless photos and a sentence could become. All may raise `ModelError`.

    `writes_near`: it can write a harmless sentence about the risky things.
    """

    @property
    def writes_near(self) -> bool:
        """See above."""
        ...

    async def look(self, subject: Subject) -> PhotoSeen:
        """What a photo shows, for the catalogue."""
        ...

    async def propose(
        self, subject: Subject, catalogue: Catalogue, k: int
    ) -> Sequence[Outcome[PairIdea]]:
        """Up to `k` ideas for this photo with one other of the catalogue."""
        ...

    async def harmless(self, idea: PairIdea, two: Two, complaint: str = "") -> Sequence[Twin]:
        """Sentences that are harmless with the same two photos, at most one of them near."""
        ...

    def swaps(self, idea: PairIdea, catalogue: Catalogue, n: int) -> list[tuple[int, str]]:
        """Which of the two photos (0, 1) to change for which other, so that the same sentence may
        be harmless: up to `n` tries."""
        ...

    async def swapped(self, idea: PairIdea, at: int, two: Two) -> Twin | None:
        """The same sentence with `two`, of which the one at `at` is new; None where it is not
        harmless there."""
        ...


class PairGuard(Protocol):
    """Gives the numbers. None is "unknown"."""

    async def photo_alone(self, subject: Subject) -> float | None:
        """Probability that the photo is unsafe by itself."""
        ...

    async def check(self, idea: PairIdea, two: Two) -> PairCheck:
        """The leak, which costs nothing and ends it, then the parts and all together."""
        ...

    async def claim(self, idea: PairIdea, two: Two, check: PairCheck) -> PairCheck:
        """With `visible` and `follows`: does the author's claim hold in these photos?"""
        ...

    async def control(self, idea: PairIdea, two: Two) -> PairCheck:
        """The numbers of a counterpart: is it harmless, all together?"""
        ...

    async def read(self, idea: PairIdea, two: Two, reply: str) -> Reading:
        """What is wrong with the reply to an unsafe row."""
        ...

    async def read_control(self, text: str, two: Two, reply: str) -> Reading:
        """What is wrong with the reply to a harmless one: does it help, refuse, warn?"""
        ...


class PairResponder(Protocol):
    """Writes the replies: a chain of what is seen, what is wanted, and the answer."""

    async def guide(self, idea: PairIdea, two: Two, complaint: str = "") -> Guidance:
        """Names the danger and gives the safe way."""
        ...

    async def help(self, twin: Twin, two: Two) -> str:
        """Plain help with a harmless counterpart."""
        ...


@dataclass(frozen=True, slots=True)
class PairRoles:
    """Who does what."""

    author: PairAuthor
    guard: PairGuard
    responder: PairResponder
    eyes: Eyes | None = None
