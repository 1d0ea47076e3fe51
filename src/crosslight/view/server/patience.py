"""Most pages need all rows: of a large table that is still being read they wait for them. What
shows its beginning does not, and says that it is one."""

from collections.abc import Mapping, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crosslight.view.server.opened import Opened, Places


def patient(runs: Mapping[str, Opened], routes: Sequence[Route]) -> list[Route]:
    """The same addresses, each of which waits for the rows of its run; that of no run for all."""
    return [_patient(runs, route) for route in routes]


async def waited_for(runs: Mapping[str, Opened], run: Opened) -> Opened:
    """A run with all its rows. Raises `TableError` where they cannot be read."""
    if run.partial and isinstance(runs, Places):
        return await run_in_threadpool(runs.whole, run.name)
    return run


def _patient(runs: Mapping[str, Opened], route: Route) -> Route:
    async def endpoint(request: Request) -> Response:
        name = request.path_params.get("run")
        for one in runs.values():
            if name in (None, one.name):
                await waited_for(runs, one)
        answer: Response = await route.endpoint(request)
        return answer

    return Route(route.path, endpoint, methods=list(route.methods or ()))
