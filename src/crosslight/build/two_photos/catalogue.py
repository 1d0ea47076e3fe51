"""What the photos show, and which of them to set beside one: a bounded number each, however large
the album. Every choice depends on ids and the seed alone."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from crosslight.records import stable_id
from crosslight.runs import SPLITS

SHARES = ((SPLITS[2], 0.1), (SPLITS[1], 0.1))
"""Test and validation; the rest is train."""
LEAST_TO_SPLIT = 100
"""Fewer photos are all train: pairs inside of a tenth of them would be too few to measure."""
AMONG = 64
"""Photos with the wanted thing among which the surest are sought."""
STEPS = 10
"""Steps of certainty within which chance decides."""


class Shown(NamedTuple):
    """A thing that a photo shows, how surely, and how an answer calls it."""

    key: str
    chance: float
    name: str


@dataclass(frozen=True, slots=True)
class PhotoSeen:
    """What one photo shows: as things (perception), or told in a sentence."""

    photo: str
    things: tuple[Shown, ...] = ()
    told: str = ""


def split_of(photo: str, photos: int, seed: int) -> str:
    """The split of a photo by its id alone. Only photos of one split are set beside each other, so
    that none stands in two."""
    if photos < LEAST_TO_SPLIT:
        return SPLITS[0]
    share = int(stable_id("split", photo=photo, seed=seed)[:8], 16) / 16**8
    for split, part in SHARES:
        if share < part:
            return split
        share -= part
    return SPLITS[0]


class Catalogue:
    """All photos that were looked at, in a seeded order."""

    def __init__(self, photos: int, seed: int) -> None:
        self._photos, self._seed = photos, seed
        self._seen: dict[str, PhotoSeen] = {}
        self._rings: dict[tuple[str, str], list[tuple[str, str]]] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def __getitem__(self, photo: str) -> PhotoSeen:
        return self._seen[photo]

    def add(self, seen: PhotoSeen) -> None:
        """A photo, once."""
        self._seen[seen.photo] = seen
        split, ring = self.split(seen.photo), self._order(seen.photo)
        for key in ("", *(thing.key for thing in seen.things)):
            insort(self._rings.setdefault((split, key), []), (ring, seen.photo))

    def split(self, photo: str) -> str:
        """Where the photo stands."""
        return split_of(photo, self._photos, self._seed)

    def shown(self, photo: str, key: str) -> Shown:
        """The thing as this photo shows it. Raises `StopIteration` where it does not."""
        return next(thing for thing in self._seen[photo].things if thing.key == key)

    def near(self, photo: str, n: int) -> list[str]:
        """Up to `n` other photos of its split, from a place of the photo's own."""
        return self._from(photo, "", n)

    def holding(self, photo: str, key: str, n: int) -> list[str]:
        """Up to `n` other photos of its split that show it: the surest of some, then by chance."""
        found = self._from(photo, key, max(n, AMONG))
        at = {other: place for place, other in enumerate(found)}
        return sorted(found, key=lambda o: (-round(self.shown(o, key).chance * STEPS), at[o]))[:n]

    def _from(self, photo: str, key: str, n: int) -> list[str]:
        ring = self._rings.get((self.split(photo), key), [])
        start = bisect_left(ring, (self._order(photo, key), ""))
        some = (
            *ring[start : start + n + 1],
            *ring[: max(0, min(start, start + n + 1 - len(ring)))],
        )
        return _without(photo, (other for _, other in some))[:n]

    def _order(self, *parts: str) -> str:
        return stable_id("pairs", seed=self._seed, parts=list(parts))


def _without(photo: str, others: Iterable[str]) -> list[str]:
    return [other for other in dict.fromkeys(others) if other != photo]
