"""The page of rows: facets on the left, a grid or a table of what passes them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from crosslight.view.reviews.states import FACETS, MINE, ReviewStates
from crosslight.view.rows.narrow import Bars
from crosslight.view.rows.query import Query
from crosslight.view.rows.table import PAGE, Selection, Table
from crosslight.view.server.opened import Opened, Places
from crosslight.view.server.person import person
from crosslight.view.server.render import rendered

MOST_MEMBERS = 4
"""Sentences of a photo on its card before "more"."""
LOST = ("dropped", "failed")
MOST_SHOWN = 12
"""Values of a facet before "more"."""


@dataclass(frozen=True)
class FacetView:
    """A facet with the counts of what passes everything else. `bars` where it is a score."""

    name: str
    values: tuple[tuple[str, int, bool, str], ...] = ()
    bars: Bars | None = None
    low: float | None = None
    high: float | None = None
    said: str = ""

    @property
    def title(self) -> str:
        """What stands over it: the column, or what reviewers said."""
        return self.said or self.name


def begins(run: Opened, query: Query) -> bool:
    """Whether the beginning of a table is enough: for a page of it in the order of the files, with
    another behind it, for the last may end within a group."""
    if run.table is None or not run.partial:
        return True
    if replace(query, page=1, look="grid") != Query():
        return False
    selection = run.table.select(replace(query, group=_group(run.table, query)))
    return query.page < selection.pages


def page(runs: Mapping[str, Opened], run: Opened, query: Query) -> str:
    """The rows of a run."""
    if run.table is None:
        return rendered("web/no_rows.html.j2", runs=runs, run=run, tab="rows")
    return _page(runs, run, run.table, query, tab="rows")


def lost(runs: Mapping[str, Opened], run: Opened, how: str, table: Table, query: Query) -> str:
    """What a run dropped or could not do, each with its reason."""
    return _page(runs, run, table, query, tab=how)


def _page(
    runs: Mapping[str, Opened],
    run: Opened,
    table: Table,
    query: Query,
    tab: str,
) -> str:
    asked = replace(query, group=_group(table, query))
    selection = table.select(asked)
    number = min(query.page, selection.pages)
    rows = _rows(table, selection, number, query)
    if asked.group and query.look == "grid":
        _with_members(table, asked, rows)
    return rendered(
        "web/rows.html.j2",
        runs=runs,
        run=run,
        tab=tab,
        table=table,
        shape=table.shape,
        query=query,
        selection=selection,
        page=number,
        rows=rows,
        group=asked.group,
        per_page=PAGE,
        facets=[*(_of_reviews(run, table, query) if tab == "rows" else ()), *_facets(table, query)],
        chips=_chips(query),
        verdicts={
            row["#id"]: [act.verdict for act in run.reviews.of_row(row["#id"])] for row in rows
        }
        if tab == "rows"
        else {},
        most_shown=MOST_SHOWN,
        with_pictures=tab == "rows" and run.pictures is not None,
        pictures_of=run.name,
        broken=runs.broken(run.name) if isinstance(runs, Places) else "",
    )


def _rows(table: Table, selection: Selection, number: int, query: Query) -> list[dict[str, Any]]:
    on_card = table.on_card
    if table.shape.kind in LOST:  # what was dropped before it had words goes by its input
        on_card = (*on_card, table.shape.source)
    rows = table.page(selection, number, table.shown if query.look == "table" else on_card)
    for at, row in enumerate(rows):
        place = (number - 1) * PAGE + at
        many = None if selection.sizes is None else int(selection.sizes[place])
        ours = {"#others": [], "#more": 0, "#alone": "", "#group": many}
        rows[at] = {**_with_id(table, row), **ours}
    return rows


def _group(table: Table, query: Query) -> str:
    """By what the page is grouped: a photo with all its sentences, unless the reader asks for
    something else, or for the rows of one photo."""
    if query.group or query.look == "table":
        return query.group if query.group in table.columns.groups else ""
    together = table.shape.together
    return "" if not together or query.values_of(together) else together


def _with_members(table: Table, query: Query, rows: list[dict[str, Any]]) -> None:
    """Give each group's first row the others of its group, the first few with their words."""
    members = table.members(query, [row["#"] for row in rows], query.group)
    shown = [n for many in members.values() for n in many[1:MOST_MEMBERS]]
    found = {row["#"]: row for row in table.some(shown, table.on_card)}
    for row in rows:
        many = members[row["#"]]
        row["#others"] = [_with_id(table, found[n]) for n in many[1:MOST_MEMBERS]]
        row["#more"] = max(0, len(many) - MOST_MEMBERS)
    values = table.columns.groups[query.group].of([row["#"] for row in rows])
    for row, value in zip(rows, values, strict=True):
        row["#alone"] = query.toggled(query.group, value) if value is not None else ""


def _with_id(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "#id": table.name_of(row["#"])}


def _of_reviews(run: Opened, table: Table, query: Query) -> list[FacetView]:
    """What I and what anybody has said of the rows, once somebody has said something."""
    states, by = run.states, person().by
    asked = any(query.values_of(name) for name in FACETS)
    if states is None or not (states.begun() or asked):
        return []
    names = [name for name in FACETS if by or name != MINE or query.values_of(name)]
    return [_of_review(states, table, query, name, by) for name in names]


def _of_review(states: ReviewStates, table: Table, query: Query, name: str, by: str) -> FacetView:
    others = replace(states.narrowed(query, by, without=name), group="", sort="")
    return _valued(query, name, states.of(name, by).counts(table.select(others).mask))


def _facets(table: Table, query: Query) -> list[FacetView]:
    found = [_valued(query, name, table.counts(query, name)) for name in table.facets]
    ends = {name: (low, high) for name, low, high in query.between}
    for name in table.measures:
        low, high = ends.get(name, (None, None))
        found.append(FacetView(name, bars=table.bars(query, name), low=low, high=high))
    return found


def _valued(query: Query, name: str, counts: list[tuple[str, int]]) -> FacetView:
    """A facet with its values, the chosen ones first, also where no row has them."""
    chosen = query.values_of(name)
    counts = [*counts, *((value, 0) for value in chosen if value not in dict(counts))]
    counts.sort(key=lambda one: one[0] not in chosen)
    values = tuple((v, n, v in chosen, query.toggled(name, v)) for v, n in counts)
    return FacetView(name, values, said=FACETS.get(name, ""))


def _chips(query: Query) -> list[tuple[str, str]]:
    """What is set, and the address without it."""
    chips = [
        (f"{FACETS.get(name, name)}: {value}", query.toggled(name, value))
        for name, values in query.only
        for value in values
    ]
    chips += [(f"{n}: {low:g} to {high:g}", query.without(n)) for n, low, high in query.between]
    if query.search:
        chips.append((f"“{query.search}”", query.address(search="")))
    return chips
