"""Every call of a model about a row, out of the answer store: what was asked, what came."""

from collections.abc import Mapping
from typing import Any

from crosslight.records import CrosslightError
from crosslight.store import Call, Calls, calls_about
from crosslight.text import last_fenced
from crosslight.view.server.opened import Opened
from crosslight.view.server.render import rendered


def page(runs: Mapping[str, Opened], run: Opened, number: int) -> str:
    """The calls that held the row's photo or its words."""
    table = run.table
    assert table is not None
    shape, row = table.shape, table.row(number)
    photo = str(row.get(shape.photo) or "") if shape.photo else ""
    text = str(row.get(shape.text) or "") if shape.text else ""
    found, wrong = Calls(), ""
    if run.answers is not None:
        try:
            found = calls_about(run.answers, photo, text)
        except CrosslightError as error:
            wrong = str(error)
    return rendered(
        "web/calls.html.j2",
        runs=runs,
        run=run,
        tab="rows",
        id=table.name_of(number),
        calls=[(call, _replayed(run.run, call.task)) for call in _sorted(found)],
        whole=found.whole,
        wrong=wrong,
        gist=gist,
    )


def gist(call: Call) -> str:
    """What tells a call from others of its step: what stood between the marks of its prompt, and
    the beginning of its answer."""
    asked = last_fenced(call.prompt).strip()
    answer = call.answer.strip()
    return f"{asked[:100]} → {answer[:60]}" if asked else answer[:160]


def _sorted(found: Calls) -> list[Any]:
    """Those with the row's own words first."""
    return sorted(found.found, key=lambda call: (not call.with_text, call.at))


def _replayed(run: Mapping[str, Any], task: str) -> str:
    """Whether a run asked the calls of a task itself, as far as its counts tell."""
    tasks = run.get("tasks")
    counts = tasks.get(task) if isinstance(tasks, Mapping) else None
    if not isinstance(counts, Mapping):
        return "not of this run: another one asked it"
    asked, again = counts.get("asked") or 0, counts.get("replayed") or 0
    if not asked and again:
        return "replayed from the store"
    if asked and not again:
        return "asked in this run"
    return f"{asked} of this step asked in this run, {again} replayed"
