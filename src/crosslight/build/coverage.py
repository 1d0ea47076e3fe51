"""Which scenarios the rows cover, and which are thin: the self-adapting part of RMS.

Categories are not preset: rows of the bank carry their scenario; ideas of a VLM are compared with
the bank's scenarios of their category by the meaning of their words, and what is near none of them
founds a scenario of its own, named after its first pattern. The paper does not say how its list
came about; this is our choice.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from crosslight.build.bank import Bank
from crosslight.build.config import BuildConfig
from crosslight.models import Vectors
from crosslight.records import Triplet

JOIN = 0.25
"""Cosine from which an idea belongs to a scenario of the bank that knows its category.

Static word vectors are coarse: with one pattern of the bank left out, 86% join a scenario and 64%
of those the right one of 28; unrelated texts lie below 0.24 (benchmarks/scenarios.py).
"""
CATEGORY = 0.25
"""How much a scenario gains whose patterns are all of the idea's category."""
JOIN_NEW = 0.5
"""Cosine from which an idea belongs to a scenario that an earlier idea founded."""

Embed = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True, slots=True)
class Round:
    """The distribution after one round, and what the round set out to grow."""

    round: int
    counts: dict[str, int]
    grown: tuple[str, ...]


class Scenarios:
    """Names scenarios in input order, so that the same ideas get the same names in every run."""

    def __init__(self, bank: Bank, embed: Embed) -> None:
        self._bank = bank
        self._embed = embed
        self._known: dict[str, Vectors] = {}
        self._shares: dict[str, Counter[str]] = {}
        self._founded: dict[str, Vectors] = {}

    def name(self, triplets: Sequence[Triplet]) -> list[str]:
        """The scenario of each triplet."""
        known = {s.scenario for s in self._bank.scenarios}
        new = [t for t in triplets if t.scenario not in known]
        if not new:
            return [t.scenario for t in triplets]
        if not self._known:
            self._learn()
        vectors = iter(self._embed([f"{t.pattern}. {t.risk}" for t in new]))
        return [
            t.scenario if t.scenario in known else self._place(t, next(vectors)) for t in triplets
        ]

    def _learn(self) -> None:
        """The mean meaning of each scenario's patterns, and their categories."""
        for scenario in self._bank.scenarios:
            texts = [f"{scenario.title}. {p.told_risk}" for p in scenario.patterns]
            mean = self._embed(texts).mean(axis=0)
            self._known[scenario.scenario] = mean / max(float(np.linalg.norm(mean)), 1e-9)
            self._shares[scenario.scenario] = Counter(p.category for p in scenario.patterns)

    def _place(self, triplet: Triplet, vector: Vectors) -> str:
        near = [
            (float(centre @ vector) + CATEGORY * share, name)
            for name, centre in self._known.items()
            if (share := self._share(name, triplet.category)) and centre @ vector >= JOIN
        ]
        near = near or [
            (likeness, name)
            for name, centre in self._founded.items()
            if (likeness := float(centre @ vector)) >= JOIN_NEW
        ]
        if near:
            return max(near)[1]
        name = _slug(triplet.pattern)
        self._founded.setdefault(name, vector)
        return name

    def _share(self, scenario: str, category: str) -> float:
        counts = self._shares[scenario]
        return counts[category] / counts.total()


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40] or "unnamed"


def count(triplets: Iterable[Triplet]) -> dict[str, int]:
    """Unsafe rows by scenario, in order of their names."""
    return dict(sorted(Counter(t.scenario for t in triplets).items()))


def thin(counts: dict[str, int], config: BuildConfig) -> list[str]:
    """Scenarios that the photos offer but that have too few rows yet, thinnest first."""
    if config.target and sum(counts.values()) >= config.target:
        return []
    few = [(n, name) for name, n in counts.items() if n < config.per_scenario]
    return [name for _, name in sorted(few)]
