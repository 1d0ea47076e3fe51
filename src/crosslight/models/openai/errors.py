"""From HTTP statuses and broken connections to the one family of errors."""

import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from pydantic_core import from_json

from crosslight.models.errors import (
    BadAnswer,
    ContentFiltered,
    Denied,
    Missing,
    ModelError,
    NotSupported,
    RateLimited,
    Rejected,
    ServerFault,
    Unreachable,
)
from crosslight.models.openai.keys import Key, names_for

MAX_BODY = 32 * 2**20
"""Bytes of a response that are read at most."""
EXCERPT = 300
FILTER_CODES = {"content_filter", "content_policy_violation", "responsible_ai_policy_violation"}
QUOTA_CODES = {"insufficient_quota", "billing_hard_limit_reached"}

_NO_SUCH = "check the model's name and the base URL (usually .../v1)"
_KNOWN: dict[int, tuple[type[ModelError], str]] = {
    401: (Denied, ""),
    403: (Denied, ""),
    404: (Missing, _NO_SUCH),
    405: (Missing, _NO_SUCH),
    408: (Unreachable, ""),
    409: (Unreachable, ""),
    413: (Rejected, "the request is too big; a lower --side shows smaller images"),
    425: (Unreachable, ""),
    429: (RateLimited, ""),
    501: (NotSupported, "see crosslight doctor for what the endpoint can do"),
}


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds that the endpoint asks us to wait: milliseconds, seconds or an HTTP date."""
    millis = _float(headers.get("Retry-After-Ms"))
    if millis is not None:
        return max(0.0, millis / 1000)
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    seconds = _float(value)
    if seconds is not None:
        return max(0.0, seconds)
    try:
        when = parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, when - (time.time() if now is None else now))


async def read_bounded(response: aiohttp.ClientResponse) -> bytes:
    """The body, or BadAnswer when it is beyond all reason."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > MAX_BODY:
            response.close()
            raise BadAnswer(
                f"the response is over {MAX_BODY >> 20} MiB", hint="is this a model's endpoint?"
            )
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def from_status(
    status: int, headers: Mapping[str, str], body: bytes, *, url: str, key: Key
) -> ModelError:
    """The error of a response that is not 200. Never holds the key."""
    message, codes = _reason(body)
    text = key.blank(f"{status} from {url}" + (f": {message}" if message else ""))
    kind, hint = _class_of(status, codes)
    if kind is Denied and status in (401, 403):
        names = " or ".join(names_for(url))
        hint = f"the key was refused; check {names}" if key else f"set the key in {names}"
    return kind(text, status=status, hint=hint, retry_after=retry_after(headers))


def _class_of(status: int, codes: set[str]) -> tuple[type[ModelError], str]:
    """The error's class and hint. Codes go first: one status can mean several things."""
    if codes & FILTER_CODES:
        return ContentFiltered, "the row stays undecided"
    if status == 429 and codes & QUOTA_CODES:
        return Denied, "the account has no credit left"
    if status in _KNOWN:
        return _KNOWN[status]
    if status >= 500:
        return ServerFault, ""
    if 300 <= status < 400:
        return Rejected, "a redirect; give the final URL in the spec"
    return Rejected, "see crosslight doctor for what the endpoint can do"


def from_exception(error: BaseException, *, url: str, timeout_s: float) -> ModelError:
    """The error of a connection that gave no response.

    Made from the exception's own words only: aiohttp's exceptions can hold request headers.
    """
    if isinstance(error, TimeoutError):
        return Unreachable(
            f"no answer from {url} in {timeout_s:g} s",
            hint="raise ?timeout= in its spec, or lower --concurrency",
        )
    if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLError):
        return Rejected(f"the certificate of {url} is not valid", hint="check the URL and the CA")
    if isinstance(error, aiohttp.ClientConnectorError):
        return Unreachable(
            f"cannot connect to {url}: {error.os_error.strerror or 'no such host'}",
            hint="is the server running there?",
        )
    if isinstance(error, aiohttp.InvalidURL):
        return Rejected(f"not a usable URL: {url}", hint="mend the spec")
    return Unreachable(f"the connection to {url} broke ({type(error).__name__})")


def _reason(body: bytes) -> tuple[str, set[str]]:
    """The message of an error body and its codes; the body's start when it is not JSON."""
    try:
        raw: Any = from_json(body)
    except ValueError:
        raw = None
    inner = raw.get("error", raw) if isinstance(raw, dict) else None
    if isinstance(inner, dict):
        message = inner.get("message") or inner.get("detail") or ""
        codes = {str(inner[name]) for name in ("code", "type") if inner.get(name)}
        deeper = inner.get("innererror")
        if isinstance(deeper, dict) and deeper.get("code"):
            codes.add(str(deeper["code"]).casefold())
    else:
        message = inner if isinstance(inner, str) else body[:EXCERPT].decode("utf-8", "replace")
        codes = set()
    printable = "".join(c if c.isprintable() else " " for c in str(message))
    return " ".join(printable.split())[:EXCERPT], {code.casefold() for code in codes}


def _float(value: str | None) -> float | None:
    try:
        return float(value) if value is not None else None
    except ValueError:
        return None
