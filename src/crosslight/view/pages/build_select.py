"""Which rows a page shows: families of an unsafe row and its controls, spread over scenarios.

What decides it is put into a file that nobody sees, so that a page of very many rows holds those
that it shows and no others.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from heapq import nsmallest
from itertools import groupby
from typing import Self

from crosslight.build import Row
from crosslight.export import number_of

CONTROLS_SHOWN = 6
"""Controls of one family that a page shows."""
_TABLES = """
CREATE TABLE heads (at INTEGER PRIMARY KEY, id TEXT, photo INTEGER, idea INTEGER, pattern INTEGER,
  control INTEGER, parent TEXT, scenario TEXT, gap REAL, fit INTEGER, length INTEGER);
"""
_MAINS = """
CREATE INDEX heads_id ON heads (id) WHERE NOT control;
CREATE INDEX heads_idea ON heads (photo, idea) WHERE NOT control;
CREATE INDEX heads_parent ON heads (parent) WHERE control;
CREATE TABLE mains AS
SELECT MIN(at) AS at FROM heads WHERE NOT control GROUP BY photo, idea
UNION ALL SELECT at FROM heads c WHERE control
  AND NOT EXISTS (SELECT 1 FROM heads u WHERE NOT u.control AND u.id = c.parent);
"""
_BY_SCENARIO = """
SELECT scenario, at, control, photo, pattern FROM mains JOIN heads USING (at)
ORDER BY scenario, control, -gap, id
"""
_STRIKING = """
SELECT at, scenario, photo FROM mains JOIN heads USING (at) WHERE fit ORDER BY -gap, length, id
"""
_WORDINGS = """
SELECT w.at FROM heads m JOIN heads w ON w.photo = m.photo AND w.idea = m.idea
WHERE m.at = ? AND NOT m.control AND NOT w.control AND w.at <> m.at ORDER BY w.at
"""
_CONTROLS = """
SELECT DISTINCT c.at FROM heads m JOIN heads w ON w.photo = m.photo AND w.idea = m.idea
JOIN heads c ON c.parent = w.id
WHERE m.at = ? AND NOT m.control AND NOT w.control AND c.control ORDER BY c.at LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Family:
    """An idea: its first wording, the further ones, and the controls made from them. A control
    whose parent is missing stands alone."""

    main: Row
    controls: tuple[Row, ...] = ()
    wordings: tuple[Row, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every row that is shown of this family."""
        return (self.main, *self.wordings, *self.controls)


@dataclass(frozen=True, slots=True)
class Selected:
    """The families of a page, and those that it opens with."""

    chosen: tuple[Family, ...]
    opening: tuple[Family, ...]


class Choosing:
    """What decides which rows a page shows. All are added; then they are chosen."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(_TABLES + "BEGIN;")
        self._covered: set[int] = set()
        """Photos of sensitive rows."""
        self._rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *how: object) -> None:
        self._db.close()

    def add(self, row: Row) -> None:
        """One row, in the order of the dataset."""
        if row.sensitive:
            self._covered.update(number_of(photo) for photo in row.photos)
        control = row.kind != "unsafe"
        fit = not control and not row.sensitive and row.gap is not None
        values = (
            *(self._rows, row.id, number_of(row.photo), number_of(row.pattern or row.id)),
            *(number_of(row.pattern), control, row.parent, row.scenario),
            *(row.gap or 0.0, fit, len(row.text)),
        )
        self._db.execute("INSERT INTO heads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
        self._rows += 1

    def chosen(self, rows: Iterable[Row], limit: int, opening: int) -> Selected:
        """At most `limit` families: scenarios take turns, and each shows its variety first. A
        smaller limit chooses the first of them. `rows`: the same ones again.

        To open with: the widest gap between the pair and its parts, nothing sensitive, no two of a
        scenario or a photo; photos that no row covers if there are enough of them. Families with
        an unknown number are not among them.
        """
        self._db.executescript(_MAINS)
        chosen = _in_turn(self._db, limit)
        first = _striking(self._db, opening, self._covered)
        if len(first) < opening:
            first = _striking(self._db, opening, set())
        parts = {at: _parts(self._db, at) for at in {*chosen, *first}}
        wanted = {at for places in parts.values() for one in places for at in one} | parts.keys()
        found = {at: row for at, row in enumerate(rows) if at in wanted} if wanted else {}
        families = {
            main: Family(
                found[main], tuple(found[at] for at in own), tuple(found[at] for at in said)
            )
            for main, (own, said) in parts.items()
        }
        return Selected(tuple(families[at] for at in chosen), tuple(families[at] for at in first))


def _in_turn(db: sqlite3.Connection, limit: int) -> list[int]:
    """Places of the families to show, a scenario after the other, and again."""
    found = db.execute(_BY_SCENARIO)
    queues = [_varied(mains, limit) for _, mains in groupby(found, key=lambda main: main[0])]
    chosen: list[int] = []
    turn = 0
    while len(chosen) < limit and any(turn < len(queue) for queue in queues):
        chosen.extend(queue[turn] for queue in queues if turn < len(queue))
        turn += 1
    return chosen[:limit]


def _varied(mains: Iterable[tuple[str, int, int, int, int]], most: int) -> list[int]:
    """Unsafe rows first; each photo and each pattern once, then each a second time, and so on."""
    photos, patterns = Counter[int](), Counter[int]()

    def keys() -> Iterator[tuple[int, int, int, int, int]]:
        for place, (_, at, control, photo, pattern) in enumerate(mains):
            yield control, photos[photo], patterns[pattern], place, at
            photos[photo] += 1
            patterns[pattern] += 1

    return [at for *_, at in nsmallest(most, keys())]


def _striking(db: sqlite3.Connection, count: int, covered: Set[int]) -> list[int]:
    chosen: list[int] = []
    taken: set[tuple[str, str | int]] = set()
    for at, scenario, photo in db.execute(_STRIKING):
        if len(chosen) == count:
            break
        if photo in covered:
            continue
        own = {("scenario", scenario), ("photo", photo)}
        if not own & taken:
            chosen.append(at)
            taken |= own
    return chosen


def _parts(db: sqlite3.Connection, main: int) -> tuple[list[int], list[int]]:
    """Places of the controls and of the further wordings of a family."""
    controls = db.execute(_CONTROLS, (main, CONTROLS_SHOWN)).fetchall()
    return [at for (at,) in controls], [at for (at,) in db.execute(_WORDINGS, (main,))]
