"""Preference pairs side by side: of a mirror both, the two replies changing roles."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from crosslight.runs import RunError
from crosslight.view.rows.query import read_query
from crosslight.view.server.opened import Opened
from crosslight.view.server.render import rendered

PAIRS: Final = 12
"""Pairs on a page (with their mirrors up to twice as many)."""


def page(runs: Mapping[str, Opened], run: Opened, asked: Mapping[str, str]) -> str:
    """The pairs of the address's filter, each with its mirror beside it."""
    if run.table is None:
        raise RunError(
            f"{run.title} holds no pairs", "its overview tells how far the run came; run it again"
        )
    query = read_query(list(asked.items()))
    numbers = run.table.select(replace(query, sort="", group="")).numbers
    pages = max(1, -(-len(numbers) // PAIRS))
    at = min(max(1, query.page), pages)
    taken = [int(n) for n in numbers[PAIRS * (at - 1) : PAIRS * at]]
    return rendered(
        "web/kind_prefer.html.j2",
        runs=runs,
        run=run,
        tab="kind",
        shape=run.table.shape,
        groups=_groups(run, taken),
        query=query,
        number=at,
        pages=pages,
        total=len(numbers),
    )


def _groups(run: Opened, numbers: list[int]) -> list[list[dict[str, Any]]]:
    """Each pair once; its mirror, where there is one, behind it."""
    assert run.table is not None
    seen: set[str] = set()
    found = []
    for number in numbers:
        row = run.table.row(number)
        if str(row["id"]) in seen:
            continue
        group = [row]
        other = run.table.number_of(str(row["mirror_of"])) if row.get("mirror_of") else None
        if other is not None and other != number:
            group.append(run.table.row(other))
        seen |= {str(one["id"]) for one in group}
        found.append(group)
    return found
