"""Answers to stored values and back. A replayed answer equals the first one in every field."""

import json
from typing import Any

import numpy as np

from crosslight.models import Answer, Choice, TokenLogprob, Usage, Vectors
from crosslight.store import Record


def encode_answer(answer: Answer) -> str:
    """JSON text. The usage has columns of its own in the store."""
    return _dump(
        {
            "text": answer.text,
            "parsed": answer.parsed,
            "finish": answer.finish,
            "logprobs": [[t.token, t.logprob, [list(p) for p in t.top]] for t in answer.logprobs],
            "model": answer.model,
        }
    )


def decode_answer(record: Record) -> Answer:
    """The answer of a record that `encode_answer` made."""
    value = json.loads(record.value)
    return Answer(
        text=value["text"],
        parsed=value["parsed"],
        finish=value["finish"],
        usage=usage_of(record),
        logprobs=tuple(
            TokenLogprob(token, logprob, tuple((word, lp) for word, lp in top))
            for token, logprob, top in value["logprobs"]
        ),
        model=value["model"],
    )


def encode_choice(choice: Choice) -> str:
    """JSON text; the options keep their order."""
    return _dump(
        {
            "probabilities": dict(choice.probabilities),
            "outside_mass": choice.outside_mass,
            "samples": choice.samples,
            "model": choice.model,
        }
    )


def decode_choice(record: Record) -> Choice:
    """The choice of a record that `encode_choice` made."""
    value = json.loads(record.value)
    return Choice(
        probabilities=value["probabilities"],
        outside_mass=value["outside_mass"],
        usage=usage_of(record),
        samples=value["samples"],
        model=value["model"],
    )


def encode_vector(vector: Vectors) -> bytes:
    """One vector as little-endian float32."""
    return np.ascontiguousarray(vector, dtype="<f4").tobytes()


def decode_vector(record: Record) -> Vectors:
    """The vector of a record, shape (dim,)."""
    return np.frombuffer(record.vector, dtype="<f4").astype(np.float32)


def usage_of(record: Record) -> Usage:
    """What the call of this record used."""
    return Usage(record.prompt_tokens, record.completion_tokens, record.cost_usd)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
