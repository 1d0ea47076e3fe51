"""Most pages need all rows: of a large table that is still being read they wait for them. What
shows its beginning does not, and says that it is one. Who waits for a page is told so."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from crosslight.view.server.opened import Opened, Places
from crosslight.view.server.render import rendered

PATIENCE_S: Final = 0.6
"""Seconds that a reader waits before a blank page without a word of why."""
POLL_S: Final = 0.03
PAGES: Final = ("rows", "row", "overview", "kind", "review", "lost", "compare")
"""Parts of addresses that are pages; of others a browser keeps what comes as a file."""


def patient(runs: Mapping[str, Opened], routes: Sequence[Route]) -> list[Route]:
    """The same addresses, each of which waits for the rows of its run; that of no run for all."""
    return [_patient(runs, route) for route in routes]


async def waited_for(runs: Mapping[str, Opened], run: Opened) -> Opened:
    """A run with all its rows. Raises `TableError` where they cannot be read."""
    if run.partial and isinstance(runs, Places):
        return await run_in_threadpool(runs.whole, run.name)
    return run


async def told_to_wait(
    runs: Mapping[str, Opened], run: Opened, request: Request
) -> HTMLResponse | None:
    """A page that says that rows are being read, for somebody who would look at a blank one until
    they are; it comes back with the page that was asked for. None where nobody has to wait."""
    if not (run.partial and isinstance(runs, Places) and _looks(request)):
        return None
    runs.read_on(run.name)
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if not runs[run.name].partial or runs.broken(run.name):
            return None
        await asyncio.sleep(POLL_S)
    page = rendered("web/reading.html.j2", runs=runs, run=run, tab="rows")
    return HTMLResponse(page, headers={"cache-control": "no-store"})


def _looks(request: Request) -> bool:
    """Whether a browser asks for a page to show, and not a script or a download."""
    parts = request.url.path.strip("/").split("/")
    part = parts[0] if len(parts) < 3 else parts[2]
    wanted = request.headers.get("sec-fetch-mode") == "navigate"
    return request.method == "GET" and wanted and part in PAGES


def _patient(runs: Mapping[str, Opened], route: Route) -> Route:
    async def endpoint(request: Request) -> Response:
        name = request.path_params.get("run")
        for one in runs.values():
            if name in (None, one.name):
                if (told := await told_to_wait(runs, one, request)) is not None:
                    return told
                await waited_for(runs, one)
        answer: Response = await route.endpoint(request)
        return answer

    return Route(route.path, endpoint, methods=list(route.methods or ()))
