"""What the photos show, and which of them to set beside one: a bounded number each, however large
the album, and asked of the log on disk. Every choice depends on ids and the seed alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from crosslight.build.row_log import RowLog
from crosslight.build.splits import LEAST, split_of
from crosslight.records import stable_id

MEET_ACROSS = 100
"""In an album of fewer photos those of two splits are set beside each other as well, and what comes
of it stands in no split: inside of a tenth of them there are next to no pairs. Those of one split
come first."""
AMONG = 64
"""Photos with the wanted thing among which the surest are sought."""
STEPS = 10
"""Steps of certainty within which chance decides."""
ANY = ""
"""The thing that every photo shows."""
_TABLES = """
CREATE TABLE catalogue (part TEXT, thing TEXT, ring TEXT, photo TEXT, chance REAL, name TEXT,
  PRIMARY KEY (part, thing, ring, photo)) WITHOUT ROWID;
CREATE INDEX catalogue_photo ON catalogue (photo, thing);
"""


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


class Catalogue:
    """All photos that were looked at, in a seeded order."""

    def __init__(
        self, log: RowLog, album: int, seed: int, groups: Mapping[str, str] | None = None
    ) -> None:
        """`album`: how many photos there are; `groups` names the group of each that has copies."""
        self._log, self._seed = log, seed
        self._groups, self._across = groups or {}, album < MEET_ACROSS
        self._split = self._across and album >= LEAST
        log.extend(_TABLES)

    def __len__(self) -> int:
        return int(self._log.one("SELECT COUNT(*) FROM catalogue WHERE thing = ?", (ANY,)))

    def __getitem__(self, photo: str) -> PhotoSeen:
        found = self._log.read(
            "SELECT thing, chance, name FROM catalogue WHERE photo = ? ORDER BY thing", (photo,)
        )
        if not found:
            raise KeyError(photo)
        (_, _, told), *things = found
        return PhotoSeen(photo, tuple(Shown(*thing) for thing in things), told)

    def add(self, seen: PhotoSeen) -> None:
        """A photo, once."""
        where = self._part(seen.photo)
        for thing in (Shown(ANY, 1.0, seen.told), *seen.things):
            values = (where, thing.key, self._order(seen.photo), seen.photo, *thing[1:])
            self._log.write("INSERT INTO catalogue VALUES (?, ?, ?, ?, ?, ?)", values)

    def shown(self, photo: str, key: str) -> Shown:
        """The thing as this photo shows it. Raises `KeyError` where it does not."""
        found = self._log.read(
            "SELECT thing, chance, name FROM catalogue WHERE photo = ? AND thing = ?", (photo, key)
        )
        if not found:
            raise KeyError(photo, key)
        return Shown(*found[0])

    def near(self, photo: str, n: int) -> list[str]:
        """Up to `n` other photos that it may meet, from a place of the photo's own; those of its
        split first."""
        found = self._from(photo, ANY, max(n, AMONG) if self._split else n)
        return sorted((other for other, _ in found), key=self._stranger(photo))[:n]

    def holding(self, photo: str, key: str, n: int) -> list[str]:
        """Up to `n` other photos that it may meet and that show this: the surest of some, then
        those of its split, then by chance."""
        found, stranger = self._from(photo, key, max(n, AMONG)), self._stranger(photo)
        surest = sorted(found, key=lambda one: (-round(one[1] * STEPS), stranger(one[0])))
        return [other for other, _ in surest[:n]]

    def _stranger(self, photo: str) -> Callable[[str], bool]:
        """Whether another photo is of another split, where photos are split and those meet."""
        if not self._split:
            return lambda other: False
        own = self._split_of(photo)
        return lambda other: self._split_of(other) != own

    def _from(self, photo: str, key: str, n: int) -> list[tuple[str, float]]:
        ring = (
            "SELECT photo, chance FROM catalogue WHERE part = ? AND thing = ? AND ring {} ?"
            " AND photo <> ? ORDER BY ring, photo LIMIT ?"
        )
        where, start = (self._part(photo), key), self._order(photo, key)
        found = self._log.read(ring.format(">="), (*where, start, photo, n))
        found += self._log.read(ring.format("<"), (*where, start, photo, n - len(found)))
        return [(str(other), float(chance)) for other, chance in found]

    def _part(self, photo: str) -> str:
        """Photos of one part may meet."""
        return "" if self._across else self._split_of(photo)

    def _split_of(self, photo: str) -> str:
        return split_of(self._groups.get(photo, photo), self._seed)

    def _order(self, *parts: str) -> str:
        return stable_id("pairs", seed=self._seed, parts=list(parts))
