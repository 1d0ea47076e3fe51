"""Streamed replies: server-sent events joined to the response that they are pieces of."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import from_json

from crosslight.models.errors import Unreachable
from crosslight.models.openai import wire
from crosslight.models.openai.said import error_in_answer

EVENTS = "text/event-stream"
DONE = b"[DONE]"
TEXTS = ("content", *wire.FIELDS, "refusal")


def read_body(data: bytes, content_type: str) -> dict[str, Any]:
    """The JSON object of a response, streamed or not: some endpoints stream unasked."""
    if content_type == EVENTS or data.startswith(b"data:"):
        return joined(data)
    return wire.read_object(data)


def joined(data: bytes) -> dict[str, Any]:
    """A chat response out of its events. An error among them is the response.

    Raises Unreachable for a stream that broke off: what came is no whole answer.
    """
    whole: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    done = False
    for event in _events(data):
        if event == DONE:
            done = True
            break
        try:
            part = from_json(event)
        except ValueError:
            raise _broke_off() from None
        if not isinstance(part, dict):
            return {}
        if error_in_answer(part) is not None:
            return part
        whole |= {name: part[name] for name in ("id", "model", "usage") if part.get(name)}
        for piece in part.get("choices") or ():
            if isinstance(piece, dict):
                index = piece.get("index")
                _add(choices.setdefault(index if isinstance(index, int) else 0, {}), piece)
    if not done and not (choices and all(c.get("finish_reason") for c in choices.values())):
        raise _broke_off()
    return whole | {"choices": [_closed(choices[index]) for index in sorted(choices)]}


def _events(data: bytes) -> Iterator[bytes]:
    """The data of each event. The last one may lack its empty line."""
    lines: list[bytes] = []
    for line in data.splitlines():
        if line.startswith(b"data:"):
            lines.append(line[5:].strip())
        elif not line.strip() and lines:
            yield b"\n".join(lines)
            lines = []
    if lines:
        yield b"\n".join(lines)


def _add(choice: dict[str, Any], piece: Mapping[str, Any]) -> None:
    """Add a piece to its choice; texts and log-probabilities are collected in lists."""
    delta = piece.get("delta") or piece.get("message")
    for name, value in delta.items() if isinstance(delta, dict) else ():
        if name in TEXTS and isinstance(value, str):
            choice.setdefault(name, []).append(value)
    logs = piece.get("logprobs")
    tokens = logs.get("content") if isinstance(logs, dict) else None
    if isinstance(tokens, list):
        choice.setdefault("logprobs", []).extend(tokens)
    for name in ("finish_reason", "error"):
        if piece.get(name):
            choice[name] = piece[name]


def _closed(choice: Mapping[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None}
    message |= {name: "".join(choice[name]) for name in TEXTS if name in choice}
    told: dict[str, Any] = {"message": message, "finish_reason": choice.get("finish_reason")}
    if "logprobs" in choice:
        told["logprobs"] = {"content": choice["logprobs"]}
    return told | ({"error": choice["error"]} if "error" in choice else {})


def _broke_off() -> Unreachable:
    return Unreachable("the stream broke off before its end", hint="asking again may help")
