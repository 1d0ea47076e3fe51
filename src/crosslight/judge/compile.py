"""From rules to what the judge asks: objective wordings, then chains of questions with the words
of their central objects (CLUE, steps 0-3), read against examples.

What the paper leaves open is ours: how many scores are averaged (the scorer is noisy by about one
point), when rewording ends, that the best wording wins, and the check that nothing got lost.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from crosslight.judge.compile_replies import CHAINS, MOST_QUESTIONS, SCORE, WORDING, clean
from crosslight.judge.narrowing import checklist, example_check
from crosslight.judge.prompts import render
from crosslight.models import BadAnswer, Model, Sampling, user
from crosslight.policy import (
    GOOD_ENOUGH,
    CompiledRule,
    Constitution,
    Item,
    Question,
    Rule,
    RuleHistory,
    Wording,
    chain_findings,
    made_hash,
)

GAIN = 0.5
"""Rewording ends where it gained less than this."""
SHORTEST = 8
"""Characters of a rule."""
Chains = tuple[tuple[Item, ...], ...]


@dataclass(frozen=True, slots=True)
class CompileConfig:
    """How hard to try. `draws` scores are averaged; at most `rounds` rewordings a rule. `examples`:
    the compiled form is read against examples."""

    draws: int = 3
    rounds: int = 4
    temperature: float = 0.7
    seed: int = 0
    examples: bool = True


@dataclass(frozen=True, slots=True)
class CompiledNow:
    """Compiled rules, how they came about, and who made them."""

    rules: tuple[CompiledRule, ...]
    histories: tuple[RuleHistory, ...]
    by: str


async def compile_policy(
    model: Model,
    constitution: Constitution,
    config: CompileConfig | None = None,
    tell: Callable[[str], None] = lambda _: None,
    kept: Collection[str] = (),
) -> CompiledNow:
    """Compile every rule that is not `kept`. Raises `ModelError`; a caller keeps answers so far."""
    settings = config or CompileConfig()

    async def one(rule: Rule) -> tuple[CompiledRule, RuleHistory]:
        made, history = await _compile(model, rule, settings)
        note = f"; {made.review[0]}" if made.review else ""
        asked = f"{len(made.questions)} questions{note}"
        tell(f"{rule.id}: objectiveness {made.objectiveness:g}, {asked}")
        return made, history

    wanted = [rule for rule in constitution.rules if rule.id not in kept]
    made = await asyncio.gather(*(one(rule) for rule in wanted))
    by = f"{model.card.spec} {model.card.revision}".strip()[:200]
    return CompiledNow(tuple(rule for rule, _ in made), tuple(h for _, h in made), by)


async def _compile(
    model: Model, rule: Rule, config: CompileConfig
) -> tuple[CompiledRule, RuleHistory]:
    wordings, best = await objectify(model, rule.stated, config)
    chains = await preconditions(model, best.text)
    examples, review = await example_check(model, rule, chains) if config.examples else ((), ())
    form: dict[str, Any] = {"chain": chains[0]} if len(chains) == 1 else {"chains": chains}
    made = CompiledRule(
        id=rule.id,
        rule=rule.stated,
        text=best.text,
        objectiveness=mean(best),
        review=review,
        **form,
    )
    history = RuleHistory(id=rule.id, made=made_hash(made), wordings=wordings, examples=examples)
    return made, history


async def objectify(
    model: Model, first: str, config: CompileConfig
) -> tuple[tuple[Wording, ...], Wording]:
    """All wordings with their scores, and the best of them. Stops where one is good enough, or no
    better than the ones before it."""
    history: list[Wording] = []
    text = first
    for turn in range(config.rounds + 1):
        scores, remarks = await _scores(model, text, config)
        before = max((mean(draft) for draft in history), default=0.0)
        history.append(Wording(text=text, scores=tuple(scores), remarks=tuple(remarks)))
        now = mean(history[-1])
        if now >= GOOD_ENOUGH or turn == config.rounds or (turn and now < before + GAIN):
            break
        message = user(render("rewrite", first=first, text=text, remarks=remarks))
        sampling = Sampling(config.temperature, seed=config.seed + turn)
        answer = await model.generate([message], task="rewrite", schema=WORDING, sampling=sampling)
        text = clean(answer.parsed["text"])
        if len(text) < SHORTEST or any(text == draft.text for draft in history):
            break
    return tuple(history), max(history, key=mean)


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
    return [float(p["score"]) for p in found], [clean(p["explanation"])[:600] for p in found]


async def preconditions(model: Model, text: str) -> Chains:
    """The chains of a rule. What is hard to answer in them goes back to the model once.

    Raises `ModelError`.
    """
    chains = await _ask_chains(model, text, "", [])
    findings = _faults(chains)
    if findings:
        again = await _ask_chains(model, text, checklist(chains), findings)
        if len(_faults(again)) < len(findings):
            chains = again
    if _count(chains) > MOST_QUESTIONS:
        raise BadAnswer(
            f"a rule was taken apart into {_count(chains)} questions, at most {MOST_QUESTIONS}",
            hint="split the rule, name another model with --model, or compile it --by hand",
        )
    return chains


async def _ask_chains(model: Model, text: str, attempt: str, findings: Sequence[str]) -> Chains:
    message = user(render("preconditions", text=text, attempt=attempt, findings=findings))
    answer = await model.generate([message], task="preconditions", schema=CHAINS)
    return tuple(_chain(chain["preconditions"]) for chain in answer.parsed["chains"])


def _chain(told: Sequence[Any]) -> tuple[Item, ...]:
    """A chain of the model's JSON. A tie to what is no earlier alternative is none."""
    widths = [len(item["alternatives"]) for item in told]
    items = []
    for at, item in enumerate(told):
        ties = {f"{i + 1}.{j + 1}" for i in range(at) for j in range(widths[i])}
        items.append(Item(any=tuple(_question(one, ties) for one in item["alternatives"])))
    return tuple(items)


def _question(told: Any, ties: Collection[str]) -> Question:
    see = clean(told["see"])
    if len(see) < 3:
        raise BadAnswer(
            "a precondition is empty",
            hint="name another model with --model, or compile the rule --by hand",
        )
    words = dict.fromkeys(w for word in told["words"] if (w := clean(word)))
    of = clean(told["of"])
    absent = bool(told["absent"])
    return Question(see=see, words=tuple(words), absent=absent, of=of if of in ties else "")


def _faults(chains: Chains) -> list[str]:
    count = _count(chains)
    many = [f"{count} questions are too many, at most {MOST_QUESTIONS}"]
    return chain_findings(chains) + many * (count > MOST_QUESTIONS)


def _count(chains: Chains) -> int:
    return sum(len(item.any) for chain in chains for item in chain)


def mean(draft: Wording) -> float:
    """The mean of its scores, from 1 to 10."""
    return round(sum(draft.scores) / max(1, len(draft.scores)), 2) if draft.scores else 1.0
