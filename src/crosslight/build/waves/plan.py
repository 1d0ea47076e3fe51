"""In which order photos are taken: a pilot, then waves that double.

Photos are shuffled by their ids and the seed, so that a pilot of an album sorted by place or date
is a fair sample of it; inside a wave they stand in input order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from crosslight.records import stable_id

PILOT_SHARE = 0.04
PILOT_LEAST = 32
"""An album this small is one wave: nothing of it could steer the rest."""
UNSTEERED = 0.2
"""Share of each later wave that is asked without hints: frequencies are read off these alone."""


@dataclass(frozen=True, slots=True)
class Wave:
    """Photos that are looked at before the map is drawn anew. The pilot is wholly unsteered."""

    index: int
    photos: tuple[str, ...]
    unsteered: frozenset[str]


def plan_waves(
    photos: Sequence[str],
    seed: int,
    pilot_share: float = PILOT_SHARE,
    *,
    pilot_least: int = PILOT_LEAST,
    unsteered: float = UNSTEERED,
) -> Iterator[Wave]:
    """Waves over all photos, each twice the last. A last one smaller than half joins the one
    before it."""
    place = {photo: at for at, photo in enumerate(photos)}
    order = sorted(place, key=lambda photo: _place("wave", photo, seed))
    size = max(ceil(pilot_share * len(order)), pilot_least)
    start = index = 0
    while start < len(order):
        left = len(order) - start
        end = start + (left if left < 1.5 * size else size)
        wave = sorted(order[start:end], key=place.__getitem__)
        free = wave if not index else [p for p in wave if _chance(p, seed) < unsteered]
        yield Wave(index, tuple(wave), frozenset(free))
        start, size, index = end, 2 * size, index + 1


def _place(what: str, photo: str, seed: int) -> str:
    return stable_id(what, photo=photo, seed=seed)


def _chance(photo: str, seed: int) -> float:
    """A number in [0, 1) that is this photo's own."""
    return int(_place("unsteered", photo, seed)[:8], 16) / 16**8
