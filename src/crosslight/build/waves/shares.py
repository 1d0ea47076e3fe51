"""What is thin and what over-full, each by its fair share; what of it an author is told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from crosslight.build.waves.record import Place
from crosslight.build.wish import Inspiration, ScenarioHint
from crosslight.records import stable_id

THIN = 0.5
FULL = 2.0
"""Of the fair share: what every scenario seen would hold if all held the same."""
SHOWN = 6
"""Scenarios of each kind in one request; more would be read as a list to fill."""
INSPIRING = 3
UNSEEN = 0.5
"""Weight of a scenario that the bank knows and nobody found here, beside one found once: perhaps
these photos do not offer it."""


@dataclass(frozen=True, slots=True)
class Balance:
    """Scenarios that hold too little and too much."""

    fair: float
    thin: Mapping[str, float]
    """With the weight by which one is asked for: how far it is below its share."""
    full: tuple[str, ...]


def balance(places: Sequence[Place]) -> Balance:
    """By the patterns on the map. Nothing is thin on a map that holds nothing."""
    seen = [place.patterns for place in places if place.patterns]
    if not seen:
        return Balance(0.0, {}, ())
    fair = sum(seen) / len(seen)
    thin = {
        place.id: (fair - place.patterns) * (1.0 if place.patterns else UNSEEN)
        for place in places
        if place.patterns < THIN * fair
    }
    full = sorted((p for p in places if p.patterns > FULL * fair), key=lambda p: -p.patterns)
    return Balance(fair, thin, tuple(place.id for place in full))


def drawn(weights: Mapping[str, float], n: int, *parts: object) -> list[str]:
    """Up to `n` names by weight without replacement, the same for the same `parts`.

    Each photo is asked for other thin scenarios, the thinnest most often: all of them in every
    request would be read by none (Efraimidis and Spirakis 2006).
    """
    names = sorted(name for name, weight in weights.items() if weight > 0)
    if not names or n <= 0:
        return []
    chance = _dice(*parts).random(len(names))
    keys = -np.log1p(-chance) / np.array([weights[name] for name in names])
    return [names[at] for at in np.argsort(keys, kind="stable")[:n]]


def hints_of(ids: Iterable[str], places: Mapping[str, Place]) -> tuple[ScenarioHint, ...]:
    """As they are shown."""
    return tuple(places[name].hint for name in ids)


def inspiring(
    thin: Sequence[str], examples: Mapping[str, Sequence[Inspiration]], *parts: object
) -> tuple[Inspiration, ...]:
    """Accepted patterns, each of another scenario: of thin ones first, then of any."""
    others = drawn({name: 1.0 for name in examples if name not in thin}, INSPIRING, *parts)
    names = [name for name in (*thin, *others) if examples.get(name)][:INSPIRING]
    chance = _dice("example", *parts).random(INSPIRING)
    return tuple(
        examples[name][int(share * len(examples[name]))]
        for name, share in zip(names, chance, strict=False)
    )


def _dice(*parts: object) -> np.random.Generator:
    """One hash a photo: a map may hold hundreds of scenarios, an album 100,000 photos."""
    return np.random.default_rng(int(stable_id("dice", parts=[str(p) for p in parts]), 16))
