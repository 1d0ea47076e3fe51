"""What the viewer's pages share: their templates, and how a value of a row is written."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment

from crosslight.view.page import page_environment
from crosslight.view.server.person import WAYS, person

if TYPE_CHECKING:
    from crosslight.view.server.opened import Opened

CUT = 20_000
"""Characters of a cell on a row's page; the rest is offered as plain text."""

MOST_DEPTH = 8
"""Of a value in a value."""

SHORT = 12
"""Characters of a long id."""

OWN_PAGES = {"judge": "Matrix", "bench": "Numbers", "prefer": "Pairs", "rate": "Matrix"}
"""Tabs of the pages that only one kind of run has."""


@cache
def environment() -> Environment:
    """The templates of the viewer."""
    made = page_environment()
    made.filters.update(cell=cell, path=path, short=short, tabs=tabs)
    made.globals.update(person=person, ways=WAYS)
    return made


def rendered(template: str, **given: Any) -> str:
    """A page as text."""
    return environment().get_template(template).render(**given)


def load_templates() -> None:
    """Read the templates of all pages, so that no first page waits for its own."""
    for name in environment().list_templates(extensions=["j2"]):
        if name.startswith("web/"):
            environment().get_template(name)


def cell(value: Any, depth: int = 0) -> str:
    """A value as people read it; what is unknown is said, and is no zero."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value + 0.0:.3g}"  # no -0
    if isinstance(value, list | tuple | Mapping):
        return ", ".join(_inner(value, depth)) or "none"
    return str(value)


def _inner(value: Any, depth: int) -> list[str]:
    """What a list or a mapping holds; of one that is too deep that there is something."""
    if depth > MOST_DEPTH:
        return ["…"]
    if isinstance(value, Mapping):
        return [f"{name}: {cell(one, depth + 1)}" for name, one in value.items()]
    return [cell(one, depth + 1) for one in value]


def short(text: Any) -> str:
    """The beginning of an id or a hash: enough to tell it from others."""
    said = str(text)
    return said if len(said) <= SHORT + 2 else f"{said[:SHORT]}…"


def path(text: str) -> str:
    """A part of an address."""
    return quote(str(text), safe="")


def tabs(run: "Opened") -> list[tuple[str, str, str]]:
    """(name, label, address) of the parts of a run that are there."""
    at = f"/r/{path(run.name)}"
    found = [("overview", "Overview", f"{at}/overview")] if run.run else []
    found += [("rows", "Rows", f"{at}/rows")] if run.table is not None else []
    if run.kind in OWN_PAGES and run.run.get("status") is not None:
        found.append(("kind", OWN_PAGES[run.kind], f"{at}/kind"))
    reviews = [("review", "Review", f"{at}/review")] if run.table is not None else []
    return [
        *found,
        *reviews,
        *(
            (how, f"{how.capitalize()} ({t.rows:,})", f"{at}/lost/{how}")
            for how, t in run.lost.items()
            if t.rows
        ),
    ]
