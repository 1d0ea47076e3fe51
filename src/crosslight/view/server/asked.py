"""What a request asks for: a run, a row, a form."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from crosslight.view.rows.query import Query, read_query
from crosslight.view.server.opened import Opened
from crosslight.view.server.person import person

MOST_FORM = 4 * 2**20
"""Bytes of a form: the words of a row come back with every verdict, a letter as up to nine."""


def run_of(runs: Mapping[str, Opened], request: Request) -> Opened:
    """The run that the address names."""
    run = runs.get(request.path_params["run"])
    if run is None:
        raise HTTPException(404, "The viewer was not started with such a run.")
    return run


def number_of(run: Opened, id: str) -> int:
    """The number of the row with this id."""
    number = None if run.table is None else run.table.number_of(id)
    if number is None:
        raise HTTPException(404, "This run has no such row.")
    return number


async def query_of(run: Opened, request: Request) -> Query:
    """What the address asks of the run's rows, and of what reviewers have said of them."""
    query = read_query(request.query_params.multi_items())
    if run.states is None:
        return query
    return await run_in_threadpool(run.states.narrowed, query, person().by)


async def form_of(request: Request, most: int = MOST_FORM) -> list[tuple[str, str]]:
    """A small form, as text. Its size is bounded before it is read."""
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > most:
            raise HTTPException(413, "This is more than a form of the viewer can hold.")
    try:
        return parse_qsl(data.decode(), keep_blank_values=True, max_num_fields=200)
    except ValueError as error:
        raise HTTPException(400, "The form cannot be read.") from error
