"""Random rules over random scores, judged by the panel as it is and by algorithm 1 of CLUE written
down a second time, from the paper's text alone (our notes, B2).

`python -m tests.judge.oracle 200000` compares that many.
"""

import asyncio
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

from crosslight.judge.asking import Models
from crosslight.judge.config import JudgeConfig, Parts
from crosslight.judge.methods import Asked, Plan, PlannedRule
from crosslight.judge.panel import Panel
from crosslight.judge.views import Views
from crosslight.models.protocol import Answer, Choice
from crosslight.records import Finding, ImageView, Region

EDGES = (0.0, 0.05, 0.07, 0.1, 0.35, 0.5, 0.69, 0.7, 0.82, 0.9, 1.0)


@dataclass(frozen=True)
class Truth:
    """All that could be measured of one question."""

    prior: float
    whole: float
    crop: float
    erased: float
    confidence: float
    side: float
    reasoned: bool


def drawn(rng: random.Random) -> Truth:
    """Scores anywhere and on the borders; boxes of all sizes and confidences."""

    def share() -> float:
        return rng.choice(EDGES) if rng.random() < 0.3 else round(rng.random(), 3)

    confidence = rng.choice((0.0, 0.04, 0.05, 0.06, 0.3, 0.9))
    side = rng.choice((0.05, 0.099, 0.1, 0.3, 0.9))
    return Truth(share(), share(), share(), share(), confidence, side, rng.random() < 0.5)


def satisfied(c: Truth) -> bool:
    """The loop body of algorithm 1."""
    boxed = c.confidence > 0.05
    small = boxed and c.side * c.side < 0.01
    d = (c.crop if small else c.whole) - c.prior
    if d < -0.3 * c.prior:
        return False
    if d > 0.8 * (1 - c.prior):
        return True
    if boxed and c.whole - c.erased > 0.6:
        return True
    return c.reasoned


def violated(rule: Sequence[Sequence[Sequence[Truth]]]) -> bool:
    """Of any chain every item, of an item any alternative."""
    return any(all(any(map(satisfied, item)) for item in chain) for chain in rule)


class Played:
    """Judge and detector that answer by the truth of the question asked."""

    card = SimpleNamespace(endpoint="")
    capabilities = SimpleNamespace(schema=True)

    def __init__(self) -> None:
        self.truths: dict[str, Truth] = {}

    async def choose(self, messages: Any, options: Any, *, task: str = "") -> Choice:
        c = self.truths[messages[-1].text]
        how = messages[-1].images[0].recipe if messages[-1].images else "prior"
        yes = getattr(c, how)
        return Choice({"Yes": yes, "No": 1 - yes}, 0.0)

    async def generate(self, messages: Any, *, task: str = "", **_: Any) -> Answer:
        if task == "detect":
            c = next(c for see, c in self.truths.items() if f"\n{see}\n" in messages[-1].text)
            low, high = 0.5 - c.side / 2, 0.5 + c.side / 2
            sides = {"left": low, "top": low, "right": high, "bottom": high}
            boxes = [{"word": "it", **sides, "confidence": c.confidence}]
            return Answer("", {"boxes": boxes if c.confidence else []})
        if task == "reason":
            return Answer("I look.")
        rating = "Yes" if self.truths[messages[-1].text].reasoned else "No"
        return Answer("", {"rationale": "so", "rating": rating})


class Seen:
    """The views of no picture: each says only what it is."""

    look = SimpleNamespace(name="")

    async def whole(self) -> ImageView:
        return ImageView("p", "whole", b"", 64, 64)

    async def crop(self, region: Region, least: int = 0) -> ImageView:
        return ImageView("p", "crop", b"", 64, 64)

    async def erased(self, regions: Sequence[Region]) -> ImageView:
        return ImageView("p", "erased", b"", 64, 64)


async def differing(count: int, seed: int = 0) -> list[Any]:
    """Of so many random rules those that the panel reads in another way than the paper."""
    rng, found = random.Random(seed), []
    for number in range(count):
        played = Played()

        def asked(c: Truth, played: Played = played) -> Asked:
            see = f"q{len(played.truths)}"
            played.truths[see] = c
            return Asked(see, (see,), see, see, see)

        rule = [
            [[drawn(rng) for _ in range(rng.randint(1, 3))] for _ in range(rng.randint(1, 3))]
            for _ in range(rng.randint(1, 2))
        ]
        chains = tuple(tuple(tuple(map(asked, item)) for item in chain) for chain in rule)
        plan = Plan((PlannedRule("r", "text", chains),), Parts(detector=True))
        models = Models(cast(Any, played), None, cast(Any, played))
        panel = Panel(plan, JudgeConfig(method="paper"), models)
        (told,) = await panel.rules([cast(Views, Seen())])
        if told.finding is not (Finding.VIOLATED if violated(rule) else Finding.CLEAR):
            found.append((number, rule, told))
    return found


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    print(f"{wanted:,} random rules, {len(asyncio.run(differing(wanted)))} differ")
