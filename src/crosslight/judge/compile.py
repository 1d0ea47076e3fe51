"""From rules to what the judge asks: objective wordings, preconditions, central words (steps 0-3).

What the paper leaves open is ours: how many scores are averaged (the scorer is noisy by about one
point), how often a rule is reworded at most, and that the best wording wins where none reaches 9.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crosslight.judge.prompts import render
from crosslight.models import BadAnswer, Model, Sampling, user
from crosslight.policy import Compiled, CompiledRule, Constitution, Draft, Item, Question, Rule

GOOD_ENOUGH = 9.0
SCORE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "explanation": {"type": "string", "maxLength": 1200},
        "score": {"type": "integer", "minimum": 1, "maximum": 10},
    },
    "required": ["explanation", "score"],
    "additionalProperties": False,
}
WORDING: dict[str, Any] = {
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 8, "maxLength": 800}},
    "required": ["text"],
    "additionalProperties": False,
}
_PHRASE = {"type": "string", "minLength": 3, "maxLength": 300}
CHAIN: dict[str, Any] = {
    "type": "object",
    "properties": {
        "preconditions": {
            "type": "array",
            "minItems": 1,
            "maxItems": 8,
            "items": {
                "type": "object",
                "properties": {
                    "alternatives": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 8,
                        "items": _PHRASE,
                    }
                },
                "required": ["alternatives"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["preconditions"],
    "additionalProperties": False,
}
WORDS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "words": {
            "type": "array",
            "minItems": 1,
            "maxItems": 6,
            "items": {"type": "string", "minLength": 1, "maxLength": 80},
        }
    },
    "required": ["words"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class CompileConfig:
    """How hard to try. `draws` scores are averaged; at most `rounds` rewordings a rule."""

    draws: int = 3
    rounds: int = 4
    temperature: float = 0.7
    seed: int = 0


async def compile_policy(
    model: Model,
    constitution: Constitution,
    config: CompileConfig | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Compiled:
    """The compiled form of every rule. Raises `ModelError`; answers so far are kept by a caller."""
    settings = config or CompileConfig()

    async def one(rule: Rule) -> CompiledRule:
        made = await _compile(model, rule, settings)
        tell(f"{rule.id}: objectiveness {made.objectiveness:g}, {len(made.questions)} questions")
        return made

    rules = await asyncio.gather(*(one(rule) for rule in constitution.rules))
    by = f"{model.card.spec} {model.card.revision}".strip()[:200]
    return Compiled(title=constitution.title, by=by, rules=tuple(rules))


async def _compile(model: Model, rule: Rule, config: CompileConfig) -> CompiledRule:
    history, best = await objectify(model, rule.stated, config)
    chain = await preconditions(model, best.text)
    return CompiledRule(
        id=rule.id,
        rule=rule.stated,
        text=best.text,
        objectiveness=_mean(best),
        history=history if len(history) > 1 else (),
        chain=chain,
    )


async def objectify(
    model: Model, text: str, config: CompileConfig
) -> tuple[tuple[Draft, ...], Draft]:
    """All wordings with their scores, and the best of them. Stops at a mean of 9."""
    history: list[Draft] = []
    for round_number in range(config.rounds + 1):
        scores, remarks = await _scores(model, text, config)
        history.append(Draft(text=text, scores=tuple(scores)))
        if _mean(history[-1]) >= GOOD_ENOUGH or round_number == config.rounds:
            break
        message = user(render("rewrite", text=text, remarks=remarks))
        sampling = Sampling(config.temperature, seed=config.seed + round_number)
        answer = await model.generate([message], task="rewrite", schema=WORDING, sampling=sampling)
        text = str(answer.parsed["text"]).strip()
        if any(text == draft.text for draft in history):
            break
    return tuple(history), max(history, key=_mean)


async def _scores(model: Model, text: str, config: CompileConfig) -> tuple[list[float], list[str]]:
    """Several draws of the score, each with its explanation."""
    message = user(render("objectiveness", text=text))
    answers = await asyncio.gather(
        *(
            model.generate(
                [message],
                task="objectiveness",
                schema=SCORE,
                sampling=Sampling(config.temperature, seed=config.seed + draw),
            )
            for draw in range(config.draws)
        )
    )
    found = [answer.parsed for answer in answers]
    return [float(p["score"]) for p in found], [str(p["explanation"])[:600] for p in found]


async def preconditions(model: Model, text: str) -> tuple[Item, ...]:
    """The chain of a rule with the central words of every question. Raises `ModelError`."""
    message = user(render("preconditions", text=text))
    answer = await model.generate([message], task="preconditions", schema=CHAIN)
    phrases = [item["alternatives"] for item in answer.parsed["preconditions"]]
    flat = list(dict.fromkeys(str(see).strip() for item in phrases for see in item))
    if any(len(see) < 3 for see in flat):
        raise BadAnswer(
            "a precondition is empty",
            hint="name another model with --model, or write the compiled file by hand",
        )
    words = dict(zip(flat, await asyncio.gather(*(central(model, s) for s in flat)), strict=True))
    return tuple(
        Item(any=tuple(Question(see=s.strip(), words=words[s.strip()]) for s in item))
        for item in phrases
    )


async def central(model: Model, see: str) -> tuple[str, ...]:
    """What an object finder should look for."""
    message = user(render("central_words", see=see))
    answer = await model.generate([message], task="central_words", schema=WORDS)
    return tuple(
        dict.fromkeys(str(word).strip() for word in answer.parsed["words"] if word.strip())
    )


def _mean(draft: Draft) -> float:
    return round(sum(draft.scores) / max(1, len(draft.scores)), 2) if draft.scores else 1.0
