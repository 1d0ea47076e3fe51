"""What a build has made so far, on disk: photos, drafts, rows and losses.

A SQLite file in the run's folder, so that memory does not grow with the album. A row is on the disk
a moment after it is made. Everything has a `place`, a text that says where in the recipe it was
made: read by place, what concurrent tasks wrote in any order comes out the same in every run.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from crosslight.build.row_codec import photo_json, photo_of, sample_json, sample_of
from crosslight.flow import RunFailed
from crosslight.records import Dropped, Failed, Kind, Photo, Sample
from crosslight.runs import Lost

LOG_FILE = ".rows.sqlite"
COMMIT_S = 0.1
"""The longest that a row waits to be brought to the disk."""
CHUNK = 500
TABLES = """
CREATE TABLE made_with (value TEXT);
CREATE TABLE inputs (at INTEGER PRIMARY KEY, source TEXT, fate TEXT);
CREATE TABLE photos (id TEXT PRIMARY KEY, at INTEGER, ring TEXT, wave INTEGER,
  colours BLOB, safe INTEGER DEFAULT 0, person INTEGER, visited INTEGER DEFAULT 0,
  value TEXT) WITHOUT ROWID;
CREATE UNIQUE INDEX photos_at ON photos (at);
CREATE INDEX photos_ring ON photos (safe, ring, colours);
CREATE INDEX photos_wave ON photos (wave, at);
CREATE TABLE drafts (place TEXT PRIMARY KEY, photo TEXT, wave INTEGER, way TEXT, kept INTEGER,
  reason TEXT, pattern TEXT, text TEXT, value TEXT) WITHOUT ROWID;
CREATE INDEX drafts_photo ON drafts (photo, place);
CREATE INDEX drafts_wave ON drafts (wave, place);
CREATE TABLE things (thing TEXT, ring TEXT, photo TEXT, PRIMARY KEY (thing, ring)) WITHOUT ROWID;
CREATE TABLE seen (thing TEXT, ring TEXT, photo TEXT, PRIMARY KEY (thing, ring)) WITHOUT ROWID;
CREATE INDEX seen_photo ON seen (photo, thing);
CREATE TABLE asked (row TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE moves (photo TEXT, draft TEXT, wave INTEGER,
  PRIMARY KEY (draft, photo)) WITHOUT ROWID;
CREATE INDEX moves_photo ON moves (wave, photo, draft);
CREATE TABLE rows (id TEXT PRIMARY KEY, place TEXT, photo TEXT, kind TEXT,
  value TEXT) WITHOUT ROWID;
CREATE INDEX rows_photo ON rows (photo, place);
CREATE TABLE lost (place TEXT, step TEXT, photo TEXT, row TEXT, input TEXT, text TEXT,
  failed INTEGER, reason TEXT, detail TEXT, retryable INTEGER);
CREATE INDEX lost_place ON lost (place);
CREATE INDEX lost_photo ON lost (photo);
"""


class RowLog:
    """The file while it is open. Used by one thread at a time."""

    def __init__(self, path: Path | None = None) -> None:
        """A new file; what a killed run left of an earlier one goes. None: in memory."""
        self._path = path
        if path is not None:
            _remove(path)
        self._open(path)
        self._db.executescript(TABLES)

    @classmethod
    def left_at(cls, path: Path) -> "RowLog":
        """The log of a run that was killed; it stays where it is. Raises `sqlite3.Error`."""
        log = cls.__new__(cls)
        log._path = None
        log._open(path)
        return log

    def _open(self, path: Path | None) -> None:
        self._db = sqlite3.connect(
            path or ":memory:", check_same_thread=False, isolation_level="DEFERRED"
        )
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._timer: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """Take the file away: all of it is in the run's tables, or can be replayed."""
        if self._timer is not None:
            self._timer.cancel()
        self._db.close()
        if self._path is not None:
            _remove(self._path)

    def commit(self) -> None:
        """Bring to the disk what was written. Raises `RunFailed`."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        with _told():
            self._db.commit()

    def extend(self, tables: str) -> None:
        """Further tables, of another kind of build."""
        with _told():
            self._db.executescript(tables)

    def write(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Write, and see to it that it is on the disk soon. Raises `RunFailed`."""
        with _told():
            self._db.execute(statement, values)
        if self._timer is None:
            with suppress(RuntimeError):  # no loop runs: whoever writes commits
                self._timer = asyncio.get_running_loop().call_later(COMMIT_S, self.commit)

    def read(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a question of which few are expected."""
        with _told():
            return self._db.execute(statement, values).fetchall()

    def one(self, statement: str, values: Sequence[Any] = ()) -> Any:
        """The first value of the first row; None where there is none."""
        with _told():
            found = self._db.execute(statement, values).fetchone()
        return found[0] if found else None

    def stream(self, statement: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows one by one. Nothing must be written into the tables it reads until it ends."""
        with _told():
            cursor = self._db.execute(statement, values)
            while found := cursor.fetchmany(CHUNK):
                yield from found

    def tell(self, told: Callable[[str], object]) -> None:
        """Tell of each question and each writing from here on, values and all."""
        self._db.set_trace_callback(told)

    def add_input(self, at: int, source: str, fate: str) -> None:
        """An input: the photo's id, or what else became of it."""
        self.write("INSERT INTO inputs VALUES (?, ?, ?)", (at, source, fate))

    def add_photo(self, at: int, photo: Photo, ring: str) -> None:
        """A photo, in the order of the input; `ring` is its place among those set beside others."""
        values = (photo.id, at, ring, photo_json(photo))
        self.write("INSERT INTO photos (id, at, ring, value) VALUES (?, ?, ?, ?)", values)

    def photo(self, photo: str) -> Photo:
        """Raises `KeyError` for one that is not there."""
        found = self.one("SELECT value FROM photos WHERE id = ?", (photo,))
        if found is None:
            raise KeyError(photo)
        return photo_of(found)

    def add_row(self, place: str, row: Sample) -> tuple[str, str] | None:
        """Keep a row. Of two with one id the earlier place stays; returns the place and the parent
        of the other."""
        other = self.keep(place, row.id, row.triplet.photo, row.kind, sample_json(row))
        return (other[0], sample_of(other[1], {}).parent) if other else None

    def keep(
        self, place: str, row: str, photo: str, kind: Kind, value: str
    ) -> tuple[str, str] | None:
        """The same of a row of any build: its id, its (first) photo, and `value` to read it from.
        Returns the place and the value of the other."""
        found = self.read("SELECT place, value FROM rows WHERE id = ?", (row,))
        if found and found[0][0] <= place:
            return place, value
        values = (row, place, photo, str(kind), value)
        self.write("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?)", values)
        return (found[0][0], found[0][1]) if found else None

    def rows(self, provenance: dict[str, str]) -> Iterator[Sample]:
        """All rows: by photo in input order, then by place."""
        found = self.stream(
            "SELECT r.value FROM photos p CROSS JOIN rows r ON r.photo = p.id"
            " ORDER BY p.at, r.place"
        )
        return (sample_of(value, provenance) for (value,) in found)

    def lose(self, place: str, lost: Lost) -> None:
        """A row that left early."""
        end = lost.outcome
        failed = isinstance(end, Failed)
        reason = (end.error, end.hint) if isinstance(end, Failed) else (end.reason, end.detail)
        retryable = isinstance(end, Failed) and end.retryable
        where = (place, end.step, lost.photo, lost.row, lost.input, lost.text)
        values = (*where, failed, *reason, retryable)
        self.write("INSERT INTO lost VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)

    def lost(self) -> Iterator[Lost]:
        """All of them, by place."""
        found = self.stream(
            "SELECT step, photo, row, input, text, failed, reason, detail, retryable FROM lost"
            " ORDER BY place, step, row"
        )
        for step, photo, row, source, text, failed, reason, detail, retryable in found:
            end: Dropped | Failed = Dropped(step, reason, detail)
            if failed:
                end = Failed(step, reason, bool(retryable), detail)
            yield Lost(end, source, photo, row, text)

    def texts(self, photo: str) -> list[str]:
        """The sentences that were written for a photo so far."""
        found = self.read("SELECT text FROM drafts WHERE photo = ? ORDER BY place", (photo,))
        return [text for (text,) in found]

    def harmless_texts(self, photo: str) -> list[str]:
        """The sentences of a photo's own controls."""
        found = self.stream(
            "SELECT value FROM rows WHERE photo = ? AND kind IN (?, ?) ORDER BY place",
            (photo, Kind.CONTROL_TEXT, Kind.HARD_NEGATIVE),
        )
        return [sample_of(value, {}).triplet.text for (value,) in found]

    def visited(self, photo: str) -> None:
        """A photo came to the end of a look of the author."""
        self.write("UPDATE photos SET visited = visited + 1 WHERE id = ?", (photo,))

    def count_rows(self, kind: Kind) -> int:
        """How many rows of a kind there are."""
        return int(self.one("SELECT COUNT(*) FROM rows WHERE kind = ?", (kind,)))


@contextmanager
def opened_log(path: Path) -> Iterator[RowLog]:
    """A new log, closed and taken away when the block ends."""
    log = RowLog(path)
    try:
        yield log
    finally:
        log.close()


@contextmanager
def _told() -> Iterator[None]:
    """A log that cannot be written ends the run: a row without it would be lost without a word."""
    try:
        yield
    except sqlite3.Error as error:
        raise RunFailed(
            f"the log of rows in the run's folder cannot be used: {error}",
            hint="free some space, and run the same command again: all answers so far are kept",
        ) from error


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def place_of(*parts: int) -> str:
    """A text that sorts as the numbers do."""
    return ".".join(f"{part:07}" for part in parts)
