"""The viewer as an ASGI application: an address, and the page that it shows."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from crosslight.records import BadSetting, CrosslightError
from crosslight.runs import ReviewError
from crosslight.view.page import asset
from crosslight.view.rows.pictures import SIDES
from crosslight.view.rows.query import read_query
from crosslight.view.server import row_page, rows_page, runs_page
from crosslight.view.server.asked import number_of, query_of, run_of
from crosslight.view.server.enter import enter_routes
from crosslight.view.server.fence import Fence
from crosslight.view.server.kinds.routes import kind_routes
from crosslight.view.server.opened import Opened, left_of
from crosslight.view.server.patience import patient, told_to_wait, waited_for
from crosslight.view.server.person import Persons
from crosslight.view.server.render import rendered
from crosslight.view.server.review_routes import review_routes
from crosslight.view.server.run_routes import run_routes

Page = Callable[[Request], Awaitable[Response]]
STYLES = ("report.css", "matrix.css", "plane.css", "web/web.css", "web/kinds.css")
SCRIPTS = ("web/web.js",)
_LOG: Final = logging.getLogger("uvicorn.error")
"""What the server that shows us says in its terminal."""


def application(runs: Mapping[str, Opened], *, hosts: tuple[str, ...], token: str = "") -> Fence:
    """The viewer of these runs, behind its fence."""
    style, script = asset(*STYLES), asset(*SCRIPTS)

    async def front(request: Request) -> Response:
        if len(runs) == 1 and not left_of(runs):
            (run,) = runs.values()
            part = "overview" if run.table is None or run.going else "rows"
            return RedirectResponse(f"/r/{run.name}/{part}", 303)
        return HTMLResponse(await run_in_threadpool(runs_page.page, runs))

    async def rows(request: Request) -> Response:
        run = run_of(runs, request)
        asked = read_query(request.query_params.multi_items())
        if not await run_in_threadpool(rows_page.begins, run, asked):
            if (told := await told_to_wait(runs, run, request)) is not None:
                return told
            run = await waited_for(runs, run)
        query = await query_of(run, request)
        return HTMLResponse(await run_in_threadpool(rows_page.page, runs, run, query))

    async def row(request: Request) -> Response:
        run = run_of(runs, request)
        number = await run_in_threadpool(number_of, run, request.path_params["id"])
        query = await query_of(run, request)
        return HTMLResponse(await run_in_threadpool(row_page.page, runs, run, number, query))

    async def lost(request: Request) -> Response:
        run = run_of(runs, request)
        table = run.lost.get(request.path_params["how"])
        if table is None:
            raise HTTPException(404, "This run has no such table.")
        query = read_query(request.query_params.multi_items())
        how = request.path_params["how"]
        return HTMLResponse(await run_in_threadpool(rows_page.lost, runs, run, how, table, query))

    async def picture(request: Request) -> Response:
        run, side = run_of(runs, request), request.path_params["side"]
        if run.pictures is None or side not in SIDES:
            raise HTTPException(404, "There is no such picture.")
        number, at = request.path_params["number"], request.path_params["at"]
        if run.table is None or number >= run.table.rows:
            raise HTTPException(404, "There is no such row.")
        mark = request.query_params.get("v")
        if mark not in (None, run.mark):
            raise HTTPException(404, "The table has changed since this page was made.")
        data = await run_in_threadpool(run.pictures.small, number, side, at)
        if data is None:
            raise HTTPException(404, "This picture cannot be shown.")
        # By its number alone a browser would show it beside another row of tomorrow's table.
        kept = {"cache-control": "private, max-age=3600"} if mark else {}
        return Response(data, media_type="image/jpeg", headers=kept)

    async def stylesheet(request: Request) -> Response:
        return Response(style, media_type="text/css")

    async def icon(request: Request) -> Response:
        return Response(status_code=204)  # every browser asks, and would report a fault

    async def code(request: Request) -> Response:
        return Response(script, media_type="text/javascript")

    of_rows = [
        Route("/r/{run}/row/{id:path}", row),
        Route("/r/{run}/lost/{how}/rows", lost),
    ]
    app = Starlette(
        routes=[
            Route("/", front),
            Route("/style.css", stylesheet),
            Route("/script.js", code),
            Route("/favicon.ico", icon),
            Route("/r/{run}/rows", rows),
            Route("/r/{run}/picture/{number:int}.{at:int}-{side:int}.jpg", picture),
            *enter_routes(token),
            *patient(runs, [*of_rows, *run_routes(runs), *kind_routes(runs), *review_routes(runs)]),
        ],
        exception_handlers={
            HTTPException: _wrong,
            CrosslightError: _ours,
            Exception: _defect,
        },
    )
    return Fence(Persons(app), hosts=hosts, token=token)


async def _wrong(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    page = rendered("web/wrong.html.j2", status=error.status_code, why=str(error.detail), hint="")
    return HTMLResponse(page, error.status_code)


async def _defect(request: Request, error: Exception) -> Response:
    """What nobody foresaw. The page names it by a reference alone, under which it stands in the
    terminal: its words may hold paths, or what strangers wrote."""
    mark = secrets.token_hex(4)
    _LOG.error("defect %s: %s on %s", mark, type(error).__name__, quote(request.url.path))
    why = (
        f"This page could not be made: {type(error).__name__}. This looks like a defect of ours, "
        "or a file of the run holds what no run of ours writes."
    )
    hint = f"The terminal in which the viewer runs tells more under {mark}. The other pages go on."
    return HTMLResponse(rendered("web/wrong.html.j2", status=500, why=why, hint=hint), 500)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, CrosslightError)
    status = 400 if isinstance(error, ReviewError | BadSetting) else 500
    page = rendered("web/wrong.html.j2", status=status, why=str(error), hint=error.hint)
    return HTMLResponse(page, status)
