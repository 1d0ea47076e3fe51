"""What makes two calls the same call. The whole list is in `key_parts`, and nowhere else.

In the key: everything that can change the answer. Not in the key: the model's display name,
licence, weakness and price; retries, timeouts, concurrency; the width, height and bytes of a view
(they follow from the photo's hash and the recipe).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crosslight.models import ModelCard, Request
from crosslight.records import ImageView, canonical, content_hash

KEY_VERSION = 1


@dataclass(frozen=True, slots=True)
class Key:
    """The hash, and the JSON text that it is the hash of."""

    hash: str
    text: str


def key_parts(card: ModelCard, request: Request) -> dict[str, Any]:
    """Everything that can change an answer, as JSON values."""
    sampling = request.sampling
    return {
        "version": KEY_VERSION,
        "model": {
            "spec": card.spec,
            "revision": card.revision,
            "endpoint": card.endpoint,
            "parts": [list(part) for part in card.parts],
        },
        "kind": request.kind,
        # Scripted and composed models answer by task; for others it costs one more call where
        # two tasks ask in the very same words.
        "task": request.task,
        "messages": [message.key() for message in request.messages],
        # As text: the order of a schema's properties is the order in which a model fills them.
        "schema": None if request.schema is None else json.dumps(request.schema),
        "sampling": {
            "temperature": float(sampling.temperature),
            "top_p": float(sampling.top_p),
            "max_tokens": sampling.max_tokens,
            "seed": sampling.seed,
            "stop": list(sampling.stop),
        },
        "logprobs": request.logprobs,
        # In order: a model may prefer the option that is named first.
        "options": list(request.options),
        "items": [_item(item) for item in request.items],
        "extra": dict(request.extra),
    }


def request_key(card: ModelCard, request: Request) -> Key:
    """The key of this call."""
    text = canonical(key_parts(card, request))
    return Key(content_hash(text), text.decode())


def explain(card: ModelCard, request: Request) -> str:
    """The parts of the key for people, one a line."""
    key = request_key(card, request)
    return "\n".join([f"key = {key.hash}", *_lines("", json.loads(key.text))])


def difference(left: str, right: str) -> list[str]:
    """Which parts of two keys differ: `a.b: x -> y`, from the texts of the keys."""
    before = dict(_flat("", json.loads(left)))
    after = dict(_flat("", json.loads(right)))
    return [
        f"{name}: {before.get(name, '(none)')} -> {after.get(name, '(none)')}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def _item(item: str | ImageView) -> list[str]:
    if isinstance(item, ImageView):
        return ["image", item.photo, item.recipe]
    return ["text", item]


def _lines(name: str, value: Any) -> list[str]:
    return [f"{path} = {text}" for path, text in _flat(name, value)]


def _flat(name: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        pairs = [(f"{name}.{key}" if name else str(key), part) for key, part in value.items()]
    elif isinstance(value, list) and value:
        pairs = [(f"{name}[{at}]", part) for at, part in enumerate(value)]
    else:
        return [(name, json.dumps(value, ensure_ascii=False))]
    return [line for path, part in pairs for line in _flat(path, part)]
