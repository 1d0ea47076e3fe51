"""How long an endpoint asks us to wait, in the forms that endpoints write it.

`Retry-After` (seconds, a duration, an HTTP date), `retry-after-ms`, `x-ratelimit-reset-*`
(durations such as `1m30s`, seconds, moments), Google's `retryDelay`, "try again in 20s".
"""

import math
import re
import time
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

PASSED = "llm_provider-"
EPOCH_S, EPOCH_MS = 1e9, 1e12
"""Numbers above these are moments, in seconds or milliseconds since 1970, and no waits."""

_UNITS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|[dhms])")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?\s*(?:ms|[dhms])\s*)+")
_RESET = re.compile(
    r"(?:x-)?ratelimit-reset(?:-(?P<what>.+))?|anthropic-ratelimit-(?P<of>.+)-reset"
)
_AGAIN_IN = re.compile(
    rf"(?:try again|retry|wait)\D{{0,24}}?\b({_DURATION.pattern}|\d+(?:\.\d+)?\s*sec)",
    re.IGNORECASE,
)


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds that the headers of a response ask us to wait; None where they do not say.

    Names of headers in any case. Of several limits the longest wait among those that are used up
    counts; where none says how much is left, the shortest. One with something left is no reason.
    """
    now = time.time() if now is None else now
    found = {name.casefold(): value.strip() for name, value in headers.items()}
    # What LiteLLM passes on of the endpoint behind it; its own words go before.
    passed = {n.removeprefix(PASSED): v for n, v in found.items() if n.startswith(PASSED)}
    given = passed | found
    millis = _number(given.get("retry-after-ms", ""))
    if millis is not None:
        return max(0.0, millis / 1000)
    asked = seconds(given.get("retry-after", ""), now)
    return asked if asked is not None else _until_reset(given, now)


def seconds(text: str, now: float) -> float | None:
    """Seconds from `now` (seconds since 1970): of a number, a duration or a moment."""
    text = text.strip()
    value = _number(text)
    if value is not None:
        if value > EPOCH_S:
            value = value / (1000 if value > EPOCH_MS else 1) - now
        return max(0.0, value)
    if _DURATION.fullmatch(text.casefold()):
        return sum(float(n) * _UNITS[unit] for n, unit in _PART.findall(text.casefold()))
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return max(0.0, read(text).timestamp() - now)
        except (ValueError, TypeError, OverflowError):
            continue
    return None


def wait_in_text(message: str) -> float | None:
    """Seconds in a message such as "please try again in 1m30s"."""
    found = _AGAIN_IN.search(message[:1000])
    return seconds(found[1].casefold().replace("sec", "s").replace(" ", ""), 0.0) if found else None


def _until_reset(given: Mapping[str, str], now: float) -> float | None:
    empty: list[float] = []
    other: list[float] = []
    for name, value in given.items():
        named = _RESET.fullmatch(name)
        wait = seconds(value, now) if named else None
        if named is None or wait is None:
            continue
        left = _number(given.get(_remaining(name), ""))
        if left is None or left <= 0:
            (other if left is None else empty).append(wait)
    return max(empty) if empty else min(other, default=None)


def _remaining(reset: str) -> str:
    """The header that says how much of this limit is left."""
    return "remaining".join(reset.rsplit("reset", 1))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
