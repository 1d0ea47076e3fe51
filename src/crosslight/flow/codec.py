"""Answers to stored values and back. A replayed answer equals the first one in every field.

A store may be damaged, or somebody else's: what is read is checked like an endpoint's answer, and
what does not hold raises `BadRecord`.
"""

import json
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from crosslight.flow.sound import check_answer_numbers, check_choice, check_vectors, sound
from crosslight.models import Answer, Choice, ModelError, TokenLogprob, Usage, Vectors, split_reply
from crosslight.store import Record

T = TypeVar("T")


class BadRecord(ValueError):
    """A stored answer that is none: it counts as absent."""


def _checked(decode: Callable[..., T]) -> Callable[..., T]:
    """Everything that can be wrong with a record as one error."""

    @wraps(decode)
    def checked(record: Record, *given: Any) -> T:
        try:
            if not sound(record):
                raise BadRecord("a field of the wrong kind or range")
            return decode(record, *given)
        except (ModelError, LookupError, TypeError, ValueError, RecursionError) as error:
            raise BadRecord(f"{error}"[:200]) from error

    return checked


def encode_answer(answer: Answer) -> str:
    """JSON text. The usage has columns of its own in the store."""
    return _dump(
        {
            "text": answer.text,
            "parsed": answer.parsed,
            "finish": answer.finish,
            "logprobs": [[t.token, t.logprob, [list(p) for p in t.top]] for t in answer.logprobs],
            "model": answer.model,
            "reasoning": answer.reasoning,
            "thinks": answer.thinks,
        }
    )


@_checked
def decode_answer(record: Record) -> Answer:
    """The answer of a record that `encode_answer` made. Raises `BadRecord`."""
    value = _load(record)
    text, reasoning, thinks = _text(value["text"]), value.get("reasoning"), value.get("thinks", "")
    if reasoning is None:  # of a time when a trace was left in the text
        said = split_reply(text).settled("stop")
        text, reasoning, thinks = said.answer, said.reasoning, said.thinks
    answer = Answer(
        text=text,
        parsed=value["parsed"],
        finish=value["finish"],
        usage=usage_of(record),
        logprobs=tuple(
            TokenLogprob(_text(token), logprob, tuple((_text(word), lp) for word, lp in top))
            for token, logprob, top in value["logprobs"]
        ),
        model=_text(value["model"]),
        reasoning=_text(reasoning),
        thinks=thinks if thinks in ("", "text", "field") else "",
    )
    check_answer_numbers(answer)
    return answer


def encode_choice(choice: Choice) -> str:
    """JSON text; the options keep their order."""
    return _dump(
        {
            "probabilities": dict(choice.probabilities),
            "outside_mass": choice.outside_mass,
            "samples": choice.samples,
            "model": choice.model,
            "method": choice.method,
            "room": choice.room,
            "unknown_mass": choice.unknown_mass,
            "intervals": {option: list(ends) for option, ends in choice.intervals.items()},
            "said": choice.said,
            "why": choice.why,
            "reasoning": choice.reasoning,
        }
    )


@_checked
def decode_choice(record: Record, options: Sequence[str]) -> Choice:
    """The choice among `options` of a record that `encode_choice` made. Raises `BadRecord`."""
    value = _load(record)
    choice = Choice(
        probabilities=dict(value["probabilities"]),
        outside_mass=value["outside_mass"],
        usage=usage_of(record),
        samples=value["samples"],
        model=_text(value["model"]),
        # Of a time before these stood there: the method follows, the others are not known.
        method=value.get("method", "samples" if value["samples"] else "logprobs"),
        room=value.get("room", 0),
        unknown_mass=value.get("unknown_mass", 0.0),
        intervals={
            option: (low, high) for option, (low, high) in value.get("intervals", {}).items()
        },
        said=_text(value.get("said", "")),
        why=_text(value.get("why", "")),
        reasoning=_text(value.get("reasoning", "")),
    )
    check_choice(choice, options)
    return choice


def encode_vector(vector: Vectors) -> bytes:
    """One vector as little-endian float32."""
    return np.ascontiguousarray(vector, dtype="<f4").tobytes()


@_checked
def decode_vector(record: Record) -> Vectors:
    """The vector of a record, shape (dim,), finite. Raises `BadRecord`."""
    vector = np.frombuffer(record.vector, dtype="<f4").astype(np.float32)
    check_vectors(vector[None], 1)
    return vector


def usage_of(record: Record) -> Usage:
    """What the call of this record used."""
    return Usage(record.prompt_tokens, record.completion_tokens, record.cost_usd)


def _load(record: Record) -> dict[str, Any]:
    value = json.loads(record.value)
    if not isinstance(value, dict):
        raise BadRecord("no JSON object")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise BadRecord("a text that is none")
    return value


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
