"""The page where somebody from another machine gives the token. It goes by POST: an address would
stand in histories and logs."""

import hmac
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from crosslight.view.server.asked import form_of
from crosslight.view.server.fence import cookie_name
from crosslight.view.server.render import rendered

MOST_SAID: Final = 4_096
"""Bytes that somebody without a token may send."""


def enter_routes(token: str) -> list[Route]:
    """`/enter`, where a token is wanted at all."""

    async def enter(request: Request) -> Response:
        if request.method != "POST":
            return HTMLResponse(rendered("web/enter.html.j2", wrong=False))
        given = dict(await form_of(request, MOST_SAID)).get("token", "").strip()
        if not hmac.compare_digest(given.encode(), token.encode()):
            return HTMLResponse(rendered("web/enter.html.j2", wrong=True), 403)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            cookie_name(dict(request.scope)), token, httponly=True, samesite="strict", path="/"
        )
        return answer

    return [Route("/enter", enter, methods=["GET", "POST"])] if token else []
