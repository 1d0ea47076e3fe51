"""Splits that hold: by hash of a photo or a pattern, and no sentence in two of them.

A hash asks nobody else, so a larger album moves no row from one split to another. A sentence goes
with the first unsafe row that says it; a row that says it in another split stands in none.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple, Self

from crosslight.build.config import SPLIT_UNITS
from crosslight.build.row_codec import photo_of
from crosslight.build.row_log import RowLog
from crosslight.records import Kind, Sample, content_hash
from crosslight.runs import SPLITS
from crosslight.store import NEAR_BITS, group_similar, parse_hashes
from crosslight.text import plural

PHOTO, PATTERN = SPLIT_UNITS
TRAIN, VALIDATION, TEST, UNSPLIT = SPLITS
"""In the last stand rows whose sentence another split has, or whose photos are of two."""
SHARE = 0.1
"""Of validation and of test; the rest is train."""
_OWNERS = {(unsafe, split): (unsafe, split) for unsafe in (False, True) for split in SPLITS}
"""Who can own a sentence, each held once: there are as many sentences as rows."""
LEAST = 10
"""With fewer photos (or patterns) nothing is split: one of them measures nothing."""


def split_of(unit: str, seed: int, by: str = PHOTO) -> str:
    """The split of a photo (or a pattern), the same in every build of any kind."""
    at = int(content_hash(f"split {by} {seed} {unit}".encode())[:12], 16) / 16**12
    return TEST if at < SHARE else VALIDATION if at < 2 * SHARE else TRAIN


class Said(NamedTuple):
    """What of a row tells its split."""

    photos: tuple[str, ...]
    pattern: str
    text: str
    unsafe: bool

    @classmethod
    def by(cls, row: Sample) -> Self:
        """Of a row of one photo."""
        said = row.triplet
        return cls((said.photo,), said.pattern, said.text, row.kind is Kind.UNSAFE)


class Splits:
    """The split of every row of a build."""

    def __init__(
        self,
        by: str,
        seed: int,
        groups: Mapping[str, str] | None = None,
        album: int | None = None,
    ) -> None:
        """`groups` names the group of each photo that has copies in the album. `album`: how many
        photos (less copies) could have rows; None: those that have."""
        self._by, self._seed, self._groups, self._album = by, seed, groups or {}, album
        self._owners: dict[bytes, tuple[bool, str]] = {}
        self._units: set[str] = set()
        self._placed: Counter[str] = Counter()
        self._pairs = False

    @classmethod
    def of(
        cls,
        rows: Iterable[Said],
        by: str = PHOTO,
        seed: int = 0,
        groups: Mapping[str, str] | None = None,
        album: int | None = None,
    ) -> "Splits":
        """Splits of these rows, which are read once."""
        splits = cls(by, seed, groups, album)
        for row in rows:
            splits._learn(row)
        return splits

    @property
    def whole(self) -> bool:
        """Whether there is too little to split."""
        return self._number < LEAST

    @property
    def _number(self) -> int:
        # What has rows differs between two builds of one album; its photos do not.
        return len(self._units) if self._album is None or self._by == PATTERN else self._album

    def place(self, row: Said) -> str:
        """The split that a row stands in; it is counted."""
        split = self._split(row)
        if self.whole:
            split = TRAIN
        elif split != UNSPLIT and self._owners[_key(row.text)][1] != split:
            split = UNSPLIT
        self._placed[split] += 1
        return split

    def notes(self) -> list[str]:
        """What a reader must know of the splits, after all rows were placed."""
        if self.whole:
            if not self._units:
                return []
            told = f"{plural(self._number, self._by)}, {LEAST} are the least"
            return [f"no split: {told}; all rows stand in train"]
        notes = [
            f"no row stands in {split}: use the other splits, or give another --seed"
            for split in (TRAIN, VALIDATION, TEST)
            if self._placed.total() and not self._placed[split]
        ]
        if lone := self._placed[UNSPLIT]:
            stand = plural(lone, "row stands", "rows stand")
            notes.append(f"{stand} in no split (`{UNSPLIT}`): {self._why()}")
        return notes

    def _why(self) -> str:
        if self._pairs:
            return "their two photos are of two splits, or another split has the sentence"
        if self._by == PATTERN:
            return "another split has the sentence"
        return "another split has the sentence; with --split-by pattern hardly any does"

    def _learn(self, row: Said) -> None:
        key, split = _key(row.text), self._split(row)
        self._units.update(self._of(row))
        self._pairs |= len(row.photos) > 1
        if split == UNSPLIT:
            return
        # A control must not take the sentence away from the row that it is a control of.
        if key not in self._owners or (row.unsafe and not self._owners[key][0]):
            self._owners[key] = _OWNERS[row.unsafe, split]

    def _of(self, row: Said) -> list[str]:
        if self._by == PATTERN and row.pattern:
            return [row.pattern]
        return [self._groups.get(photo, photo) for photo in row.photos]

    def _split(self, row: Said) -> str:
        first, *others = {split_of(unit, self._seed, self._by) for unit in self._of(row)}
        return UNSPLIT if others else first


def _key(text: str) -> bytes:
    """The same for sentences that differ in case, spaces or punctuation only."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    said = " ".join(re.findall(r"\w+", plain)) or plain
    return blake2b(said.encode("utf-8", "surrogatepass"), digest_size=12).digest()


def copy_groups(photos: Sequence[tuple[str, str]]) -> dict[str, str]:
    """By photo the earliest one that looks like it; `photos` are ids and perceptual hashes."""
    hashes = parse_hashes([phash for _, phash in photos])
    keepers = group_similar(hashes, NEAR_BITS).keeper.tolist()
    return {
        photo: photos[keeper][0]
        for at, ((photo, _), keeper) in enumerate(zip(photos, keepers, strict=True))
        if keeper != at
    }


def groups_in(log: RowLog) -> dict[str, str]:
    """Groups of the photos in a log, where the screen let copies in."""
    return copy_groups([(id, photo_of(value).phash) for id, value in log.stream(_PHOTOS)])


_PHOTOS = "SELECT id, value FROM photos ORDER BY at"
