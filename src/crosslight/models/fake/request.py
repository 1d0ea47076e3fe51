"""What a chat request is refused for: by any OpenAI-compatible server, and by one with habits."""

import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pybase64

from crosslight.models.fake.habits import Habits

ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
NOT_HERE = ("tools", "tool_choice", "functions", "function_call", "audio", "web_search_options")
FORMS = frozenset({"text", "json_object", "json_schema"})
RANGES: Mapping[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "n": (1, 128),
    "top_logprobs": (0, 20),
    "max_tokens": (1, 2**31),
    "max_completion_tokens": (1, 2**31),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer, as the body of the error says it."""

    message: str
    param: str | None = None
    code: str = "invalid_value"
    status: int = 400


def unfit(raw: Mapping[str, Any]) -> Refusal | None:
    """What no OpenAI-compatible server takes; None for a request that is all right."""
    for name in NOT_HERE:
        if raw.get(name) and raw[name] != "none":
            code = "unsupported_parameter"
            return Refusal(f"'{name}' is not supported by this model", name, code)
    if not isinstance(raw.get("messages"), list) or not raw["messages"]:
        return Refusal("'messages' must be a list of turns, and not empty", "messages")
    for name, (low, high) in RANGES.items():
        value = raw.get(name)
        if value is None:
            continue
        if not isinstance(value, int | float) or not low <= value <= high:
            return Refusal(f"Invalid value for '{name}': must be {low:g} to {high:g}", name)
    if raw.get("top_logprobs") and not raw.get("logprobs"):
        return Refusal("'top_logprobs' needs 'logprobs': true", "top_logprobs")
    form = raw.get("response_format")
    if form and not (isinstance(form, dict) and form.get("type") in FORMS):
        return Refusal(f"'response_format' is one of {', '.join(sorted(FORMS))}", "response_format")
    return next(_unfit_turns(raw["messages"]), None)


def _unfit_turns(messages: list[Any]) -> Iterator[Refusal]:
    for number, message in enumerate(messages):
        where = f"messages[{number}]"
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            yield Refusal(f"'{where}.role' is one of {', '.join(sorted(ROLES))}", where)
            continue
        content = message.get("content")
        for part in content if isinstance(content, list) else ():
            kind = part.get("type") if isinstance(part, dict) else None
            if kind not in ("text", "image_url"):
                yield Refusal(f"'{where}.content' has a part of type {kind!r}", where)
            elif kind == "image_url" and not _is_picture(part.get("image_url")):
                told = "Invalid image_url: neither an http(s) URL nor a base64 data URL of an image"
                yield Refusal(told, where, "invalid_image_url")


def _is_picture(given: Any) -> bool:
    url = given.get("url") if isinstance(given, dict) else None
    if not isinstance(url, str):
        return False
    if url.startswith(("http://", "https://")):
        return True
    head, _, data = url.partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64") or not data:
        return False
    try:
        pybase64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def unwanted(raw: Mapping[str, Any], habits: Habits) -> Refusal | None:
    """What a server of these habits refuses, in the words that such servers use."""
    for name in habits.refuses:
        if name == "system":
            roles = {message.get("role") for message in raw["messages"]}
            if roles & {"system", "developer"}:
                return Refusal("System role not supported", "messages")
        elif raw.get(name) is not None and not (name == "temperature" and raw[name] == 1):
            return _unsupported(name, raw[name])
    top = raw.get("top_logprobs") or 0
    if habits.top_limit is not None and top > habits.top_limit:
        told = f"Invalid value for top_logprobs: must be at most {habits.top_limit}"
        return Refusal(told, "top_logprobs")
    if habits.stream == "only" and not raw.get("stream"):
        return Refusal("This model only supports stream=true", "stream", "unsupported_value")
    forms = {"data" if url.startswith("data:") else "url" for url in urls(raw)}
    if habits.pictures != "any" and forms - {habits.pictures}:
        only = "http(s)" if habits.pictures == "url" else "data:"
        told = f"Invalid image_url: only {only} URLs are supported"
        return Refusal(told, "messages", "invalid_image_url")
    return None


def _unsupported(name: str, value: Any) -> Refusal:
    if name == "max_tokens":
        told = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead."
        )
        return Refusal(told, name, "unsupported_parameter")
    if name == "temperature":
        told = (
            f"Unsupported value: 'temperature' does not support {value:g} with this model. "
            "Only the default (1) value is supported."
        )
        return Refusal(told, name, "unsupported_value")
    told = f"Unsupported parameter: '{name}' is not supported with this model."
    return Refusal(told, name, "unsupported_parameter")


def urls(raw: Mapping[str, Any]) -> Iterator[str]:
    """The pictures of a request that passed `unfit`."""
    for message in raw["messages"]:
        content = message.get("content")
        for part in content if isinstance(content, list) else ():
            if part["type"] == "image_url":
                yield part["image_url"]["url"]
