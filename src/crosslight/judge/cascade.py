"""Reasoning about a question that the token scores left open (CLUE, step 8: "system 2").

Two turns of one dialogue in the paper: free reasoning, then a rating in JSON with a rationale.
Ours: one structured call whose fields come in that order, where the model takes schemas.
"""

from typing import Any

from crosslight.judge.config import JudgeConfig
from crosslight.judge.methods import Asked
from crosslight.models import BadAnswer, Message, Model, NoOption, Sampling, parse_json, user
from crosslight.records import ImageView, Score

RATING: dict[str, Any] = {
    "type": "object",
    "properties": {
        "rationale": {"type": "string", "maxLength": 1000},
        "rating": {"type": "string", "enum": ["Yes", "No"]},
    },
    "required": ["rationale", "rating"],
    "additionalProperties": False,
}
WEIGHED: dict[str, Any] = {
    **RATING,
    "properties": {"thought": {"type": "string"}, **RATING["properties"]},
    "required": ["thought", "rationale", "rating"],
}
LONGEST = 1000


async def reason_about(
    model: Model, asked: Asked, image: ImageView, config: JudgeConfig, *, one_turn: bool = False
) -> tuple[str, str]:
    """(Yes or No, rationale). Raises `ModelError`; a reply that is no rating is never a No."""
    sampling = Sampling(max_tokens=config.reason_tokens)
    if one_turn and asked.weigh and model.capabilities.schema:
        message = user(asked.weigh, image)
        answer = await model.generate([message], task="weigh", schema=WEIGHED, sampling=sampling)
        return str(answer.parsed["rating"]), str(answer.parsed["rationale"])[:LONGEST]
    opening = user(asked.reason, image)
    thought = await model.generate([opening], task="reason", sampling=sampling)
    dialogue = [opening, Message("assistant", thought.text)]
    if model.capabilities.schema:
        closing = [*dialogue, user(asked.summary)]
        answer = await model.generate(closing, task="summarise", schema=RATING)
        return str(answer.parsed["rating"]), str(answer.parsed["rationale"])[:LONGEST]
    # Without schemas the rating is the likelier word; the reasoning itself is the rationale.
    closing = [*dialogue, user(asked.prompt)]
    choice = await model.choose(closing, ("Yes", "No"), task="summarise")
    if choice.best is None:
        raise NoOption("the endpoint lists too little to know the likelier word", text=choice.said)
    return choice.best, thought.text[:LONGEST]


async def ask_guard(model: Model, message: Message, asked: Asked) -> Score:
    """What a guard says in its own JSON: 1 or 0. Raises `BadAnswer` for any other word."""
    answer = await model.generate([message], task=asked.task, sampling=Sampling(max_tokens=512))
    found = parse_json(answer.text, {"type": "object", "required": [asked.field]})
    word = str(found[asked.field]).strip().casefold()
    for option, yes in zip(asked.options, (1.0, 0.0), strict=True):
        if word == option.casefold():
            return Score(yes)
    raise BadAnswer(f"the guard's {asked.field} is {word[:40]!r}", hint="see --guard-words")
