"""The bank's scenarios: fixed points of the map, which an idea or a group of ideas may join."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from crosslight.build.bank import Bank
from crosslight.build.waves.patterns import Embed, told, unit
from crosslight.models import Vectors

CATEGORY = 0.25
"""How much a scenario gains whose patterns are all of the idea's category."""
JOIN = 0.5
"""Likeness (cosine and gain) from which ideas belong to a scenario of the bank. Below it they found
one of their own: of patterns whose scenario was taken from the bank, 75% do; of those whose
scenario is there, 60% join one, 63% of them the right one of 29 (benchmarks/scenarios.py)."""


class FixedPoints:
    """Where the bank's scenarios lie. Word vectors are made when an idea is not the bank's."""

    def __init__(self, bank: Bank, embed: Embed) -> None:
        self._bank = bank
        self._embed = embed
        self.ids = frozenset(s.scenario for s in bank.scenarios)
        self._centres: Vectors | None = None
        self._shares: list[Counter[str]] = []

    def near(self, vector: Vectors, categories: Sequence[str]) -> str:
        """The scenario that these ideas belong to, or nothing. `vector`: their unit mean."""
        if not self.ids:
            return ""
        centres = self._learned()
        likeness = centres @ vector
        for at, counts in enumerate(self._shares):
            gain = sum(counts[c] for c in categories) / len(categories) / counts.total()
            likeness[at] += CATEGORY * gain
        best = int(likeness.argmax())
        return self._bank.scenarios[best].scenario if likeness[best] >= JOIN else ""

    def _learned(self) -> Vectors:
        """The mean meaning of each scenario's patterns."""
        if self._centres is None:
            rows = []
            for scenario in self._bank.scenarios:
                texts = [told(scenario.title, p.told_risk) for p in scenario.patterns]
                rows.append(self._embed(texts).mean(axis=0))
                self._shares.append(Counter(p.category for p in scenario.patterns))
            self._centres = unit(np.stack(rows))
        return self._centres
