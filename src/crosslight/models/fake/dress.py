"""Habits put on a plain choice: traces, wrapping, log-probabilities and ends as servers have them.

The log-probabilities are those of the whole reply, its trace included, as vLLM sends them.
"""

import math
from collections.abc import Mapping
from typing import Any

from crosslight.models.fake.habits import Habits

MINUS_INFINITY = -9999.0
SURE = math.log(0.999)
Token = dict[str, Any]


def dressed(
    choice: dict[str, Any], habits: Habits, limit: int, *, as_json: bool, pieces: list[str]
) -> dict[str, Any]:
    """The choice as a server of these habits sends it.

    `limit` is the request's bound in tokens; `pieces` are the tokens of the trace.
    """
    text: str = choice["message"]["content"]
    logs: list[Token] | None = (choice.get("logprobs") or {}).get("content")
    finish: str = choice["finish_reason"]
    text = _wrapped(text, habits) if as_json else f"**{text}**" if habits.bold else text
    if habits.cut is not None:
        text, finish = text[: habits.cut], "length"
    if habits.first_token is not None and logs:
        logs = [_first(habits.first_token), *logs[1:]]
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if habits.trace:
        room = len(pieces) if habits.room is None else habits.room
        if not habits.trace_ends or limit < room:
            pieces, text, logs = pieces[: min(limit, _end(pieces))], "", logs and []
            finish = "length"
        message = _with_trace(text, "".join(pieces), habits)
        logs = None if logs is None else [*map(_sure, pieces), *logs]
    elif habits.answer_in != "content":
        message |= {"content": None, habits.answer_in: text}
    told = {**choice, "message": message, "finish_reason": habits.finish or finish}
    if "logprobs" in choice:
        told["logprobs"] = _in_form(logs, habits)
    return told


def trace_pieces(habits: Habits, words: list[str]) -> list[str]:
    """The trace as tokens, with the tags that it has in a text; tags are tokens of their own."""
    if not habits.trace:
        return []
    if habits.trace_in not in ("tags", "closing"):
        return words
    opening = ["<think>", "\n"] if habits.trace_in == "tags" else []
    return [*opening, *words, "\n", "</think>", "\n\n"]


def _end(pieces: list[str]) -> int:
    """How many tokens stand before the closing tag."""
    return pieces.index("</think>") if "</think>" in pieces else len(pieces)


def _with_trace(text: str, trace: str, habits: Habits) -> dict[str, Any]:
    if habits.trace_in in ("tags", "closing"):
        return {"role": "assistant", "content": trace + text}
    return {"role": "assistant", "content": text or None, habits.trace_in: trace}


def _wrapped(text: str, habits: Habits) -> str:
    if habits.trailing_comma and text.endswith("}"):
        text = text[:-1] + ",}"
    return habits.wrap.replace("{answer}", text)


def _first(table: Mapping[str, float | None]) -> Token:
    logs = {token: None if p is None else _log(p) for token, p in table.items()}
    best = next(iter(logs))
    top = [{"token": token, "logprob": log, "bytes": None} for token, log in logs.items()]
    return {"token": best, "logprob": logs[best], "bytes": None, "top_logprobs": top}


def _log(p: float) -> float:
    return math.log(p) if p > 0 else MINUS_INFINITY


def _sure(piece: str) -> Token:
    alone = {"token": piece, "logprob": SURE, "bytes": None}
    return alone | {"top_logprobs": [alone]}


def _in_form(logs: list[Token] | None, habits: Habits) -> dict[str, Any] | None:
    if habits.logprobs == "null" or logs is None:
        return None
    if habits.logprobs == "no_top":
        return {"content": [{**token, "top_logprobs": []} for token in logs]}
    if habits.answer_in == "refusal":
        return {"content": None, "refusal": logs}
    if habits.logprobs == "legacy":
        return {
            "tokens": [token["token"] for token in logs],
            "token_logprobs": [token["logprob"] for token in logs],
            "top_logprobs": [
                {t["token"]: t["logprob"] for t in token["top_logprobs"]} for token in logs
            ],
            "text_offset": [0] * len(logs),
        }
    return {"content": logs}
