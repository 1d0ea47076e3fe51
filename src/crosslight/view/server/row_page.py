"""The page of one row: its picture, its words, its numbers on one axis, and the review bar."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crosslight.view.rows.query import Query
from crosslight.view.server.opened import Opened
from crosslight.view.server.render import CUT, path, rendered

MOST_BESIDE = 24


@dataclass(frozen=True)
class Dot:
    """A number in [0, 1] on the axis."""

    name: str
    value: float


def page(runs: Mapping[str, Opened], run: Opened, number: int, query: Query) -> str:
    """One row. Its neighbours are those of the query that it was reached by."""
    table = run.table
    assert table is not None
    row = table.row(number)
    shape = table.shape
    before, behind = neighbours(run, number, query)
    beside = {
        group: table.beside(number, group)[:MOST_BESIDE]
        for group in shape.groups
        if row.get(group) not in (None, "")
    }
    shown = {n for many in beside.values() for n in many}
    found = dict(zip(sorted(shown), table.files.rows_of(sorted(shown), table.shown), strict=True))
    return rendered(
        "web/row.html.j2",
        runs=runs,
        run=run,
        tab="rows",
        shape=shape,
        row=row,
        id=str(row[shape.id]) if shape.id else str(number),
        number=number,
        query=query,
        before=before,
        behind=behind,
        dots=[Dot(n, float(row[n])) for n in shape.unit if row.get(n) is not None],
        unknown=[n for n in shape.unit if row.get(n) is None],
        texts=[(n, row[n]) for n in shape.texts if _is_text(row.get(n)) and n != shape.text],
        facts=_facts(row, shape),
        beside={g: [(n, found[n]) for n in many] for g, many in beside.items() if many},
        acts=[act for (on, _), act in run.reviews.standing().items() if on == _id(run, row)],
        cut=CUT,
    )


def after(run: Opened, number: int, query: Query) -> str:
    """The address of the row that follows in the query; of the query itself behind the last."""
    _, behind = neighbours(run, number, query)
    address = query.address(page=query.page)
    if behind is None:
        return f"/r/{path(run.name)}/rows?{address}"
    return f"/r/{path(run.name)}/row/{path(behind)}?{address}"


def neighbours(run: Opened, number: int, query: Query) -> tuple[str | None, str | None]:
    """The ids before and behind a row in a query's order."""
    table = run.table
    assert table is not None
    numbers = table.select(query).numbers
    places = (numbers == number).nonzero()[0]
    if not len(places):
        return None, None
    at = int(places[0])
    return tuple(  # type: ignore[return-value]
        _id_of(run, int(numbers[n])) if 0 <= n < len(numbers) else None for n in (at - 1, at + 1)
    )


def _id_of(run: Opened, number: int) -> str:
    assert run.table is not None
    column = run.table.shape.id
    return str(run.table.files.rows_of([number], [column])[0][column]) if column else str(number)


def _id(run: Opened, row: Mapping[str, Any]) -> str:
    assert run.table is not None
    column = run.table.shape.id
    return str(row[column]) if column else str(row["#"])


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _facts(row: Mapping[str, Any], shape: Any) -> list[tuple[str, Any]]:
    told = {"#", shape.text, *shape.texts, *shape.unit}
    return [(name, value) for name, value in row.items() if name not in told]
