"""Addresses of the pages special to a kind, and of the plot as a file."""

import threading
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from crosslight.runs import RunError
from crosslight.view.server.asked import run_of
from crosslight.view.server.opened import Opened

Found = TypeVar("Found")
_LOADING: Final = threading.Lock()
Page = Callable[[Mapping[str, Opened], Opened, Mapping[str, str]], str]
KINDS: Final = ("judge", "bench", "prefer", "rate")
"""Kinds with a page of their own, each a module here. These and the plots bring most rooms of the
house: they are loaded when one is asked for, or `load_pages` has time for it."""


def _made(run: Opened, make: Callable[[], Found]) -> Found:
    """A page out of a run that may have broken off, or that somebody else has written: its readers
    say what its files lack (`NotSaid`, `TableError` and their like), and what else goes wrong is a
    fault of ours. Raises `RunError` for a file that cannot be read."""
    try:
        return make()
    except OSError as error:
        raise RunError(
            f"this page of {run.title} cannot be made, a file of the run cannot be read: "
            f"{error.strerror or type(error).__name__}",
            "its overview tells how far the run came; run it again to go on",
        ) from error


def kind_routes(runs: Mapping[str, Opened]) -> list[Route]:
    """GET alone: a slider changes the address and nothing else."""

    async def kind(request: Request) -> Response:
        run = run_of(runs, request)
        if run.kind not in KINDS or run.run.get("status") is None:
            raise HTTPException(404, "This kind of run has no page of its own.")
        asked = dict(request.query_params)
        made = await run_in_threadpool(_made, run, lambda: _page(runs, run, asked))
        return HTMLResponse(made)

    async def plot(request: Request) -> Response:
        run, form = run_of(runs, request), request.path_params["form"]
        if form not in ("svg", "png"):
            raise HTTPException(404, "A plot is svg or png.")
        found = await run_in_threadpool(_made, run, lambda: _plot(run, form))
        if found is None:
            raise HTTPException(404, "There is nothing to draw of this run.")
        name, data = found
        named = {"content-disposition": f'attachment; filename="{name}.{form}"'}
        kind = "image/png" if form == "png" else "image/svg+xml"
        return Response(data, media_type=kind, headers=named)

    return [Route("/r/{run}/kind", kind), Route("/r/{run}/plot.{form}", plot)]


def load_pages() -> None:
    """Load what the pages of kinds need, so that the first who asks need not wait. One at a time:
    two threads that load the same rooms meet packages that are half there."""
    with _LOADING:
        from crosslight.view.plots import of_run  # noqa: F401
        from crosslight.view.server import judged  # noqa: F401
        from crosslight.view.server.kinds import bench, judge, prefer, rate  # noqa: F401


def _page(runs: Mapping[str, Opened], run: Opened, asked: Mapping[str, str]) -> str:
    load_pages()
    from crosslight.view.server.kinds import bench, judge, prefer, rate

    pages: Mapping[str, Page] = {
        "judge": judge.page,
        "bench": bench.page,
        "prefer": prefer.page,
        "rate": rate.page,
    }
    return pages[run.kind](runs, run, asked)


def _plot(run: Opened, form: str) -> tuple[str, str | bytes] | None:
    load_pages()
    from crosslight.view.plots.drawing import as_png, as_svg
    from crosslight.view.plots.of_run import plot_of

    found = plot_of(run.place, run.kind)
    if found is None:
        return None
    name, drawing = found
    return name, as_png(drawing) if form == "png" else as_svg(drawing)
