"""The OpenAI wire format as the fake speaks it: request bodies in, response bodies out."""

import hashlib
import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pybase64
from pydantic_core import from_json, to_json

from crosslight.models.fake.dress import dressed, trace_pieces
from crosslight.models.fake.engine import SHORT_ANSWER, Ask, Reply
from crosslight.models.fake.from_schema import number, unit
from crosslight.models.fake.habits import Habits
from crosslight.models.fake.request import Refusal, unfit
from crosslight.models.fake.script import Can

IMAGE_TOKENS = 256
FLOOR = math.log(1e-6)
ANY_OBJECT: Mapping[str, Any] = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
}
"""What `json_object` is answered with."""
TOKEN = re.compile(r"\s*\w+|\s*[^\w\s]+|\s+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The parts of a chat request that shape the response, not the answer."""

    model: str
    n: int
    top: int
    """Alternatives a token; -1: no log-probabilities wanted."""
    prompt_tokens: int
    limit: int
    """Tokens of the reply."""
    stream: bool
    stream_usage: bool
    raw: Mapping[str, Any]


class Malformed(ValueError):
    """The body is no chat or embeddings request."""

    def __init__(self, why: Refusal | str) -> None:
        self.why = why if isinstance(why, Refusal) else Refusal(why)
        super().__init__(self.why.message)


def payload_key(body: bytes) -> str:
    """What counts as the same payload: the same bytes."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def read_chat(body: bytes, task: str) -> tuple[Ask, Wanted]:
    """The question in a chat completions body. Raises Malformed."""
    raw = _object(body)
    refusal = unfit(raw)
    if refusal is not None:
        raise Malformed(refusal)
    try:
        text, shown, size = _turns(raw["messages"])
        schema, name = _schema(raw.get("response_format"))
        limit = raw.get("max_completion_tokens") or raw.get("max_tokens") or 512
        sampling = (raw.get("temperature") or 0.0, str(raw.get("seed", "")))
        n = int(raw.get("n") or 1)
        top = int(raw.get("top_logprobs") or 0) if raw.get("logprobs") else -1
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise Malformed(f"not a chat request: {error!r}") from None
    ask = Ask(
        key=payload_key(body),
        task=task or name,
        model=str(raw.get("model", "fake")),
        text=text,
        shown=shown,
        schema=schema,
        short=limit <= SHORT_ANSWER and schema is None,
        temperature=float(sampling[0]),
        draw=sampling[1],
    )
    tokens = size // 4 + IMAGE_TOKENS * len(shown)
    streamed = raw.get("stream_options")
    wanted = Wanted(
        model=ask.model,
        n=n,
        top=top,
        prompt_tokens=tokens,
        limit=limit,
        stream=bool(raw.get("stream")),
        stream_usage=bool(isinstance(streamed, dict) and streamed.get("include_usage")),
        raw=raw,
    )
    return ask, wanted


def write_chat(
    ask: Ask, reply: Reply, wanted: Wanted, can: Can, texts: list[str], habits: Habits
) -> dict[str, Any]:
    """A chat completions response with one choice for each of `texts`."""
    finish = {"content_filter": "content_filter", "cut": "length"}.get(reply.fault or "", "stop")
    with_logprobs = wanted.top >= 0 and can.logprobs
    pieces = trace_pieces(habits, TOKEN.findall(habits.trace))
    choices = []
    for index, text in enumerate(texts):
        choice: dict[str, Any] = {
            "index": index,
            "message": {"role": "assistant", "content": text},
            "finish_reason": finish,
        }
        if with_logprobs:
            choice["logprobs"] = {
                "content": token_logprobs(text, reply.choice, wanted.top, ask.key)
            }
        as_json = ask.schema is not None or text.startswith("{")
        choices.append(dressed(choice, habits, wanted.limit, as_json=as_json, pieces=pieces))
    completion = sum(len(text) for text in texts) // 4 + len(texts) * (1 + len(pieces))
    body: dict[str, Any] = {
        "id": f"chatcmpl-{ask.key[:16]}",
        "object": "chat.completion",
        "created": 0,
        "model": wanted.model,
        "choices": choices,
    }
    if can.usage and habits.usage:
        body["usage"] = {
            "prompt_tokens": wanted.prompt_tokens,
            "completion_tokens": completion,
            "total_tokens": wanted.prompt_tokens + completion,
        }
    return body


def read_embeddings(body: bytes) -> tuple[list[str], str, bool]:
    """Texts, model, and whether base64 is wanted, of an embeddings body. Raises Malformed."""
    raw = _object(body)
    items = raw.get("input")
    items = [items] if isinstance(items, str) else items
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise Malformed("`input` must be a text or a list of texts")
    return items, str(raw.get("model", "fake")), raw.get("encoding_format") == "base64"


def write_embeddings(vectors: list[list[float]], model: str, *, base64: bool = False) -> bytes:
    """An embeddings response, as numbers or (the openai client asks so) as base64 of float32."""
    data = [
        {"object": "embedding", "index": index, "embedding": _packed(vector) if base64 else vector}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": len(vectors), "total_tokens": len(vectors)}
    return to_json({"object": "list", "model": model, "data": data, "usage": usage})


def _packed(vector: list[float]) -> str:
    return pybase64.b64encode_as_string(struct.pack(f"<{len(vector)}f", *vector))


def error_body(message: str, code: str, param: str | None = None, kind: str = "") -> bytes:
    """An error in OpenAI's form."""
    inner = {"message": message, "type": kind or code, "param": param, "code": code}
    return to_json({"error": inner})


def first_tokens(text: str, choice: Mapping[str, float] | None, key: str) -> dict[str, float]:
    """Probabilities of the first token; what is left goes to words that nobody asked for."""
    if choice:
        rest = max(0.0, 1.0 - sum(choice.values()))
        table = {_piece(option): p for option, p in choice.items() if p > 0}
        return table | ({"The": rest * 0.7, " I": rest * 0.3} if rest > 1e-9 else {})
    match = TOKEN.match(text)
    return {match.group() if match else "": 0.9 + 0.09 * unit(key + "/first"), "The": 0.005}


def token_logprobs(
    text: str, choice: Mapping[str, float] | None, top: int, key: str
) -> list[dict[str, Any]]:
    """Tokens with alternatives, in the form of the wire."""
    pieces = TOKEN.findall(text) if choice is None else [_piece(text)]
    found = []
    for index, piece in enumerate(pieces[:256]):
        if index == 0:
            table = first_tokens(text, choice, key)
        else:
            table = {piece: 0.5 + 0.49 * unit(f"{key}/{index}"), "the": 0.005}
        ranked = sorted(table.items(), key=lambda item: -item[1])[:top]
        logs = [{"token": token, "logprob": log(p), "bytes": None} for token, p in ranked]
        own = log(table.get(piece, 0.0))
        found.append({"token": piece, "logprob": own, "bytes": None, "top_logprobs": logs})
    return found


def _piece(option: str) -> str:
    """The first token of an option: its first word, cut as tokenizers cut long ones."""
    match = TOKEN.match(option)
    return match.group()[:12] if match else option


def log(p: float) -> float:
    """The logarithm, with a floor."""
    return math.log(p) if p > 1e-6 else FLOOR


def _object(body: bytes) -> dict[str, Any]:
    try:
        raw = from_json(body)
    except ValueError:
        raise Malformed("the body is not JSON") from None
    if not isinstance(raw, dict):
        raise Malformed("the body is not a JSON object")
    return raw


def _turns(messages: list[dict[str, Any]]) -> tuple[str, tuple[str, ...], int]:
    """Last user text, all images as data URLs, and the number of characters of text."""
    last, size = "", 0
    shown: list[str] = []
    for message in messages:
        content = message["content"] or ""
        if not isinstance(content, str):
            texts = []
            for part in content:
                if part["type"] == "image_url":
                    shown.append(part["image_url"]["url"])
                else:
                    texts.append(part["text"])
            content = "\n".join(texts)
        size += len(content)
        if message["role"] == "user":
            last = content
    return last, tuple(shown), size


def _schema(form: Any) -> tuple[Mapping[str, Any] | None, str]:
    if form and form.get("type") == "json_object":
        return ANY_OBJECT, ""
    if not form or form.get("type") != "json_schema":
        return None, ""
    inner = form["json_schema"]
    return inner["schema"], str(inner.get("name", ""))


def embed_text(text: str, dimensions: int) -> list[float]:
    """A unit vector by hashed words: texts that share words are near."""
    vector = [0.0] * dimensions
    for word in re.findall(r"\w+", text.casefold()) or [""]:
        for turn in range(4):
            spot = number(f"{word}/{turn}")
            vector[spot % dimensions] += 1.0 if spot >> 63 else -1.0
    norm = math.sqrt(sum(x * x for x in vector))
    if norm == 0.0:
        vector[0], norm = 1.0, 1.0
    return [x / norm for x in vector]
