"""The chat completions format: bodies out, replies in. Pure functions, no connection."""

import hashlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pybase64
from pydantic_core import PydanticSerializationError, from_json, to_json

from crosslight.models.choice import unreadable
from crosslight.models.errors import (
    BadAnswer,
    EmptyAnswer,
    Refused,
    Rejected,
    ServerFault,
    Truncated,
)
from crosslight.models.message import ImageView, Message
from crosslight.models.openai.finish import how_it_ended
from crosslight.models.protocol import Answer, Sampling, TokenLogprob, Usage, Vectors
from crosslight.models.reasoning import Reply, misplaced, split_reply
from crosslight.models.schema import parse_json
from crosslight.text import Breaker, without_control

TOP = 20
"""Alternatives a token that servers give at most."""

DATA_URL = "data:image/jpeg;base64,"

FIELDS = ("reasoning_content", "reasoning", "thinking")
"""Where servers with a reasoning parser put the trace: of vLLM, SGLang, llama.cpp and DeepSeek; of
OpenRouter and newer vLLM; of Ollama."""
THOUGHTS = frozenset({"thinking", "reasoning"})
"""Types of parts of a content that are traces (Mistral)."""

_ESCAPED = re.compile(rb"\\x([0-9a-fA-F]{2})")


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens in and out."""

    usd_in: float
    usd_out: float

    def of(self, prompt_tokens: int, completion_tokens: int) -> float:
        """US dollars of one call."""
        return (prompt_tokens * self.usd_in + completion_tokens * self.usd_out) / 1e6


@dataclass(frozen=True, slots=True)
class Body:
    """A request body, and a key that is the same whenever the request is."""

    data: bytes
    key: str


def chat_body(
    messages: Sequence[Message],
    fields: Mapping[str, Any],
    address: Callable[[ImageView], str] | None = None,
) -> Body:
    """The JSON body: `fields` first, then the messages with their images as data URLs, or by their
    `address`, which is part of the key: another process has another one, and a key is of one body.

    Base64 is spliced into the finished JSON instead of being encoded as a JSON string: half the
    time of a call with an image goes there otherwise.
    """
    head = _json(fields)
    out = [head[:-1], b',"messages":[' if len(head) > 2 else b'"messages":[']
    digest = hashlib.sha256(head)
    for index, message in enumerate(messages):
        out.append(b"," if index else b"")
        digest.update(_json(message.key()))
        role = message.role.encode()
        if not message.images:
            out.append(b'{"role":"%b","content":%b}' % (role, _json(message.sent())))
            continue
        out.append(b'{"role":"%b","content":' % role)
        for at, piece in enumerate(_parts(message)):
            out.append(b"," if at else b"[")
            if isinstance(piece, str):
                out.append(b'{"type":"text","text":%b}' % _json(piece))
                continue
            out.append(b'{"type":"image_url","image_url":{"url":')
            if address is not None:
                place = _json(address(piece))
                digest.update(place)
                out += (place, b"}}")
                continue
            # 30 times as fast as base64 (AVX2).
            out += (b'"%b' % DATA_URL.encode(), pybase64.b64encode(piece.jpeg), b'"}}')
        out.append(b"]}")
    out.append(b"]}")
    return Body(b"".join(out), digest.hexdigest())


def _parts(message: Message, broken: Breaker = without_control) -> list[str | ImageView]:
    """Of a turn with images. A blank between two of them is left out: some endpoints refuse it."""
    parts = message.pieces(broken)
    if not message.places:
        return parts
    return [part for part in parts if not isinstance(part, str) or part.strip()]


def _json(value: Any) -> bytes:
    """JSON in UTF-8. Raises Rejected for text that is no Unicode (a lone surrogate)."""
    try:
        return to_json(value)
    except PydanticSerializationError:
        raise Rejected(
            "the text cannot be written as UTF-8", hint="clean the row's text: half an emoji?"
        ) from None


def message_dicts(
    messages: Sequence[Message], broken: Breaker = without_control
) -> list[dict[str, Any]]:
    """The messages as plain data, for a model in process with control tokens of its own."""
    found: list[dict[str, Any]] = []
    for message in messages:
        content: Any = message.sent(broken)
        if message.images:
            content = [_part(part) for part in _parts(message, broken)]
        found.append({"role": message.role, "content": content})
    return found


def _part(part: str | ImageView) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    url = DATA_URL + pybase64.b64encode_as_string(part.jpeg)
    return {"type": "image_url", "image_url": {"url": url}}


def plain_body(fields: Mapping[str, Any]) -> Body:
    """A body without messages."""
    data = _json(fields)
    return Body(data, hashlib.sha256(data).hexdigest())


def sampling_fields(sampling: Sampling, limit_field: str, *, seed: bool) -> dict[str, Any]:
    """Decoding as fields of the body; what is at its default is left to the endpoint's."""
    fields: dict[str, Any] = {
        "temperature": sampling.temperature,
        limit_field: sampling.max_tokens,
    }
    if sampling.top_p != 1.0:
        fields["top_p"] = sampling.top_p
    if seed and sampling.seed is not None:
        fields["seed"] = sampling.seed
    if sampling.stop:
        fields["stop"] = list(sampling.stop)
    return fields


def schema_field(schema: Mapping[str, Any], task: str) -> dict[str, Any]:
    """`response_format` for a strict JSON schema."""
    name = "".join(c if c.isalnum() or c in "-_" else "_" for c in task)[:64] or "answer"
    return {
        "type": "json_schema",
        "json_schema": {"name": name, "strict": True, "schema": schema},
    }


def read_object(data: bytes) -> dict[str, Any]:
    """The JSON object of a response. Raises ServerFault for cut or foreign bodies: no request can
    ask for them, so they are no property of a row."""
    try:
        raw = from_json(data)
    except ValueError:
        begins = data[:60].decode("utf-8", "replace")
        raise ServerFault(
            f"the response is not JSON ({len(data)} bytes, begins {begins!r})",
            hint="is the URL an OpenAI-compatible base URL, usually ending in /v1?",
        ) from None
    if isinstance(raw, list) and raw and isinstance(raw[0], dict):
        raw = raw[0]  # Google wraps its errors in a list
    if not isinstance(raw, dict):
        raise ServerFault("the response is not a JSON object", hint="is the URL a base URL?")
    return raw


def read_choices(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The non-empty list of choices. Raises ServerFault."""
    choices = raw.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise ServerFault("the response has no choices", hint="the endpoint may be overloaded")
    return choices


def read_usage(raw: Mapping[str, Any], price: Price | None) -> Usage:
    """Tokens as the endpoint counts them; zero where it does not say."""
    usage = raw.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    tokens = [_count(usage.get(name)) for name in ("prompt_tokens", "completion_tokens")]
    return Usage(tokens[0], tokens[1], price.of(tokens[0], tokens[1]) if price else 0.0)


def read_context(raw: Mapping[str, Any], model: str) -> int | None:
    """Tokens of context in a list of models: vLLM, llama.cpp and hubs name it differently."""
    data = raw.get("data")
    rows = [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []
    row = next((row for row in rows if row.get("id") == model), rows[0] if len(rows) == 1 else {})
    meta = row.get("meta")
    places = (row, meta if isinstance(meta, dict) else {})
    names = ("max_model_len", "context_length", "context_window", "n_ctx", "n_ctx_train")
    found = (place.get(name) for name in names for place in places)
    return next((count for value in found if (count := _count(value))), None)


def read_reply(choice: Mapping[str, Any]) -> Reply:
    """What a choice says, apart from what the model thought."""
    message = _message(choice)
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    thought = [part for part in parts if isinstance(part, dict) and part.get("type") in THOUGHTS]
    said = [part for part in parts if part not in thought] if thought else content
    field = _trace_field(message)
    return split_reply(_text(said), _text(message[field]) if field else _text(thought))


def _message(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    message = choice.get("message")
    return message if isinstance(message, dict) else {}


def _trace_field(message: Mapping[str, Any]) -> str:
    """The field of its own in which a trace came; empty without one."""
    return next((name for name in FIELDS if _text(message.get(name))), "")


def _text(content: Any) -> str:
    """A text, or the texts of parts (also of parts in parts), joined; empty for anything else."""
    if not isinstance(content, list):
        return content if isinstance(content, str) else ""
    found = []
    for part in content:
        if isinstance(part, dict):
            texts = (part.get(name) for name in ("text", "thinking", "reasoning"))
            found.append(next((_text(text) for text in texts if text), ""))
    return "".join(found)


def read_logprobs(choice: Mapping[str, Any]) -> tuple[TokenLogprob, ...]:
    """Tokens with alternatives; empty when the endpoint gives none. An alternative of which the
    logarithm is null is one that is not listed. Raises BadAnswer."""
    block = choice.get("logprobs")
    block = block if isinstance(block, dict) else {}
    content = block.get("content")
    try:
        if not isinstance(content, list):
            return _older_logprobs(block)
        return tuple(_token(item) for item in content)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadAnswer("malformed log-probabilities", hint="see crosslight doctor") from None


def _token(item: Mapping[str, Any]) -> TokenLogprob:
    listed = item.get("top_logprobs") or ()
    top = tuple((_name(t), float(t["logprob"])) for t in listed if t["logprob"] is not None)
    name, own = _name(item), item["logprob"]
    if own is None:
        own = dict(top).get(name, -math.inf)
    return TokenLogprob(name, float(own), top)


def _older_logprobs(block: Mapping[str, Any]) -> tuple[TokenLogprob, ...]:
    """The form of the older completions API, which some servers give for chats as well."""
    names, values = block.get("tokens"), block.get("token_logprobs")
    if not isinstance(names, list) or not isinstance(values, list):
        return ()
    tops = block.get("top_logprobs") or [{}] * len(names)
    return tuple(
        TokenLogprob(
            _clean(str(name)),
            -math.inf if own is None else float(own),
            tuple((_clean(t), float(p)) for t, p in (top or {}).items() if p is not None),
        )
        for name, own, top in zip(names, values, tops, strict=True)
    )


def _name(item: Mapping[str, Any]) -> str:
    """A token's text; from its bytes where the text is a placeholder."""
    name = _clean(str(item["token"]))
    data = item.get("bytes")
    if unreadable(name) and isinstance(data, list) and data:
        return bytes(data).decode("utf-8", "replace")
    return name


def _clean(name: str) -> str:
    """`bytes:` and escaped bytes, as some servers write tokens, are the text that they are of."""
    if not name.startswith("bytes:"):
        return name
    escaped = name.removeprefix("bytes:").encode("utf-8", "replace")
    return _ESCAPED.sub(lambda m: bytes([int(m[1], 16)]), escaped).decode("utf-8", "replace")


def read_vectors(raw: Mapping[str, Any], count: int) -> Vectors:
    """Unit vectors in the order that was asked for. Raises BadAnswer."""
    try:
        data = sorted(raw["data"], key=lambda item: item["index"])
        matrix = np.array([item["embedding"] for item in data], dtype=np.float32)
    except (KeyError, TypeError, ValueError):
        raise BadAnswer("malformed embeddings", hint="see crosslight doctor") from None
    if matrix.ndim != 2 or len(matrix) != count or not np.isfinite(matrix).all():
        raise BadAnswer(f"{count} texts, but {len(matrix)} usable vectors came back")
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    if not norms.all():
        raise BadAnswer("a zero vector came back")
    return np.asarray(matrix / norms, dtype=np.float32)


def read_answer(
    raw: Mapping[str, Any], schema: Mapping[str, Any] | None, price: Price | None
) -> Answer:
    """The first choice as an answer.

    Raises ContentFiltered, Refused, Truncated (when JSON was asked for or nothing was said) or
    BadAnswer, so that none of these can be taken for an answer.
    """
    choice = read_choices(raw)[0]
    finish = how_it_ended(choice)
    message = _message(choice)
    refusal = message.get("refusal")
    said = read_reply(choice)
    text = said.answer or (refusal if isinstance(refusal, str) else "")
    if schema is not None and refusal:
        raise Refused(f"the model declined: {str(refusal)[:120]!r}", hint="the row stays undecided")
    if not text.strip():
        said.settled(finish)
    if finish == "length" and schema is not None:
        raise Truncated("the answer hit the token limit", hint=Truncated.remedy)
    if not text.strip():
        field = _trace_field(message)
        if field and said.reasoning.strip():
            raise misplaced(field, said.reasoning)
        thought = "; the model only thought" if said.reasoning else ""
        raise EmptyAnswer(thought, hint="asking again may help")
    return Answer(
        text=text,
        parsed=parse_json(text, schema) if schema is not None else None,
        finish=finish,
        usage=read_usage(raw, price),
        logprobs=read_logprobs(choice),
        model=str(raw.get("model") or ""),
        reasoning=said.reasoning,
        thinks=said.thinks,
    )


def _count(value: Any) -> int:
    """A whole number that JSON keeps; what is none counts as not told (some servers send 10.0)."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    told = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
    return value if told else 0
