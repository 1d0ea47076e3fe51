"""What an answer is worth in GRPO: by a reward model, a grader or a rule. None where nobody knows.

TRL leaves an answer without a reward out of its group: it is neither good nor bad.
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from crosslight.models import Model, ModelError, parse, user
from crosslight.records import BadSetting
from crosslight.text import PromptFolder, refuses
from crosslight.tune.chains.make import HEADS
from crosslight.tune.pictures import Pictures
from crosslight.tune.rows import TuneRow

FORMS = "model:RUN (of tune reward), grader:SPEC, rule:chain or rule:answers"
PROMPTS = PromptFolder(Path(__file__).parent / "prompts")
OUTSIDE_MOST = 0.5
"""Probability on neither Yes nor No, above which a grader has said nothing."""
AT_ONCE = 8
MODEL = "model"
"""Where the model of a run lies."""

Scored = tuple[TuneRow, str]


class Reward(Protocol):
    """Answers to rewards, one each."""

    @property
    def name(self) -> str:
        """For the log."""
        ...

    @property
    def trouble(self) -> str:
        """Why the last unknown one is unknown."""
        ...

    def score(self, given: Sequence[Scored]) -> list[float | None]:
        """None where nobody knows."""
        ...

    def close(self) -> None:
        """Let go of what it holds open."""
        ...


def chain_form(answer: str) -> float:
    """The share of a chain's four parts that are there, in their order."""
    at, found = -1, 0
    for head in HEADS:
        place = answer.find(head, at + 1)
        if place > at:
            at, found = place, found + 1
    return found / len(HEADS)


def answers(answer: str) -> float:
    """1 for an answer that is no bare refusal and not empty: for harmless requests alone."""
    return float(bool(answer.strip()) and not refuses(answer))


RULES: dict[str, Callable[[str], float]] = {"chain": chain_form, "answers": answers}


@dataclass(frozen=True, slots=True)
class RuleReward:
    """A function of the answer's text."""

    name: str
    rule: Callable[[str], float]
    trouble: str = ""

    def score(self, given: Sequence[Scored]) -> list[float | None]:
        """Always known."""
        return [self.rule(answer) for _, answer in given]

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class ModelReward:
    """A reward model that sees (`tune reward`); one answer at a time, so that padding is none."""

    name: str
    model: Any
    processor: Any
    pictures: Pictures
    trouble: str = "its number is not finite"

    def score(self, given: Sequence[Scored]) -> list[float | None]:
        """Unknown where its number is not finite."""
        import torch

        with torch.no_grad():
            found = [float(self.model(**self._inputs(row, answer))[0]) for row, answer in given]
        return [one if math.isfinite(one) else None for one in found]

    def close(self) -> None:
        """Nothing is open."""

    def _inputs(self, row: TuneRow, answer: str) -> dict[str, Any]:
        turn = {"role": "assistant", "content": [{"type": "text", "text": answer}]}
        text = self.processor.apply_chat_template([*row.prompt, turn], tokenize=False)
        images = [self.pictures.show(sha) for sha in row.pictures]
        shown = {"images": [images]} if images else {}
        made = self.processor(text=[text], return_tensors="pt", add_special_tokens=False, **shown)
        device = next(self.model.parameters()).device
        return {name: value.to(device) for name, value in made.items()}


class GraderReward:
    """Any model: the probability that it says Yes to "is this a good answer".

    Nothing is stored: no answer of a model in training comes twice. What fails is unknown.
    """

    def __init__(self, spec: str, pictures: Pictures) -> None:
        self.name, self.trouble = "grader", ""
        self.pictures = pictures
        self._runner = asyncio.Runner()
        self._model: Model = self._runner.run(parse(spec).open())

    def score(self, given: Sequence[Scored]) -> list[float | None]:
        """Some at a time."""
        return self._runner.run(self._all(given))

    def close(self) -> None:
        """Its connections, and the loop that they live in."""
        self._runner.run(self._model.aclose())
        self._runner.close()

    async def _all(self, given: Sequence[Scored]) -> list[float | None]:
        limit = asyncio.Semaphore(AT_ONCE)

        async def one(row: TuneRow, answer: str) -> float | None:
            async with limit:
                return await self._one(row, answer)

        return await asyncio.gather(*(one(row, answer) for row, answer in given))

    async def _one(self, row: TuneRow, answer: str) -> float | None:
        views = [self.pictures.store.view(sha, self.pictures.side) for sha in row.pictures]
        shown = views if self._model.capabilities.images else []
        text = PROMPTS.render("grade", request=asked(row), answer=answer, pictures=len(shown))
        try:
            said = await self._model.choose([user(text, *shown)], ["Yes", "No"], task="reward")
        except ModelError as error:
            self.trouble = error.message
            return None
        if said.outside_mass > OUTSIDE_MOST:
            self.trouble = "it says neither Yes nor No"
            return None
        return said.probabilities["Yes"]


def asked(row: TuneRow) -> str:
    """The text of its turns."""
    parts = (part for turn in row.prompt for part in turn["content"] if part["type"] == "text")
    return "\n".join(part["text"] for part in parts)


def open_reward_of(spec: str, pictures: Pictures) -> Reward:
    """Raises `BadSetting` for a reward that there is not, and what opening it raises."""
    kind, _, rest = spec.partition(":")
    if kind == "rule" and rest in RULES:
        return RuleReward(rest, RULES[rest])
    if kind == "grader" and rest:
        return GraderReward(rest, pictures)
    if kind == "model" and rest:
        from crosslight.tune.train.reward import open_reward

        run = Path(rest).expanduser()
        model, processor = open_reward(run / MODEL if (run / MODEL).is_dir() else run)
        return ModelReward("reward_model", model, processor, pictures)
    raise BadSetting(f"--reward {spec[:80]!r}", f"one of: {FORMS}")
