"""A sample of texts out of more than memory should hold: sorted in a file that nobody sees."""

import sqlite3
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from crosslight.stats import AuditRow, sample_places

_TABLE = "CREATE TABLE texts (side INTEGER, grp TEXT, text TEXT, label INTEGER)"
_SORTED = "SELECT grp, text, label FROM texts WHERE side = ? ORDER BY grp, text, label"


class SortedTexts:
    """Texts of several sides, each with its label and group. SQLite keeps them in its memory while
    they are few, and in a file without a name from there on."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute(_TABLE)
        self._db.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()

    def add(self, rows: Iterable[tuple[int, AuditRow]]) -> None:
        """Rows, each with the number of its side. What they do is not kept."""
        cells = ((side, row.group, row.text, row.label) for side, row in rows)
        self._db.executemany("INSERT INTO texts VALUES (?, ?, ?, ?)", cells)

    def sample(self, side: int, most: int, seed: int) -> tuple[tuple[AuditRow, ...], int]:
        """What `sample_rows` chooses of a side, and of how many."""
        (of,) = self._db.execute("SELECT COUNT(*) FROM texts WHERE side = ?", (side,)).fetchone()
        return tuple(self._chosen(side, sample_places(of, most, seed))), of

    def _chosen(self, side: int, places: list[int]) -> Iterator[AuditRow]:
        wanted = set(places)
        for at, (group, text, label) in enumerate(self._db.execute(_SORTED, (side,))):
            if at in wanted:
                yield AuditRow(text, label, group)
