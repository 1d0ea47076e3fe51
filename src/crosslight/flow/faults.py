"""Calls that ended without an answer: how they are noticed, kept and met again."""

import json
from collections.abc import Mapping
from typing import Any

from crosslight.flow.call_policy import STICKY
from crosslight.flow.key import Key
from crosslight.models import (
    EMPTY,
    Answer,
    BadAnswer,
    ContentFiltered,
    EmptyAnswer,
    ModelCard,
    ModelError,
    NoOption,
    Request,
    Truncated,
    Usage,
)
from crosslight.store import Record

LONGEST_MESSAGE = 500
CHOSEN: Mapping[str, type] = {"text": str, "samples": int, "room": int, "reasoning": str}
"""What is kept of a choice that came to no option, and its kinds."""


def check_answer(answer: Answer, request: Request) -> None:
    """Raises `ModelError` for a reply that must not be used as an answer."""
    if answer.finish == "content_filter":
        raise ContentFiltered("the endpoint's filter stopped the answer")
    if answer.finish == "length":
        raise Truncated(
            f"the answer was cut at {request.sampling.max_tokens} tokens",
            hint=Truncated.remedy,
        )
    if answer.finish != "stop":
        raise BadAnswer(f"the answer ended with finish reason {answer.finish!r}")
    if request.schema is not None and answer.parsed is None:
        raise BadAnswer("the answer is not the JSON that was asked for")
    if not answer.text.strip() and answer.parsed is None:
        raise EmptyAnswer


def fault_record(
    card: ModelCard, key: Key, task: str, error: ModelError, *, usage: Usage, text: str
) -> Record:
    """The record of a call that ended in this error; `text` is what came, if anything."""
    if isinstance(error, NoOption):
        text = json.dumps({name: getattr(error, name) for name in CHOSEN})
    return Record(
        key.hash,
        task,
        card.spec,
        error.kind,
        text,
        key.text,
        b"",
        usage.prompt_tokens,
        usage.completion_tokens,
        usage.cost_usd,
        error.message[:LONGEST_MESSAGE],
        error.hint,
        error.kind in STICKY,
    )


def replayed_fault(record: Record) -> ModelError:
    """The error of an earlier run, met again without asking."""
    kind = _kinds(ModelError).get(record.status, ModelError)
    if issubclass(kind, NoOption):
        return kind(record.message, hint=record.hint, **_chosen(record.value))
    if kind is BadAnswer and record.message.startswith(EMPTY):
        return EmptyAnswer(record.message.removeprefix(EMPTY), hint=record.hint)
    return kind(record.message, hint=record.hint)


def _chosen(value: str) -> dict[str, Any]:
    """What stands in the record of such a choice; of a time before, its words alone."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        found = None
    sound = isinstance(found, dict) and set(found) == set(CHOSEN)
    if sound and all(type(found[name]) is kind for name, kind in CHOSEN.items()):
        return dict(found)
    return {"text": value}


def _kinds(family: type[ModelError]) -> dict[str, type[ModelError]]:
    """The family's classes by kind; a class without a kind of its own is not one more kind."""
    found: dict[str, type[ModelError]] = {}
    for child in family.__subclasses__():
        found |= _kinds(child)
        if "kind" in vars(child):
            found[child.kind] = child
    return found
