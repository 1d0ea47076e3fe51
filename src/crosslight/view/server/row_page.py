"""The page of one row: its picture, its words, its numbers on one axis, and the review bar."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crosslight.records import content_hash
from crosslight.runs import Act, ReviewError, ReviewKey, reviewed_rows
from crosslight.view.rows.query import Query
from crosslight.view.rows.shape import Shape
from crosslight.view.server.graded import graded
from crosslight.view.server.opened import Opened
from crosslight.view.server.person import person
from crosslight.view.server.render import CUT, rendered
from crosslight.view.server.steps import has_queue, neighbours

MOST_BESIDE = 24
TOGETHER: Final = (
    ("response", "other_response"),
    ("chosen", "rejected"),
    ("reason_first", "reason_swapped"),
)
"""Words that are read against each other."""
FROM: Final = (("parent", "Made from"), ("mirror_of", "Mirror of"))
"""Columns that hold the id of another row."""
EDITABLE: Final = ("build", "prefer", "table")
LABELLED: Final = ("build", "judge", "table")
MOST_JSON = 200_000
MOST_EDITED: Final = 60_000
EACH: Final = 2_000
"""Letters of the texts that can be edited on a page, and what each counts beside: they all come
back with every verdict."""


@dataclass(frozen=True)
class Dot:
    """A number in [0, 1] on the axis."""

    name: str
    value: float


@dataclass(frozen=True)
class Words:
    """A text of the row. `edit`: whether reviewers may change it; `now`: as last edited."""

    name: str
    text: str
    edit: bool
    now: str

    @property
    def mark(self) -> str:
        """Of the text as a form brings it back, by which one that nobody touched is known, also
        where another reviewer has changed it meanwhile."""
        return content_hash(_as_typed(self.now).encode())[:16]


def page(runs: Mapping[str, Opened], run: Opened, number: int, query: Query) -> str:
    """One row. Its neighbours are those of the query that it was reached by."""
    table = run.table
    assert table is not None
    row, shape = table.row(number), table.shape
    id = table.name_of(number)
    acts = run.reviews.of_row(id)
    words = _words(run, row, edits_of(acts))
    paired = _paired(words)
    category = str(row.get(shape.category) or "") if shape.category else ""
    before, behind = neighbours(run, number, query)
    return rendered(
        "web/row.html.j2",
        runs=runs,
        run=run,
        tab="rows",
        shape=shape,
        row=row,
        id=id,
        number=number,
        query=query,
        before=before,
        behind=behind,
        unwanted=category if category in person().unwanted else "",
        sensitive=shape.covers(row),
        dots=[Dot(n, float(row[n])) for n in shape.unit if row.get(n) is not None],
        unknown=[n for n in shape.unit if row.get(n) is None],
        said=next((one for one in words if one.name == shape.text), None),
        pairs=paired,
        others=[w for w in words if w.name != shape.text and not _is_in(paired, w)],
        edits=any(one.edit for one in words),
        labelled=shape.kind in LABELLED,
        facts=_facts(row, shape, words),
        beside=_beside(run, row, number),
        origins=_origins(run, row),
        judged=_judged(run, id) if shape.kind == "judge" else [],
        graded=graded(run.run, row, acts) if shape.kind == "assess" else None,
        rules=_rules(row.get("rules")) if shape.kind == "judge" else [],
        provenance=_pairs_of(row.get("provenance")),
        acts=acts,
        cut=CUT,
        queue=has_queue(run),
    )


def cell(run: Opened, number: int, column: str) -> str | None:
    """A text of a row, whole; None where it has none under this name."""
    assert run.table is not None
    if column not in run.table.plain:
        return None
    value = run.table.files.rows_of([number], [column])[0].get(column)
    return value if isinstance(value, str) else None


def changed(run: Opened, number: int, form: Mapping[str, str]) -> dict[str, str]:
    """The words that a form changes: those that differ from what the row (or the last edit) says,
    and from what it said when the page was made (its mark in `was.NAME`).

    Raises `ReviewError` for a column that is not the reviewer's to change.
    """
    assert run.table is not None
    given = {name[5:]: text for name, text in form.items() if name.startswith("edit.")}
    if not given:
        return {}
    row = run.table.row(number)
    id = run.table.name_of(number)
    now = {one.name: one for one in _words(run, row, edits_of(run.reviews.of_row(id)))}
    odd = sorted(name for name in given if name not in now or not now[name].edit)
    if odd:
        raise ReviewError(f"{odd[0][:60]!r} is no text of this row that can be edited")
    plain = {name: _as_typed(text) for name, text in given.items()}
    return {
        name: text
        for name, text in plain.items()
        if content_hash(text.encode())[:16] not in (form.get(f"was.{name}"), now[name].mark)
    }


def edits_of(acts: Sequence[Act]) -> Mapping[str, str]:
    """The words of a row as reviewers have changed them, as an export takes them."""
    found = reviewed_rows({ReviewKey(act.row, act.by, act.rule): act for act in acts})
    return next((one.edit for one in found.values()), {})


def _as_typed(text: str) -> str:
    """What a browser makes of a text in a form: line ends of one kind, no NUL."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def _words(run: Opened, row: Mapping[str, Any], edited: Mapping[str, str]) -> list[Words]:
    """The texts of a row in the order in which they are read."""
    assert run.table is not None
    shape = run.table.shape
    names = [shape.text, *(name for pair in TOGETHER for name in pair), *shape.texts]
    closed = {shape.id, shape.source, shape.photo, shape.image}
    open_ = {shape.text, *shape.texts} - closed  # a foreign table's text may be its id
    found, room = [], MOST_EDITED
    for name in dict.fromkeys(names):
        text = row.get(name) if name == shape.text or name not in closed else None
        if not name or not isinstance(text, str) or not text.strip():
            continue
        size = len(edited.get(name, text)) + EACH
        edit = shape.kind in EDITABLE and name in open_ and len(text) <= CUT and size <= room
        room -= size if edit else 0
        found.append(Words(name, text, edit, edited.get(name, text)))
    return found


def _paired(words: list[Words]) -> list[tuple[Words, Words]]:
    by_name = {one.name: one for one in words}
    return [
        (by_name[one], by_name[other])
        for one, other in TOGETHER
        if one in by_name and other in by_name
    ]


def _is_in(pairs: list[tuple[Words, Words]], words: Words) -> bool:
    return any(words in pair for pair in pairs)


def _beside(
    run: Opened, row: Mapping[str, Any], number: int
) -> dict[str, list[tuple[int, dict[str, Any]]]]:
    """The rows of the same photo, pattern and so on: siblings and controls."""
    table = run.table
    assert table is not None
    groups = [group for group in table.shape.groups if row.get(group) not in (None, "")]
    many = {group: table.beside(number, group)[:MOST_BESIDE] for group in groups}
    numbers = sorted({n for found in many.values() for n in found})
    read = table.files.rows_of(numbers, table.shown)
    rows = {n: {**one, "#id": table.name_of(n)} for n, one in zip(numbers, read, strict=True)}
    return {group: [(n, rows[n]) for n in found] for group, found in many.items() if found}


def _origins(run: Opened, row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(what it is, id) of rows that this one was made from."""
    assert run.table is not None
    found = [(said, str(row.get(column) or "")) for column, said in FROM]
    return [(said, id) for said, id in found if id and run.table.number_of(id) is not None]


def _judged(run: Opened, id: str) -> list[Any]:
    """What the judge found of each rule, with its evidence."""
    from crosslight.view.server.kinds.routes import load_pages

    load_pages()
    from crosslight.view.server.judged import rules_of  # most rooms of the house, for this kind

    return list(rules_of(run, id))


def _rules(said: Any) -> list[dict[str, Any]]:
    """What the judge found of each rule."""
    found = _json(said)
    keys = ("rule", "finding", "score", "reason")
    return [
        {key: _flat(one.get(key)) for key in keys}
        for one in (found if isinstance(found, list) else [])
        if isinstance(one, Mapping) and isinstance(one.get("rule"), str)
    ]


def _pairs_of(said: Any) -> list[tuple[str, Any]]:
    found = _json(said)
    return [(k, _flat(v)) for k, v in found.items()] if isinstance(found, Mapping) else []


def _flat(value: Any) -> Any:
    """A value of a few letters; one that holds others as JSON, however deep it goes."""
    if value is None or isinstance(value, str | float | int):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)[:2_000]
    except RecursionError:
        return "nested too deeply"


def _json(said: Any) -> Any:
    if not isinstance(said, str) or len(said) > MOST_JSON:
        return None
    try:
        return json.loads(said)
    except (ValueError, RecursionError):
        return None


def _facts(row: Mapping[str, Any], shape: Shape, words: list[Words]) -> list[tuple[str, Any]]:
    told = {"#", "#id", *(one.name for one in words), *shape.unit}
    return [(name, value) for name, value in row.items() if name not in told]
