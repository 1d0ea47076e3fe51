"""Does the compiled form of a rule catch what the rule catches? Examples are read against it.

Some are the constitution's own, some are made up for the source's wording by the model, which does
not see the compiled form then. Nothing is changed by this: it is told, and a person decides.
"""

from collections.abc import Sequence
from typing import Any

from crosslight.judge.compile_replies import EXAMPLES, READINGS, clean
from crosslight.judge.prompts import render
from crosslight.models import (
    BadAnswer,
    ContentFiltered,
    Model,
    Refused,
    Truncated,
    user,
)
from crosslight.policy import LOOK, Example, Item, Rule

NAMED = 4
"""Examples that are named of each kind."""
_UNWILLING = (BadAnswer, ContentFiltered, Refused, Truncated)
"""A model that will not describe what breaks a rule can compile it all the same."""


async def example_check(
    model: Model, rule: Rule, chains: Sequence[Sequence[Item]]
) -> tuple[tuple[Example, ...], tuple[str, ...]]:
    """The examples as they were read, and the review notes. Raises `ModelError`, but for a model
    that declines: then a note says so."""
    own = [
        Example(text=text, by="constitution", breaks=breaks)
        for breaks, texts in ((True, rule.examples.unsafe), (False, rule.examples.safe))
        for text in texts
    ]
    try:
        examples = [*own, *await _made_up(model, rule)]
        read = await _read(model, examples, checklist(chains))
    except _UNWILLING as error:
        return (), (f"{LOOK}nobody read examples against it ({error.message})"[:500],)
    return tuple(read), (told(read),)


def told(examples: Sequence[Example]) -> str:
    """What the form catches of the examples, on one line; a warning where some are lost."""
    breaking, harmless = (tuple(e for e in examples if e.breaks is side) for side in (True, False))
    caught = [e for e in breaking if e.caught == "yes"]
    lost = [e.text for e in breaking if e.caught == "no"]
    wide = [e.text for e in harmless if e.caught == "yes"]
    open_ = [e.text for e in examples if e.caught == "unclear"]
    parts = [f"catches {len(caught)} of {len(breaking)} of what the rule catches"]
    parts += [f"lost: {_named(lost)}"] if lost else []
    parts += [f"wrongly caught: {_named(wide)}"] if wide else []
    parts += [f"unclear: {_named(open_)}"] if open_ else []
    if not wide:
        parts.append(f"and none of {len(harmless)} that are harmless")
    return ((LOOK if lost or wide or open_ else "") + "; ".join(parts))[:500]


def checklist(chains: Sequence[Sequence[Item]]) -> str:
    """The chains in words."""
    lines = []
    for number, chain in enumerate(chains, start=1):
        lines.append(f"Chain {number}:")
        for at, item in enumerate(chain, start=1):
            asked = "; ".join("absent: " * q.absent + q.see for q in item.any)
            lines.append(f"{at}. {asked}")
    return "\n".join(lines)


async def _made_up(model: Model, rule: Rule) -> list[Example]:
    message = user(render("examples", text=rule.stated))
    answer = await model.generate([message], task="examples", schema=EXAMPLES)
    sides: tuple[tuple[bool, Any], ...] = (
        (True, answer.parsed["breaking"]),
        (False, answer.parsed["harmless"]),
    )
    return [
        Example(text=clean(text), breaks=breaks)
        for breaks, texts in sides
        for text in texts
        if clean(text)
    ]


async def _read(model: Model, examples: Sequence[Example], form: str) -> list[Example]:
    """Each with what the form says of it; what the model leaves out is unclear."""
    texts = [example.text for example in examples]
    message = user(render("read_examples", checklist=form, examples=texts))
    answer = await model.generate([message], task="read_examples", schema=READINGS)
    found = {int(one["number"]): one for one in answer.parsed["readings"]}
    return [
        example.model_copy(update={"caught": one["caught"], "why": clean(one["why"])[:600]})
        if (one := found.get(number))
        else example
        for number, example in enumerate(examples, start=1)
    ]


def _named(texts: Sequence[str]) -> str:
    told = ", ".join(text[:80] for text in texts[:NAMED])
    return told + f" and {len(texts) - NAMED} more" * (len(texts) > NAMED)
