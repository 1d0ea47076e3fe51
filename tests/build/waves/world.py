"""A made-up world for waves: scenes that hold scenarios of very unequal frequency, and an author.

A scene affords some scenarios, drawn without replacement by frequency (Zipf). An author who is
asked plainly names a few of them, the common ones most readily, as models do. Told what is
over-full, it looks past that; told what is thin, it names that where the scene affords it. It does
so in a share of its looks (`obeys`); in the others it answers as if asked plainly. Of what it
names, the checks accept a share. An idea has one of a few patterns of its scenario.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from crosslight.build.bank import Bank
from crosslight.build.waves import AcceptedPattern, ScenarioMap, plan_waves
from crosslight.build.wish import Wish
from crosslight.models import Vectors

SIZE = 256
NOISE = 1.2
"""Of a pattern beside its scenario: cosines of two of them are about 0.41, so each is a kind."""
CATEGORIES = 8


@dataclass(frozen=True, slots=True)
class World:
    """How unequal, how rich, how obedient. `k`: ideas a look."""

    scenarios: int = 40
    scenes: int = 2000
    zipf: float = 1.3
    richness: float = 4.0
    patterns: int = 6
    k: int = 2
    obeys: float = 0.7
    accepts: float = 0.6

    @property
    def frequency(self) -> NDArray[np.float64]:
        """Of each scenario; they sum to 1."""
        raw = 1.0 / np.arange(1, self.scenarios + 1) ** self.zipf
        return np.asarray(raw / raw.sum())


class Author:
    """Names what a scene affords; counts its calls."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.calls = 0
        self._chance = np.random.default_rng([seed, 1])
        weights = np.log(world.frequency)
        many = 1 + self._chance.poisson(world.richness, world.scenes)
        keys = weights + self._chance.gumbel(size=(world.scenes, world.scenarios))
        order = np.argsort(-keys, axis=1)
        self._scenes = [order[at, : many[at]] for at in range(world.scenes)]

    def look(self, scene: int, wish: Wish, known: dict[str, int]) -> list[tuple[int, int]]:
        """Accepted ideas: scenario and pattern. `known`: the true scenario of each hint's id."""
        self.calls += 1
        world, chance = self.world, self._chance
        held = self._scenes[scene]
        keys = np.log(world.frequency[held]) + chance.gumbel(size=len(held))
        if wish.steered and chance.random() < world.obeys:
            full = {known[hint.id] for hint in wish.full}
            thin = {known[hint.id] for hint in wish.thin}
            keys = keys - 50 * np.isin(held, list(full)) + 50 * np.isin(held, list(thin))
        named = held[np.argsort(-keys)[: world.k]]
        kept = named[chance.random(len(named)) < world.accepts]
        shape = 1.0 / np.arange(1, world.patterns + 1)
        kinds = chance.choice(world.patterns, size=len(kept), p=shape / shape.sum())
        return [(int(s), int(kind)) for s, kind in zip(kept, kinds, strict=True)]


def meaning(texts: Sequence[str]) -> Vectors:
    """Vectors of made-up ideas: `s7 p2` lies near all of `s7`."""
    rows = [_vector(*text.split(".")[0].split()) for text in texts]
    return np.array(rows, dtype=np.float32).reshape(-1, SIZE)


@cache
def _vector(scenario: str, pattern: str) -> NDArray[np.float64]:
    place = np.random.default_rng([7, int(scenario[1:])]).normal(size=SIZE)
    own = np.random.default_rng([8, int(scenario[1:]), int(pattern[1:])]).normal(size=SIZE)
    row = place + NOISE * own
    return np.asarray(row / np.linalg.norm(row))


def accepted(photo: str, scenario: int, pattern: int, *, drawn: bool = True) -> AcceptedPattern:
    """An idea as a build hands it to the map."""
    name, category = f"s{scenario} p{pattern}", f"c{scenario % CATEGORIES}"
    return AcceptedPattern(photo, name, category, category, "it", "May I?", "harm", drawn=drawn)


@dataclass(frozen=True, slots=True)
class Found:
    """What a build over a world came to: calls until so many true scenarios were accepted."""

    calls: int
    scenarios: int
    reached: dict[int, int]
    places: int
    """Scenarios on its map (0 for none)."""
    largest: float
    """Share of the commonest scenario among what was accepted."""


class Tally:
    """Which true scenarios were found, and after how many calls."""

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.reached: dict[int, int] = {}

    def add(self, scenarios: Iterable[int], calls: int) -> None:
        for scenario in scenarios:
            self.counts[scenario] = self.counts.get(scenario, 0) + 1
            self.reached.setdefault(len(self.counts), calls)

    def found(self, calls: int, places: int = 0) -> Found:
        largest = max(self.counts.values()) / max(sum(self.counts.values()), 1)
        return Found(calls, len(self.counts), self.reached, places, largest)


def ask_the_same(world: World, seed: int) -> Found:
    """Every scene once, in the order of the waves, without a hint."""
    author, tally = Author(world, seed), Tally()
    for wave in plan_waves([str(at) for at in range(world.scenes)], seed):
        for photo in wave.photos:
            ideas = author.look(int(photo), Wish(photo), {})
            tally.add((s for s, _ in ideas), author.calls)
    return tally.found(author.calls)


def ask_in_waves(world: World, seed: int, most: int) -> Found:
    """Waves, until `most` calls are spent; photos that gave nothing are looked at again."""
    author, tally = Author(world, seed), Tally()
    drawn = ScenarioMap(Bank(()), meaning, seed)
    nothing: list[str] = []
    for wave in plan_waves([str(at) for at in range(world.scenes)], seed):
        truth = _truth(drawn)
        wishes = [Wish(p) if p in wave.unsteered else drawn.hints(p) for p in wave.photos]
        wishes += drawn.again(nothing, len(nothing) // 4)
        nothing, ideas = [], []
        for wish in wishes[: most - author.calls]:
            named = author.look(int(wish.photo), wish, truth)
            tally.add((s for s, _ in named), author.calls)
            ideas += [accepted(wish.photo, s, kind, drawn=not wish.turn) for s, kind in named]
            nothing += [wish.photo] if not named and not wish.turn else []
        drawn.close_wave(ideas, wave.unsteered)
        if author.calls >= most:
            break
    return tally.found(author.calls, len(drawn.titles))


def _truth(drawn: ScenarioMap) -> dict[str, int]:
    """The true scenario of each place on the map: that of its central pattern."""
    return {name: int(title.split()[0][1:]) for name, title in drawn.titles.items()}


Draws = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Units (photos) and species."""


def plain_looks(world: World, photos: int, seed: int, *, patterns: bool) -> Draws:
    """What unsteered looks at so many photos show: scenarios, or patterns. By the law of `Author`,
    all photos at once."""
    chance = np.random.default_rng([seed, 2])
    shape = (photos, world.scenarios)
    weights = np.log(world.frequency)
    many = 1 + chance.poisson(world.richness, photos)
    rank = np.argsort(np.argsort(-(weights + chance.gumbel(size=shape)), axis=1), axis=1)
    keys = np.where(rank < many[:, None], weights + chance.gumbel(size=shape), -np.inf)
    named = np.argsort(-keys, axis=1)[:, : world.k]
    kept = np.isfinite(np.take_along_axis(keys, named, axis=1))
    kept &= chance.random(named.shape) < world.accepts
    if patterns:
        share = 1.0 / np.arange(1, world.patterns + 1)
        kind = chance.choice(world.patterns, size=named.shape, p=share / share.sum())
        named = named * world.patterns + kind
    return np.nonzero(kept)[0], named[kept]


def unseen(frequency: NDArray[np.float64], species: NDArray[np.int64]) -> float:
    """The true mass of what `species` does not hold."""
    return float(np.delete(frequency, np.unique(species)).sum())


def frequencies(world: World, *, patterns: bool) -> NDArray[np.float64]:
    """How often a plain look shows each, by many looks."""
    size = world.scenarios * (world.patterns if patterns else 1)
    counts = np.bincount(plain_looks(world, 30_000, 10**6, patterns=patterns)[1], minlength=size)
    return np.asarray(counts / counts.sum())
