"""From row to row: the neighbours in a selection, and the next that a reviewer has not decided."""

from dataclasses import replace
from typing import Final

import numpy as np

from crosslight.view.reviews.labels import QUEUES, drawn_photos
from crosslight.view.reviews.states import MINE, STATES
from crosslight.view.rows.narrow import Numbers
from crosslight.view.rows.query import Query
from crosslight.view.server.opened import Opened
from crosslight.view.server.person import person
from crosslight.view.server.render import path

NOWHERE: Final = -1
"""The number of no row."""


def neighbours(run: Opened, number: int, query: Query) -> tuple[str | None, str | None]:
    """The ids before and behind a row in a query's order, without categories that the reader does
    not want to see."""
    numbers = _wanted(run, query, but=number)
    places = np.flatnonzero(numbers == number)
    if not len(places):
        return None, None
    at = int(places[0])
    before = id_of(run, int(numbers[at - 1])) if at > 0 else None
    behind = id_of(run, int(numbers[at + 1])) if at + 1 < len(numbers) else None
    return before, behind


def after(run: Opened, number: int, query: Query) -> str:
    """The address of the row that follows in the query; of the query itself behind the last."""
    _, behind = neighbours(run, number, query)
    address = query.address(page=query.page)
    if behind is None:
        return f"/r/{path(run.name)}/rows?{address}"
    return row_address(run, behind, query)


def undecided(run: Opened, query: Query, behind: str = "") -> str:
    """The address of the next row of a query of which the reader has said nothing: behind the row
    of this id, else the first; of the page of reviews where none is left."""
    assert run.table is not None and run.states is not None
    here = run.table.number_of(behind) if behind else None
    here = NOWHERE if here is None else here
    numbers = _wanted(run, query, but=here)
    left = run.states.of(MINE, person().by).mask(STATES[:1])[numbers]
    at = np.flatnonzero(numbers == here)
    order = np.flatnonzero(left)
    later = order[order > at[0]] if len(at) else order
    earlier = order[numbers[order] != here]  # from the end it goes on at the beginning
    found = later if len(later) else earlier
    if not len(found):
        return f"/r/{path(run.name)}/review"
    return row_address(run, id_of(run, int(numbers[found[0]])), query)


def queue_next(run: Opened, query: Query, behind: str = "") -> str:
    """The address of the first row that a queue of `judge report` proposes for labelling and of
    which the reader has said nothing, wherever one comes from; of the page of reviews where none
    is left."""
    table, by = run.table, person().by
    assert table is not None
    photos = list(drawn_photos(run.place)) if table.shape.photo else []
    places = table.first_rows(table.shape.photo, photos) if photos else {}
    said = table.mask_of([key.row for key in run.reviews.standing() if key.by == by])
    for photo in photos:
        number = places.get(photo)
        if number is not None and not said[number]:
            return row_address(run, id_of(run, number), query)
    return f"/r/{path(run.name)}/review"


def has_queue(run: Opened) -> bool:
    """Whether `judge report` has proposed images of this run for labelling."""
    return run.place.is_dir() and next(run.place.glob(QUEUES), None) is not None


def row_address(run: Opened, id: str, query: Query) -> str:
    """Where a row is seen, as one of a query."""
    return f"/r/{path(run.name)}/row/{path(id)}?{query.address(page=query.page)}"


def id_of(run: Opened, number: int) -> str:
    """The id of a row; its number where the table has none."""
    assert run.table is not None
    return run.table.name_of(number)


def _wanted(run: Opened, query: Query, but: int = NOWHERE) -> Numbers:
    """The rows of a query without unwanted categories; `but`: a row that is there in any case, as
    one that was reviewed just now under a filter of what is not reviewed."""
    assert run.table is not None
    # Of a grouped page each row of a group has its turn.
    numbers = run.table.select(replace(query, group="", within=None)).numbers
    if query.within is not None:
        numbers = numbers[query.within.mask[numbers] | (numbers == but)]
    facet = run.table.facets.get(run.table.shape.category)
    if facet is None or not person().unwanted:
        return numbers
    unwanted = facet.mask(tuple(person().unwanted), run.table.rows)
    if but != NOWHERE:
        unwanted[but] = False
    return numbers[~unwanted[numbers]]
