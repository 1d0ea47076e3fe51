"""A chat response as server-sent events: what `stream: true` gets."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import to_json

MOST = 64
"""Pieces of one text."""
DONE = b"data: [DONE]\n\n"


def events(body: Mapping[str, Any], pieces_of: Any, *, usage: bool) -> Iterator[bytes]:
    """The events of a response: a role, pieces of text, the ends, the usage if wanted, DONE."""
    head = {name: body[name] for name in ("id", "created", "model") if name in body}
    head["object"] = "chat.completion.chunk"
    for choice in body["choices"]:
        index = choice["index"]
        for delta, logs in _deltas(choice, pieces_of):
            part = {"index": index, "delta": delta, "finish_reason": None}
            if "logprobs" in choice:
                part["logprobs"] = logs
            yield _event(head | {"choices": [part]})
        end = {"index": index, "delta": {}, "finish_reason": choice["finish_reason"]}
        yield _event(head | {"choices": [end]})
    if usage and body.get("usage"):
        yield _event(head | {"choices": [], "usage": body["usage"]})
    yield DONE


def _deltas(choice: Mapping[str, Any], pieces_of: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    """Changes of the message, with the log-probabilities of their tokens."""
    message = choice["message"]
    yield {"role": "assistant", "content": ""}, None
    left = choice.get("logprobs")
    for field in ("reasoning_content", "reasoning", "content", "refusal"):
        text = message.get(field) or ""
        pieces = pieces_of(text)
        step = max(1, -(-len(pieces) // MOST))
        for at in range(0, len(pieces), step):
            yield {field: "".join(pieces[at : at + step])}, left
            left = None  # all of them come with the first piece


def _event(value: Mapping[str, Any]) -> bytes:
    return b"data: " + to_json(value) + b"\n\n"
