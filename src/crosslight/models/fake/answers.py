"""HTTP responses of the fake: answers, errors in the forms of known servers, streams."""

import math
import re
import time
from email.utils import formatdate
from typing import Any

from aiohttp import web
from pydantic_core import to_json

from crosslight.models.fake import wire
from crosslight.models.fake.habits import Says
from crosslight.models.fake.request import Refusal
from crosslight.models.fake.stream import events

JSON = "application/json"
TIMES = re.compile(r"\{(date|epoch)\+(\d{1,6}(?:\.\d+)?)\}")


def as_json(body: bytes) -> web.Response:
    """An answer."""
    return web.Response(body=body, content_type=JSON)


def failed(status: int, message: str, code: str) -> web.Response:
    """An error in OpenAI's form."""
    return web.Response(status=status, body=wire.error_body(message, code), content_type=JSON)


def refused(refusal: Refusal) -> web.Response:
    """A request that is not taken."""
    body = wire.error_body(refusal.message, refusal.code, refusal.param, "invalid_request_error")
    return web.Response(status=refusal.status, body=body, content_type=JSON)


def detailed(refusal: Refusal) -> web.Response:
    """The refusal as servers on FastAPI write it."""
    row = {"loc": ["body", refusal.param], "type": "extra_forbidden"}
    body = to_json({"detail": [row | {"msg": "Extra inputs are not permitted"}]})
    return web.Response(status=422, body=body, content_type=JSON)


def no_model(name: str) -> web.Response:
    """404 for a model that is not here."""
    message = f"The model '{name[:80]}' does not exist: see GET /v1/models"
    return refused(Refusal(message, "model", "model_not_found", 404))


def broken(request: web.BaseRequest) -> web.Response:
    """No response: the connection breaks."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=499)


def said(says: Says) -> web.Response:
    """What a script says in place of an answer."""
    headers = {name: _timed(value) for name, value in says.headers.items()}
    body = to_json(says.json_) if says.text is None else says.text.encode()
    kind = JSON if says.text is None else "text/html"
    return web.Response(status=says.status, body=body, content_type=kind, headers=headers)


def _timed(value: str) -> str:
    """`{date+S}` and `{epoch+S}` filled in."""

    def fill(match: re.Match[str]) -> str:
        when = time.time() + float(match[2])
        return formatdate(when, usegmt=True) if match[1] == "date" else str(round(when))

    return TIMES.sub(fill, value)


async def streamed(
    request: web.BaseRequest, body: dict[str, Any], *, usage: bool, breaks: bool
) -> web.StreamResponse:
    """Send events; `breaks`: the half of them, and then nothing more."""
    found = list(events(body, wire.TOKEN.findall, usage=usage))
    response = web.StreamResponse(headers={"Cache-Control": "no-cache"})
    response.content_type = "text/event-stream"
    await response.prepare(request)
    for event in found[: len(found) // 2] if breaks else found:
        await response.write(event)
    if breaks and request.transport is not None:
        request.transport.close()
    else:
        await response.write_eof()
    return response


def rate_limited(seconds: float) -> web.Response:
    """429 with the time to wait."""
    response = failed(429, "slow down", "rate_limit_exceeded")
    response.headers["Retry-After"] = str(math.ceil(seconds))
    response.headers["Retry-After-Ms"] = str(round(seconds * 1000))
    return response
