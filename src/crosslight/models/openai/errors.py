"""From HTTP statuses and broken connections to the one family of errors."""

import re
import ssl
from collections.abc import Mapping
from typing import Any

import aiohttp

from crosslight.models.errors import (
    BadAnswer,
    ConnectionBroke,
    ContentFiltered,
    Denied,
    Missing,
    ModelError,
    NoConnection,
    NotSupported,
    RateLimited,
    Rejected,
    ServerFault,
    Unreachable,
)
from crosslight.models.openai.keys import Key, names_for
from crosslight.models.openai.said import Said, error_in_answer, read_body
from crosslight.models.openai.waits import retry_after

MAX_BODY = 32 * 2**20
"""Bytes of a response that are read at most."""
MOST_PARTS = 1_000_000
"""Objects and lists of a response that are read at most."""

_SEE_DOCTOR = "see crosslight doctor for what the endpoint can do"
_NO_SUCH = "check the model's name and the base URL (usually .../v1)"
_NO_CREDIT = "the account has no credit left"
_FILTERED = "the row stays undecided; try another endpoint or a local model"
_KNOWN: dict[int, tuple[type[ModelError], str]] = {
    401: (Denied, ""),
    402: (Denied, _NO_CREDIT),
    403: (Denied, ""),
    404: (Missing, _NO_SUCH),
    405: (Missing, _NO_SUCH),
    408: (Unreachable, ""),
    409: (Unreachable, ""),
    413: (Rejected, "the request is too big; a lower --side shows smaller images"),
    425: (Unreachable, ""),
    429: (RateLimited, ""),
    451: (ContentFiltered, _FILTERED),
    501: (NotSupported, _SEE_DOCTOR),
}

_FILTER_CODE = re.compile(
    r"content.?filter|content.?policy|responsible.?ai|moderation|inspection.?failed|censor"
    r"|sensitive|safety|guardrail|prohibited.?content|flagged|^1301$"
)
"""Azure, OpenAI, DashScope, StepFun, Volcengine, Google, Bedrock, Zhipu (1301)."""
_FILTER_WORDS = re.compile(
    r"content (management|filter\w*|policy|exists risk)|moderation|inappropriate content"
    r"|sensitive (content|information|words)|flagged (as|by|for)|usage (policy|policies|guidelines)"
    r"|safety (system|filter|policy|policies|reasons|settings)|敏感|违规|不合规"
)
"""Where a 400 or 403 has no code of its own: DeepSeek, xAI, MiniMax and others."""
_QUOTA = re.compile(
    r"insufficient.?(quota|balance|credit|funds)|billing|arrear|overdue.?payment|accountoverdue"
    r"|exceeded_current_quota|out of credits|credit balance is too low|^1113$"
)
_KEY = re.compile(
    r"(invalid|incorrect|expired|missing).{0,12}(api|access).?key|api key (not valid|expired)"
    r"|no_db_connection|authentication|unauthori[sz]ed|unauthenticated|permission.?denied|access.?denied"
)
"""`no_db_connection`: LiteLLM of a key that is not its own, where it has no table of keys."""
_RATE = re.compile(
    r"rate.?limit|too many requests|throttl|resource.?exhausted|limit_requests|limit_burst_rate"
)
_NO_MODEL = re.compile(
    r"(invalid|unknown|no such) model( name| id)?( passed|:|$)|not a valid model"
    r"|model.?not.?(exist|found)"
    r"|model [^\s]{1,200} (does not exist|is not found|not found)|^server is pinned to "
    r"|no healthy deployments for this model",
    re.MULTILINE,
)
"""Where a 400 means a 404: LiteLLM, OpenRouter, DeepSeek, Mistral, DashScope, transformers."""
_WRONG = re.compile(r"invalid.?(request|argument|param)|bad.?request|unsupported|unprocessable")


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
    body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    # An empty object is three bytes here and a hundred once it is read.
    if body.count(b"{") + body.count(b"[") > MOST_PARTS:
        raise BadAnswer("the response has no end of parts", hint="is this a model's endpoint?")
    return body


def from_status(
    status: int, headers: Mapping[str, str], body: bytes, *, url: str, key: Key
) -> ModelError:
    """The error of a response that is not 200. Never holds the key."""
    return _error(status, read_body(body), headers, url=url, key=key)


def refuse_error(raw: Any, headers: Mapping[str, str], *, url: str, key: Key) -> None:
    """Raises the error that a response of status 200 holds: routers pass on faults in this way.

    What names no class of its own is the endpoint's fault, and never the row's.
    """
    said = error_in_answer(raw)
    if said is not None:
        raise _error(200, said, headers, url=url, key=key)


def _error(
    status: int, said: Said, headers: Mapping[str, str], *, url: str, key: Key
) -> ModelError:
    told = status if status != 200 else said.status
    kind, hint = _class_of(told, said)
    where = f"{status} from {url}"
    if status == 200:
        name = said.status or next(iter(sorted(said.codes)), "")
        where += f" with an error inside ({name})" if name else " with an error inside"
    text = key.blank(where + (f": {said.message}" if said.message else ""))
    if kind is Denied and not hint:
        names = " or ".join(names_for(url))
        hint = f"the key was refused; check {names}" if key else f"set the key in {names}"
    wait = retry_after(headers)
    return kind(
        text,
        status=told,
        hint=hint,
        retry_after=said.wait_s if wait is None else wait,
        said=key.blank(said.message),
        param=said.param,
        inside=status == 200,
    )


def _class_of(status: int | None, said: Said) -> tuple[type[ModelError], str]:
    """The error's class and hint. Words go first: one status can mean several things.

    `status` None: an error inside a 200 that names none.
    """
    words = "\n".join([*sorted(said.codes), said.message.casefold()])
    by_words = _class_by_words(status, said, words)
    if by_words is not None:
        return by_words
    if status is None:
        return (Rejected, _SEE_DOCTOR) if _WRONG.search(words) else (ServerFault, "")
    if status in _KNOWN:
        return _KNOWN[status]
    if status >= 500:
        return ServerFault, ""
    redirect = "a redirect; give the final URL in the spec"
    return Rejected, redirect if 300 <= status < 400 else _SEE_DOCTOR


def _class_by_words(
    status: int | None, said: Said, words: str
) -> tuple[type[ModelError], str] | None:
    """By codes and message, where they say more than the status; None where they do not."""
    if any(map(_FILTER_CODE.search, said.codes)):
        return ContentFiltered, _FILTERED
    if status is not None and status >= 500:
        return None
    may_be_filter = status in (None, 400, 403, 422)
    found: tuple[type[ModelError], str] | None = None
    if may_be_filter and (said.flagged or _FILTER_WORDS.search(words)):
        found = ContentFiltered, _FILTERED
    elif _QUOTA.search(words):
        found = Denied, _NO_CREDIT
    elif status in (None, 400) and _KEY.search(words):
        found = Denied, ""
    elif status in (None, 400) and _NO_MODEL.search(words):
        found = Missing, _NO_SUCH
    elif status in (None, 400, 403) and _RATE.search(words):
        found = RateLimited, ""
    return found


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
        return NoConnection(
            f"cannot connect to {url}: {error.os_error.strerror or 'no such host'}",
            hint="is the server running there?",
        )
    if isinstance(error, aiohttp.InvalidURL):
        return Rejected(f"not a usable URL: {url}", hint="mend the spec")
    return ConnectionBroke(f"the connection to {url} broke ({type(error).__name__})")
