"""What reviewers have said of each row, as filters of a table: by one of them, and by anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from crosslight.runs import Act, ReviewKey, Reviews
from crosslight.view.rows.narrow import Numbers
from crosslight.view.rows.query import Query, Within
from crosslight.view.rows.table import Table

MINE, ANYONE = "review:me", "review:anyone"
"""Names in an address, beside those of columns: a column that is called so cannot be filtered."""
FACETS: Final[Mapping[str, str]] = {MINE: "reviewed by me", ANYONE: "reviewed by anyone"}
STATES: Final = ("not reviewed", "accepted", "rejected", "skipped", "edited", "labelled")
"""A row can have several, as accepted and edited, or accepted by one and rejected by another."""
MOST_KEPT: Final = 16
FEW: Final = 4
"""Rows that are looked up one by one; more are found together."""
_VERDICTS: Final = {"accept": "accepted", "reject": "rejected", "skip": "skipped"}


@dataclass(frozen=True)
class Said:
    """Of each state the rows that have it. `key` names who was asked and what had been said."""

    key: tuple[object, ...]
    rows: Mapping[str, Numbers]
    any: Numbers
    total: int

    def mask(self, states: Sequence[str]) -> Numbers:
        """Rows that have one of these states."""
        found = np.zeros(self.total, dtype=bool)
        if STATES[0] in states:
            found[:] = True
            found[self.any] = False
        for state in states:
            found[self.rows.get(state, _NONE)] = True
        return found

    def counts(self, among: Numbers) -> list[tuple[str, int]]:
        """How many of the masked rows have each state, in the order of the states."""
        said = [(state, int(among[self.rows[state]].sum())) for state in STATES[1:]]
        left = int(among.sum()) - int(among[self.any].sum())
        return [(STATES[0], left), *((state, n) for state, n in said if n)]


_NONE: Final[Numbers] = np.zeros(0, dtype=np.int64)


class ReviewStates:
    """What stands in the reviews of one table; found again only where something was added."""

    def __init__(self, reviews: Reviews, table: Table) -> None:
        self._reviews, self._table = reviews, table
        self._numbers: dict[str, int | None] = {}
        self._said: dict[str | None, Said] = {}

    def of(self, name: str, by: str) -> Said:
        """`name`: one of `FACETS`; `by`: who asks."""
        who = by if name == MINE else None
        key = (name, who, self._reviews.version())
        found = self._said.get(who)
        if found is None or found.key != key:
            acts = self._reviews.standing().items()
            found = self._told(key, [one for one in acts if who is None or one[0].by == who])
            if len(self._said) >= MOST_KEPT:  # a name comes from a browser: there are many
                self._said.clear()
            self._said[who] = found
        return found

    def begun(self) -> bool:
        """Whether anybody has said anything."""
        return bool(self._reviews.version())

    def narrowed(self, query: Query, by: str, without: str = "") -> Query:
        """The query with what it asks of reviews found out, except of the facet `without`."""
        asked = [(n, v) for n, v in query.only if n in FACETS and n != without]
        if not asked:
            return replace(query, within=None)
        said = [(self.of(name, by), values) for name, values in asked]
        mask = np.logical_and.reduce([one.mask(values) for one, values in said])
        return replace(query, within=Within(tuple((one.key, v) for one, v in said), mask))

    def _told(self, key: tuple[object, ...], acts: Sequence[tuple[ReviewKey, Act]]) -> Said:
        self._find({one.row for one, _ in acts})
        rows: dict[str, set[int]] = {state: set() for state in STATES[1:]}
        seen: set[int] = set()
        for one, act in acts:
            number = self._numbers[one.row]
            if number is not None:
                seen.add(number)
                for state in _states(act):
                    rows[state].add(number)
        made = {state: _array(numbers) for state, numbers in rows.items()}
        return Said(key, made, _array(seen), self._table.rows)

    def _find(self, ids: set[str]) -> None:
        """Look up rows that are new here: one act is one row, of a whole file all at once."""
        new = ids - self._numbers.keys()
        if len(new) > FEW:
            self._numbers |= dict.fromkeys(new) | self._table.numbers_of(sorted(new))
        else:
            self._numbers |= {id: self._table.number_of(id) for id in new}


def _states(act: Act) -> list[str]:
    found = [_VERDICTS[act.verdict]] if act.verdict else []
    return [*found, *(["edited"] if act.edit else []), *(["labelled"] if act.label else [])]


def _array(numbers: set[int]) -> Any:
    return np.fromiter(sorted(numbers), dtype=np.int64, count=len(numbers))
