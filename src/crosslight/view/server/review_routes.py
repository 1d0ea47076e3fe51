"""What reviewers send and ask for: acts, progress, labels, and how much they want to see."""

from collections.abc import Mapping
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from crosslight.runs import Act, ReviewError
from crosslight.view.rows.query import Query
from crosslight.view.server import calls_page, care_page, review_page, row_page, steps
from crosslight.view.server.asked import form_of, number_of, query_of, run_of
from crosslight.view.server.opened import Opened
from crosslight.view.server.person import MOST_NAME, YEAR, Person, cookies_of


def review_routes(runs: Mapping[str, Opened]) -> list[Route]:
    """The routes of reviews on these runs."""

    async def act(request: Request) -> Response:
        run, form = run_of(runs, request), dict(await form_of(request))
        query = await query_of(run, request)
        number = await run_in_threadpool(number_of, run, form.get("row", ""))
        if form.get("act") == "undo":
            onward = await run_in_threadpool(_undo, run, form, query)
        else:
            said = await run_in_threadpool(_act, run, number, form)
            await run_in_threadpool(run.reviews.add, said)
            onward = steps.row_address(run, said.row, query)
            if said.verdict:
                onward = await run_in_threadpool(steps.after, run, number, query)
        if request.headers.get("accept", "").startswith("application/json"):
            return Response('{"kept":true}', media_type="application/json")
        answer = RedirectResponse(onward, 303)
        _keep(answer, {"crosslight-by": quote(form.get("by", "").strip(), safe="")})
        return answer

    async def reviews(request: Request) -> Response:
        run = run_of(runs, request)
        return HTMLResponse(await run_in_threadpool(review_page.page, runs, run))

    async def onward(request: Request) -> Response:
        run = run_of(runs, request)
        if run.table is None:
            raise HTTPException(404, "This run has no rows.")
        query, behind = await query_of(run, request), request.query_params.get("after", "")
        step = steps.queue_next if "queue" in request.query_params else steps.undecided
        return RedirectResponse(await run_in_threadpool(step, run, query, behind), 303)

    async def labels(request: Request) -> Response:
        run, by = run_of(runs, request), request.query_params.get("by", "")
        text = await run_in_threadpool(review_page.labels, run, by)
        what = "grades" if run.kind == "assess" else "labels"
        name = {"content-disposition": f'attachment; filename="{what}.csv"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=name)

    async def care(request: Request) -> Response:
        if request.method == "GET":
            back = request.query_params.get("back", "/")
            return HTMLResponse(await run_in_threadpool(care_page.page, runs, back))
        pairs = await form_of(request)
        form = dict(pairs)
        who = Person(
            by=form.get("by", "").strip(),
            care=form.get("care", ""),
            limit=_whole(form.get("limit", "")),
            unwanted=frozenset(value for name, value in pairs if name == "unwanted"),
        )
        answer = RedirectResponse(care_page.own(form.get("back", "/")), 303)
        _keep(answer, cookies_of(who))
        return answer

    return [
        Route("/care", care, methods=["GET", "POST"]),
        Route("/r/{run}/review", reviews, methods=["GET"]),
        Route("/r/{run}/review", act, methods=["POST"]),
        Route("/r/{run}/next", onward),
        Route("/r/{run}/labels.csv", labels),
        *_routes_of_a_row(runs),
    ]


def _routes_of_a_row(runs: Mapping[str, Opened]) -> list[Route]:
    """What a row's page leads to: a text in full length, its calls."""

    async def cell(request: Request) -> Response:
        run = run_of(runs, request)
        number = await run_in_threadpool(number_of, run, request.path_params["id"])
        column = request.query_params.get("column", "")
        text = await run_in_threadpool(row_page.cell, run, number, column)
        if text is None:
            raise HTTPException(404, "This row has no such text.")
        return PlainTextResponse(text)

    async def calls(request: Request) -> Response:
        run = run_of(runs, request)
        number = await run_in_threadpool(number_of, run, request.path_params["id"])
        return HTMLResponse(await run_in_threadpool(calls_page.page, runs, run, number))

    return [
        Route("/r/{run}/calls/{id:path}", calls),
        Route("/r/{run}/cell/{id:path}", cell),
    ]


def _act(run: Opened, number: int, form: Mapping[str, str]) -> Act:
    """What a form says. Raises `ReviewError` where it says nothing."""
    _refuse_other_table(run, form)
    label, _, rule = form.get("label", "").partition("@")
    edit = {}
    if form.get("act") == "edit" or form.get("verdict") == "accept" or label:
        edit = row_page.changed(run, number, form)
    act = Act(
        row=form.get("row", ""),
        by=_named(form),
        verdict=form.get("verdict", ""),
        reason=form.get("reason", "").strip(),
        label=label,
        rule=rule,
        edit=tuple(sorted(edit.items())),
        shown=form.get("shown") == "yes",
    )
    if act.is_undo:
        raise ReviewError("this review says nothing", "accept, reject, skip, label or edit")
    return act


def _named(form: Mapping[str, str]) -> str:
    """The reviewer. Raises `ReviewError` for a name that the browser would not bring back whole."""
    by = form.get("by", "").strip()
    if len(by) > MOST_NAME:
        raise ReviewError(f"a reviewer's name has at most {MOST_NAME} letters")
    return by


def _refuse_other_table(run: Opened, form: Mapping[str, str]) -> None:
    """A row without an id is known by its place alone, at which another may stand by now."""
    assert run.table is not None
    if not run.table.shape.id and form.get("table", run.mark) != run.mark:
        raise ReviewError(
            "this table has changed since the page was made, and its rows have no ids",
            "go back, copy what you typed, and load the page again",
        )


def _undo(run: Opened, form: Mapping[str, str], query: Query) -> str:
    """Take back the reviewer's last act, wherever it was, and go there."""
    by = _named(form)
    last = run.reviews.last_of(by)
    if last is None:
        return steps.row_address(run, form.get("row", ""), query)
    run.reviews.add(Act(row=last.row, by=by, verdict="", rule=last.rule))
    return steps.row_address(run, last.row, query)


def _keep(answer: Response, cookies: Mapping[str, str]) -> None:
    for name, value in cookies.items():
        answer.set_cookie(name, value, max_age=YEAR, samesite="strict", path="/")


def _whole(said: str) -> int:
    return int(said) if said.isascii() and said.isdigit() and len(said) < 6 else 0
