"""Pages about a run as a whole: its overview, what it lost, its selections as files, two side by
side, and how it goes on."""

from collections.abc import AsyncIterator, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from crosslight.view.rows.query import read_query
from crosslight.view.server import compare_page, download, live, overview_page
from crosslight.view.server.asked import query_of, run_of
from crosslight.view.server.opened import Opened, Places


def run_routes(runs: Mapping[str, Opened]) -> list[Route]:
    """The routes of runs as wholes."""

    async def overview(request: Request) -> Response:
        run = run_of(runs, request)
        return HTMLResponse(await run_in_threadpool(overview_page.page, runs, run))

    async def lost(request: Request) -> Response:
        run, how = run_of(runs, request), request.path_params["how"]
        if how not in run.lost:
            raise HTTPException(404, "This run has no such table.")
        return HTMLResponse(await run_in_threadpool(overview_page.lost, runs, run, how))

    async def rows_file(request: Request) -> Response:
        run, form = run_of(runs, request), request.path_params["form"]
        if run.table is None or form not in download.FORMS:
            raise HTTPException(404, "Rows can be had as jsonl or parquet.")
        query = await query_of(run, request)
        name, parts = await run_in_threadpool(download.file_of, run.name, run.table, query, form)
        return StreamingResponse(
            parts,
            media_type=download.FORMS[form],
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    async def compared(request: Request) -> Response:
        asked = request.query_params
        pair = [runs.get(asked.get(side, "")) for side in "ab"]
        a, b = pair
        if a is None or b is None or a.table is None or b.table is None:
            raise HTTPException(404, "Two runs with rows are compared: /compare?a=RUN&b=RUN.")
        number = read_query([("page", asked.get("page", "1"))]).page
        column = asked.get("column", "")
        return HTMLResponse(await run_in_threadpool(compare_page.page, runs, a, b, column, number))

    async def events(request: Request) -> Response:
        run = run_of(runs, request)

        async def sent() -> AsyncIterator[bytes]:
            async for event in live.events(run.place):
                if event.startswith(b"event: ended") and isinstance(runs, Places):
                    # The page loads again when it hears of the end: then it finds the rows.
                    await run_in_threadpool(runs.refresh, run.name)
                yield event

        return StreamingResponse(sent(), media_type="text/event-stream")

    return [
        Route("/r/{run}/overview", overview),
        Route("/r/{run}/lost/{how}", lost),
        Route("/r/{run}/rows.{form}", rows_file),
        Route("/r/{run}/events", events),
        Route("/compare", compared),
    ]
