"""Addresses of the pages special to a kind, and of the plot as a file."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from crosslight.records import CrosslightError
from crosslight.runs import RunError
from crosslight.view.plots.drawing import as_png, as_svg
from crosslight.view.plots.of_run import plot_of
from crosslight.view.server.asked import run_of
from crosslight.view.server.kinds import bench, judge, prefer, rate
from crosslight.view.server.opened import Opened

Found = TypeVar("Found")
Page = Callable[[Mapping[str, Opened], Opened, Mapping[str, str]], str]
PAGES: Final[Mapping[str, Page]] = {
    "judge": judge.page,
    "bench": bench.page,
    "prefer": prefer.page,
    "rate": rate.page,
}


def _made(run: Opened, make: Callable[[], Found]) -> Found:
    """A page out of a run that may have broken off, or that somebody else has written. Raises
    `RunError` where its files say less than such a page needs."""
    try:
        return make()
    except CrosslightError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, AssertionError, OSError) as error:
        what = error.strerror if isinstance(error, OSError) else str(error)
        raise RunError(
            f"this page of {run.title} cannot be made, its files say too little for it: "
            f"{type(error).__name__} {what}".rstrip(),
            "its overview tells how far the run came; run it again to go on",
        ) from error


def kind_routes(runs: Mapping[str, Opened]) -> list[Route]:
    """GET alone: a slider changes the address and nothing else."""

    async def kind(request: Request) -> Response:
        run = run_of(runs, request)
        if run.kind not in PAGES or run.run.get("status") is None:
            raise HTTPException(404, "This kind of run has no page of its own.")
        asked = dict(request.query_params)
        page = PAGES[run.kind]
        return HTMLResponse(await run_in_threadpool(_made, run, lambda: page(runs, run, asked)))

    async def plot(request: Request) -> Response:
        run, form = run_of(runs, request), request.path_params["form"]
        if form not in ("svg", "png"):
            raise HTTPException(404, "A plot is svg or png.")
        found = await run_in_threadpool(_made, run, lambda: plot_of(run.place, run.kind))
        if found is None:
            raise HTTPException(404, "There is nothing to draw of this run.")
        name, drawing = found
        named = {"content-disposition": f'attachment; filename="{name}.{form}"'}
        if form == "svg":
            return Response(as_svg(drawing), media_type="image/svg+xml", headers=named)
        data = await run_in_threadpool(as_png, drawing)
        return Response(data, media_type="image/png", headers=named)

    return [Route("/r/{run}/kind", kind), Route("/r/{run}/plot.{form}", plot)]
