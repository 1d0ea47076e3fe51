"""What a build of two photos has made so far: on disk, in the log of a build."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from crosslight.build.row_log import RowLog, place_of
from crosslight.build.two_photos.records import PairCheck, PairIdea, PairRow
from crosslight.records import Dropped, Failed, Kind
from crosslight.runs import Lost

_TABLES = """
CREATE TABLE pairs (photo TEXT, other TEXT, pattern TEXT,
  PRIMARY KEY (photo, other, pattern)) WITHOUT ROWID;
CREATE TABLE shown (photo TEXT, row TEXT, PRIMARY KEY (photo, row)) WITHOUT ROWID;
CREATE INDEX rows_place ON rows (place);
CREATE INDEX lost_row ON lost (row);
"""
"""`pairs`: the ideas that were had; `shown`: which photos an idea or a row shows."""
ENDS = """
SELECT p.id, CASE WHEN p.visited THEN MAX(0,
  COALESCE((SELECT MAX(failed) FROM lost WHERE photo = p.id AND row = ''), 0),
  COALESCE((SELECT MAX(l.failed) FROM shown s JOIN lost l ON l.row = s.row
    WHERE s.photo = p.id), 0)) END
FROM photos p WHERE NOT EXISTS
  (SELECT 1 FROM shown s JOIN rows r ON r.id = s.row WHERE s.photo = p.id) ORDER BY p.at
"""
"""As that of a build of one photo: photos that no row shows, and how they ended."""


class PairLog:
    """Ideas, rows and losses; photos and inputs stand in the log itself."""

    def __init__(self, log: RowLog) -> None:
        self.log = log
        log.extend(_TABLES)

    def had(self, idea: PairIdea) -> bool:
        """Whether the two photos had this pattern before; if not, they have it now."""
        same = (*sorted(idea.photos), idea.pattern)
        if self.log.read("SELECT 1 FROM pairs WHERE photo = ? AND other = ? AND pattern = ?", same):
            return True
        self.log.write("INSERT INTO pairs VALUES (?, ?, ?)", same)
        self._shows(idea.id, idea)
        return False

    def add(self, place: str, row: PairRow) -> tuple[str, PairRow] | None:
        """Keep a row. Of two with one id the earlier place stays; returns the other."""
        self._shows(row.id, row.idea)
        other = self.log.keep(place, row.id, row.idea.photos[0], row.kind, _text(row))
        return (other[0], _row(other[1])) if other else None

    def lose(self, place: str, outcome: Dropped | Failed, idea: PairIdea, row: str = "") -> None:
        """A product that ended early: of an idea, or beside this row of it."""
        first, second = (self.log.photo(photo).source for photo in idea.photos)
        lost = Lost(outcome, f"{first} + {second}", idea.photos[0], row or idea.id, idea.text)
        self.log.lose(place, lost)

    def lose_photo(self, place: str, outcome: Dropped | Failed, photo: str) -> None:
        """A photo that is in no idea, or an idea of it that could not be read."""
        self.log.lose(place, Lost(outcome, self.log.photo(photo).source, photo))

    def shows_person(self, photo: str, person: bool | None) -> None:
        """Whether perception found a person in a photo; None: it did not look."""
        self.log.write("UPDATE photos SET person = ? WHERE id = ?", (person, photo))

    def persons(self) -> Iterator[int | None]:
        """The same, of every photo that a row shows."""
        found = self.log.stream(
            "SELECT person FROM photos p WHERE EXISTS"
            " (SELECT 1 FROM shown s JOIN rows r ON r.id = s.row WHERE s.photo = p.id)"
        )
        return (person for (person,) in found)

    def rows(self) -> Iterator[PairRow]:
        """All of them, by place."""
        found = self.log.stream("SELECT value FROM rows ORDER BY place")
        return (_row(value) for (value,) in found)

    def photos_with_rows(self) -> int:
        """How many photos a row shows."""
        return int(
            self.log.one("SELECT COUNT(DISTINCT s.photo) FROM shown s JOIN rows r ON r.id = s.row")
        )

    def _shows(self, row: str, idea: PairIdea) -> None:
        for photo in idea.photos:
            self.log.write("INSERT OR IGNORE INTO shown VALUES (?, ?)", (photo, row))


def behind(place: str, at: int) -> str:
    """The place of what belongs to the one at `place`."""
    return f"{place}.{place_of(at)}"


def _text(row: PairRow) -> str:
    return json.dumps(asdict(row), ensure_ascii=True, separators=(",", ":"))


def _row(text: str) -> PairRow:
    told = json.loads(text)
    idea, check = _tuples(told.pop("idea")), _tuples(told.pop("check"))
    kind = Kind(told.pop("kind"))
    return PairRow(PairIdea(**idea), kind=kind, check=PairCheck(**check), **_tuples(told))


def _tuples(told: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in told.items()}
