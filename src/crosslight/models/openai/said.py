"""What an endpoint says is wrong, out of the bodies that providers write.

OpenAI, Azure and OpenRouter (`error`, `innererror`, `metadata.raw`), vLLM (`object: error`),
FastAPI (`detail`), Google (a list, `details`), Anthropic (`type: error`), DashScope (`code` and
`message` at the top), MiniMax (`base_resp`), errors inside a choice. Pure functions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from crosslight.models.openai.waits import seconds, wait_in_text

EXCERPT = 300
"""Characters of an endpoint's words that are shown."""
DEEP = 2_000
"""Characters of an error that are looked at."""

_MINIMAX = {
    **dict.fromkeys((1002, 1039, 1041, 2045, 2056), 429),
    **dict.fromkeys((1004, 2049), 401),
    **dict.fromkeys((1000, 1013, 1024), 500),
    **dict.fromkeys((1042, 2013), 400),
    1001: 504,
    1008: 402,
    1033: 502,
}
"""MiniMax's `base_resp.status_code` as an HTTP status; 1026 and 1027 are its filter."""
_MINIMAX_FILTER = (1026, 1027)


@dataclass(frozen=True, slots=True)
class Said:
    """An error in an endpoint's words.

    `status` is the HTTP status that it names, `codes` its codes in lower case, `param` the field of
    the request that it names, `wait_s` seconds to wait, `flagged` that a moderation gave reasons.
    """

    message: str = ""
    codes: frozenset[str] = frozenset()
    status: int | None = None
    param: str = ""
    wait_s: float | None = None
    flagged: bool = False


def read_body(body: bytes) -> Said:
    """Of a response that is not 200; the body's start where it is not JSON."""
    try:
        raw: Any = from_json(body)
    except ValueError:
        return Said(_shown(body[:EXCERPT].decode("utf-8", "replace")))
    return read_error(raw)


def read_error(raw: Any) -> Said:
    """Of a JSON value that says what is wrong."""
    raw = raw[0] if isinstance(raw, list) and raw else raw
    if not isinstance(raw, dict):
        return Said(_shown(str(raw)) if raw else "")
    told = [*_layers(raw)]
    message = _message(told)
    codes = {code for layer in told for code in _codes(layer)}
    status = next((s for layer in told if (s := _status(layer)) is not None), None)
    param = next((p for layer in told if (p := _param(layer))), "")
    waits = (w for layer in told if (w := _wait(layer)) is not None)
    flagged = any(layer.get("reasons") or layer.get("flagged_input") for layer in told)
    wait_s = next(waits, None)
    return Said(
        message,
        frozenset(codes),
        status,
        param,
        wait_in_text(message) if wait_s is None else wait_s,
        flagged or _sensitive(raw),
    )


def error_in_answer(raw: Any) -> Said | None:
    """The error inside a response of status 200; None where there is none."""
    if isinstance(raw, list):
        raw = raw[0] if raw and isinstance(raw[0], dict) and "error" in raw[0] else {}
    if not isinstance(raw, dict):
        return None
    resp = raw.get("base_resp")
    failed = isinstance(resp, dict) and resp.get("status_code") not in (0, "0", None)
    if (
        raw.get("error")
        or failed
        or _sensitive(raw)
        or "error" in (raw.get("object"), raw.get("type"))
    ):
        return read_error(raw)
    choices = raw.get("choices")
    if isinstance(choices, list) and choices:
        broken = (c["error"] for c in choices if isinstance(c, dict) and c.get("error"))
        found = next(broken, None)
        return None if found is None else read_error({"error": found})
    says = any(isinstance(raw.get(name), str | list) and raw[name] for name in _WORDS)
    return read_error(raw) if says and not raw.get("data") and "choices" not in raw else None


_WORDS = ("message", "detail", "msg", "error_msg", "error_description", "status_msg")


def _layers(raw: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The objects that one error is spread over, from the outer one inwards."""
    yield raw
    inner = raw.get("error")
    if isinstance(inner, str):
        yield {"message": inner}
    for name in ("error", "base_resp", "innererror", "metadata"):
        layer = raw.get(name)
        if isinstance(layer, dict):
            yield from _layers(layer)
    details = raw.get("details")
    for layer in details[:8] if isinstance(details, list) else ():
        if isinstance(layer, dict):
            yield layer


def _message(told: list[Mapping[str, Any]]) -> str:
    """What the layers say, each thing once."""
    parts: list[str] = []
    for layer in told:
        for name in (*_WORDS, "raw"):
            value = layer.get(name)
            text = _shown(_validation(value) if isinstance(value, list) else value or "")
            if text and not any(text in part for part in parts):
                parts.append(text)
    return _shown(": ".join(parts))


def _validation(value: list[Any]) -> str:
    """FastAPI's list: `logprobs: Extra inputs are not permitted`."""
    lines = []
    for one in value[:4]:
        if isinstance(one, dict):
            where = ".".join(map(str, _where(one)))
            lines.append(f"{where}: {one.get('msg', '')}" if where else str(one.get("msg", "")))
    return "; ".join(lines)


def _where(one: Mapping[str, Any]) -> list[Any]:
    loc = one.get("loc")
    return [part for part in loc if part != "body"] if isinstance(loc, list) else []


def _codes(layer: Mapping[str, Any]) -> Iterator[str]:
    for name in ("code", "type", "status", "reason", "error_type"):
        value = layer.get(name)
        if isinstance(value, str | int) and value and not isinstance(value, bool):
            yield str(value)[:80].casefold()
    if layer.get("status_code") in _MINIMAX_FILTER:
        yield "content_filter"


def _status(layer: Mapping[str, Any]) -> int | None:
    for name in ("code", "status_code", "http_status", "status"):
        try:
            value = int(layer.get(name) or 0)
        except (TypeError, ValueError):
            continue
        value = _MINIMAX.get(value, value)
        if 400 <= value <= 599:
            return value
    return None


def _param(layer: Mapping[str, Any]) -> str:
    param, detail = layer.get("param"), layer.get("detail")
    if isinstance(param, str):
        return param[:80]
    for one in detail if isinstance(detail, list) else ():
        if isinstance(one, dict) and (where := _where(one)):
            return ".".join(map(str, where))[:80]
    return ""


def _wait(layer: Mapping[str, Any]) -> float | None:
    for name in ("retryDelay", "retry_after", "retry_after_seconds", "estimated_time"):
        if (value := layer.get(name)) is not None and not isinstance(value, bool):
            return seconds(str(value), 0.0)
    return None


def _sensitive(raw: Mapping[str, Any]) -> bool:
    """MiniMax's own marks."""
    return raw.get("input_sensitive") is True or raw.get("output_sensitive") is True


def _shown(value: object) -> str:
    """Printable, on one line, bounded."""
    text = str(value)[:DEEP]
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:EXCERPT]
