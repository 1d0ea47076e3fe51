"""The photos of a build: what models are shown of them, and which others to set beside one.

Asked of the log on disk. Only photos that are safe by themselves are set beside others: those of
earlier waves and, once all of them were looked at, of this one. Every choice depends on ids and the
seed alone.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice

from crosslight.build.colours import colours_of, unlikeness
from crosslight.build.config import BuildConfig
from crosslight.build.roles import Subject
from crosslight.build.row_log import RowLog
from crosslight.build.splits import LEAST, PHOTO, split_of
from crosslight.flow import Context
from crosslight.records import Photo, Triplet, stable_id
from crosslight.text import head_word, stem

PHOTOS_KEPT = 1024
"""Photos that are not read from the log anew."""
VIEWS_HELD, VIEWS_KEPT = 16 * 2**20, 512
"""Bytes of views that are not read from the disk anew, and how many: a small one costs more in
what stands around it."""
NATURAL_AMONG = 64
"""Photos that are taken of those which show one thing, so that a choice costs the same in a large
album."""
LIKE_AMONG = 128
"""Photos among which the most similar ones are sought, so that a choice costs the same in a large
album as in a small one."""


class Album:
    """The photos in the log."""

    def __init__(self, log: RowLog, config: BuildConfig) -> None:
        self.log = log
        self._config = config
        self._photo = lru_cache(PHOTOS_KEPT)(log.photo)
        self._subjects = OrderedDict[str, Subject]()
        self._held = 0
        self._added = 0

    @classmethod
    def of(cls, photos: Sequence[Photo], config: BuildConfig) -> "Album":
        """An album in memory, of photos that are safe by themselves."""
        album = cls(RowLog(), config)
        for at, photo in enumerate(photos):
            album.add(at, photo)
            album.admit(photo.id, b"")
        return album

    def __len__(self) -> int:
        return int(self.log.one("SELECT COUNT(*) FROM photos WHERE safe"))

    def __getitem__(self, photo: str) -> Photo:
        return self._photo(photo)

    def add(self, at: int, photo: Photo) -> None:
        """A photo of the input, not looked at yet."""
        self.log.add_photo(at, photo, self._place(photo.id))
        self._added += 1

    def admit(self, photo: str, colours: bytes, person: bool | None = None) -> None:
        """A photo was looked at, and may be shown. `person`: whether it shows one."""
        self.log.write(
            "UPDATE photos SET safe = 1, colours = ?, person = ? WHERE id = ?",
            (colours, person, photo),
        )

    def _place(self, *parts: str) -> str:
        return stable_id("ring", seed=self._config.seed, parts=list(parts))

    async def subject(self, photo: str, context: Context) -> Subject:
        """The photo with its view. Making the view is blocking work; the last ones are kept: a walk
        asks for its own at every step."""
        if (kept := self._subjects.get(photo)) is not None:
            self._subjects.move_to_end(photo)
            return kept
        config, images = self._config, context.images
        if images is None:
            raise ValueError("a build needs an image store in its context")
        view = await context.blocking(images.view, photo, config.side, config.quality)
        if photo not in self._subjects:  # another task may have been first
            self._subjects[photo] = Subject(self[photo], view)
            self._held += len(view.jpeg)
        subject = self._subjects[photo]
        while self._held > VIEWS_HELD or len(self._subjects) > VIEWS_KEPT:
            _, gone = self._subjects.popitem(last=False)
            self._held -= len(gone.view.jpeg)
        return subject

    async def colours(self, photo: str, context: Context) -> bytes:
        """What `similar` compares."""
        subject = await self.subject(photo, context)
        return await context.blocking(colours_of, subject.view.jpeg)

    def others(self, photo: str, n: int) -> list[str]:
        """Up to `n` other photos, the same on every run, spread evenly over the album."""
        return [other for other, _ in self._others(photo, n)]

    def similar(self, photo: str, n: int) -> list[str]:
        """Up to `n` of many other photos, those first that look most like it by their colours."""
        mine = self.log.one("SELECT colours FROM photos WHERE id = ?", (photo,)) or b""
        many = self._others(photo, max(n, LIKE_AMONG))
        far = unlikeness(mine, [colours for _, colours in many])
        return [other for _, (other, _) in sorted(zip(far, many, strict=True))][:n]

    def _others(self, photo: str, n: int) -> list[tuple[str, bytes]]:
        ring = (
            "SELECT id, colours FROM photos WHERE safe = 1 AND id <> ? AND ring {} ?"
            " ORDER BY ring LIMIT ?"
        )
        start = self._place(photo, "others")
        found = self.log.read(ring.format(">"), (photo, start, n))
        found += self.log.read(ring.format("<="), (photo, start, n - len(found)))
        return [(other, bytes(colours or b"")) for other, colours in found]

    def add_seen(self, photo: str, names: Iterable[str]) -> None:
        """Things that an author says a photo shows."""
        ring = stable_id("seen", photo=photo, seed=self._config.seed)
        for thing in dict.fromkeys(stem(head_word(name)) for name in names):
            self.log.write("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (thing, ring, photo))

    def natural(self, triplet: Triplet, n: int) -> list[str]:
        """Up to `n` other photos that show what a sentence is natural with, and not the thing
        itself: those of the photo's split first, then by how much of it they show."""
        start = stable_id("seen", pattern=triplet.pattern, seed=self._config.seed, photo="")
        found: Counter[str] = Counter()
        ring = "SELECT photo FROM seen WHERE thing = ? AND ring {} ? AND photo <> ?"
        for thing in dict.fromkeys(stem(head_word(name)) for name in triplet.natural_with):
            for side in (">=", "<"):
                values = (thing, start, triplet.photo)
                some = self.log.read(
                    f"{ring.format(side)} ORDER BY ring LIMIT {NATURAL_AMONG}", values
                )
                found.update(photo for (photo,) in some)
        shows = "SELECT 1 FROM seen WHERE photo = ? AND thing = ?"
        own = _thing(triplet)
        first = self.own_split_first(triplet.photo, [photo for photo, _ in found.most_common()])
        fit = (photo for photo in first if self.log.one(shows, (photo, own)) is None)
        return list(islice(fit, n))

    def own_split_first(self, photo: str, others: Sequence[str]) -> list[str]:
        """The same photos. A sentence that is said beside a photo of another split too makes a row
        that stands in none."""
        if self._config.split_by != PHOTO or self._added < LEAST:
            return list(others)
        seed = self._config.seed
        own = split_of(photo, seed)
        return sorted(others, key=lambda other: split_of(other, seed) != own)

    def add_thing(self, triplet: Triplet) -> None:
        """A photo that shows the thing of a kept draft."""
        ring = stable_id("fit", photo=triplet.photo, seed=self._config.seed)
        values = (_thing(triplet), ring, triplet.photo)
        self.log.write("INSERT OR IGNORE INTO things VALUES (?, ?, ?)", values)

    def holders(self, triplet: Triplet) -> Iterator[str]:
        """Other photos that show such a thing, in an order of the pattern's own.

        Not each draft of a cat goes to the same photo of one.
        """
        thing = _thing(triplet)
        start = stable_id("fit", pattern=triplet.pattern, seed=self._config.seed, photo="")
        ring = "SELECT photo FROM things WHERE thing = ? AND ring {} ? AND photo <> ? ORDER BY ring"
        for side in (">=", "<"):
            values = (thing, start, triplet.photo)
            yield from (photo for (photo,) in self.log.stream(ring.format(side), values))


def _thing(triplet: Triplet) -> str:
    return stem(head_word(triplet.element))
