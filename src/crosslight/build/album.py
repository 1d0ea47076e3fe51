"""The photos of a build: what models are shown of them, and which others to set beside one."""

import bisect
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice

from crosslight.build.config import BuildConfig
from crosslight.build.roles import Subject
from crosslight.flow import Context
from crosslight.records import Photo, Triplet, stable_id
from crosslight.text import head_word, stem


class Album:
    """Photos in input order. Choices of other photos depend on ids and seed alone."""

    def __init__(self, photos: Sequence[Photo], config: BuildConfig) -> None:
        self._config = config
        self._photos = {photo.id: photo for photo in photos}
        ring = sorted((self._place(photo.id), photo.id) for photo in photos)
        self._places = [place for place, _ in ring]
        self._ring = [photo for _, photo in ring]

    def __len__(self) -> int:
        return len(self._photos)

    def __getitem__(self, photo: str) -> Photo:
        return self._photos[photo]

    def _place(self, *parts: str) -> str:
        return stable_id("ring", seed=self._config.seed, parts=list(parts))

    async def subject(self, photo: str, context: Context) -> Subject:
        """The photo with its view. Making the view is blocking work."""
        config, images = self._config, context.images
        if images is None:
            raise ValueError("a build needs an image store in its context")
        view = await context.blocking(images.view, photo, config.side, config.quality)
        return Subject(self._photos[photo], view)

    def others(self, photo: str, n: int) -> list[str]:
        """Up to `n` other photos, the same on every run, spread evenly over the album."""
        chosen: list[str] = []
        start = bisect.bisect(self._places, self._place(photo, "others"))
        for step in range(len(self._ring)):
            other = self._ring[(start + step) % len(self._ring)]
            if len(chosen) == n:
                break
            if other != photo:
                chosen.append(other)
        return chosen

    def similar(self, photo: str, n: int) -> list[str]:
        """Up to `n` other photos, those most like it first."""
        return self.others(photo, n)


class Fitting:
    """An index from the thing in the photo to the photos that hold one."""

    def __init__(self, triplets: Iterable[Triplet], limit: int, seed: int) -> None:
        self._limit = limit
        self._seed = seed
        holders: dict[str, set[str]] = defaultdict(set)
        for triplet in triplets:
            holders[self._thing(triplet)].add(triplet.photo)
        # Half of all photos may hold a person: what is chosen of them must not cost a sort each.
        self._rings = {
            thing: sorted((stable_id("fit", photo=p, seed=seed), p) for p in photos)
            for thing, photos in holders.items()
        }

    @staticmethod
    def _thing(triplet: Triplet) -> str:
        return stem(head_word(triplet.element))

    def photos(self, triplet: Triplet) -> list[str]:
        """At most `limit` other photos, the same on every run."""
        ring = self._rings.get(self._thing(triplet), [])
        place = stable_id("fit", pattern=triplet.pattern, seed=self._seed, photo="")
        start = bisect.bisect(ring, (place, ""))
        turn = (ring[(start + step) % len(ring)][1] for step in range(len(ring)))
        return list(islice((photo for photo in turn if photo != triplet.photo), self._limit))
