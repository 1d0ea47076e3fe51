"""Two runs side by side: what differs in their set-up, in which rows they have, and in the rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from crosslight.runs import SetupDifference, setup_differences
from crosslight.view.rows.compare import Compared, compare
from crosslight.view.rows.narrow import Numbers
from crosslight.view.rows.table import Table
from crosslight.view.server.opened import Opened
from crosslight.view.server.render import rendered

SHOWN = 24
"""Rows of a part of the page."""


@dataclass(frozen=True)
class Change:
    """A row in both runs with what has changed: column, in A, in B."""

    id: str
    cells: tuple[tuple[str, Any, Any], ...]


def page(runs: Mapping[str, Opened], a: Opened, b: Opened, column: str, number: int) -> str:
    """`column`: only rows in which it has changed, or "" for any; `number`: the page."""
    assert a.table is not None and b.table is not None
    found = _compared(a.table, b.table)
    differences: tuple[SetupDifference, ...] = setup_differences(a.run, b.run)
    given: dict[str, Any] = {"found": found, "changes": [], "pages": 1, "number": 1, "pairs": 0}
    if found is not None:
        mask = found.changed.get(column, found.any_changed)
        pairs = np.flatnonzero(mask)
        pages = max(1, -(-len(pairs) // SHOWN))
        number = min(number, pages)
        here = pairs[(number - 1) * SHOWN : number * SHOWN]
        given |= {"changes": _changes(a.table, b.table, found, here), "pairs": len(pairs)}
        given |= {"pages": pages, "number": number}
        given["only"] = [
            (one, len(numbers), _heads(one.table, numbers))
            for one, numbers in ((a, found.only_a), (b, found.only_b))
            if one.table is not None
        ]
    return rendered(
        "web/compare.html.j2",
        runs=runs,
        run=None,
        tab="compare",
        a=a,
        b=b,
        column=column,
        differences=differences,
        **given,
    )


@lru_cache(maxsize=4)
def _compared(a: Table, b: Table) -> Compared | None:
    return compare(a, b)


def _changes(a: Table, b: Table, found: Compared, pairs: Numbers) -> list[Change]:
    names = list(found.changed)
    numbers = [int(found.both[0][at]) for at in pairs]
    left = a.files.rows_of(numbers, names)
    right = b.files.rows_of([int(found.both[1][at]) for at in pairs], names)
    return [
        Change(
            a.name_of(number),
            tuple((n, one[n], two[n]) for n in names if found.changed[n][at]),
        )
        for at, number, one, two in zip(pairs, numbers, left, right, strict=True)
    ]


def _heads(table: Table, numbers: Numbers) -> list[tuple[str, Any]]:
    """Id and text of the first of some rows."""
    text = table.shape.text
    rows = table.some([int(n) for n in numbers[:SHOWN]], [text] if text else [])
    return [(table.name_of(row["#"]), row.get(text)) for row in rows]
