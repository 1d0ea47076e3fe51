"""Search in the words of rows: a scan of some thousand rows, an index (SQLite FTS5) of many.

The index lies in the cache folder under the hash of what it was made from, and is made in a thread
of its own; until it is there what it has seen so far is searched, and the page says how much.
"""

import hashlib
import os
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crosslight.view.rows.files import Files
from crosslight.view.rows.narrow import Numbers
from crosslight.view.rows.shape import Shape

SCANNED: Final = 100_000
"""Up to so many rows are scanned: 30 ms a column, parts of words are found too."""
CUT: Final = 20_000
"""Characters of a cell that enter the index."""


class Searched(Protocol):
    """What a table is to a search."""

    shape: Shape
    files: Files
    rows: int


class Search:
    """`cache`: a folder for indices; without one everything is scanned."""

    def __init__(self, cache: Path | None = None, *, scanned: int = SCANNED) -> None:
        self.cache = cache
        self.scanned = scanned
        self._lock = threading.Lock()
        self._making: dict[Path, _Making] = {}

    def find(self, table: Searched, words: str) -> tuple[Numbers, int]:
        """Which rows have these words, and how many rows were looked at."""
        if not table.shape.texts:
            return np.zeros(table.rows, dtype=bool), table.rows
        if table.rows <= self.scanned or self.cache is None:
            return _scan(table, words), table.rows
        path = self.cache / f"{_key(table)}.fts.sqlite"
        found = _indexed(path, words, table.rows)
        if found is not None:
            return found, table.rows
        making = self._made(table, path)
        if not making.wait(0.05):
            seen = min(max(self.scanned, 1), table.rows)
            return _scan(table, words, limit=seen), seen
        found = None if making.failed else _indexed(path, words, table.rows)
        if found is None:  # a full disk, say: slow and right is better than quick and wrong
            found = _scan(table, words)
        return found, table.rows

    def _made(self, table: Searched, path: Path) -> "_Making":
        """The thread that makes the index: the one that runs, or a new one. A failed one is not
        tried again, as each try costs as long as the first."""
        with self._lock:
            making = self._making.get(path)
            if making is None or (making.wait(0) and not making.failed):
                making = self._making[path] = _Making(table, path)
                making.start()
            return making


class _Making(threading.Thread):
    """Makes one index, all at once: a file of half an index is never found."""

    def __init__(self, table: Searched, path: Path) -> None:
        super().__init__(daemon=True, name="search-index")
        self.table, self.path = table, path
        self.failed = False
        self._ended = threading.Event()

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within so many seconds."""
        return self._ended.wait(seconds)

    def run(self) -> None:
        """Make it."""
        part = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            part.unlink(missing_ok=True)
            _make(self.table, part)
            part.replace(self.path)
        except Exception:
            self.failed = True
            with suppress(OSError):
                part.unlink(missing_ok=True)
        finally:
            self._ended.set()


def _make(table: Searched, path: Path) -> None:
    columns = table.shape.texts
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA journal_mode=OFF")
        base.execute("PRAGMA synchronous=OFF")
        base.execute("CREATE VIRTUAL TABLE words USING fts5(text, content='', detail=none)")
        start = 0
        for batch in table.files.batches(columns):
            cells = zip(*(_cut(column).to_pylist() for column in batch.columns), strict=True)
            rows = [(start + n, "\n".join(c for c in r if c)) for n, r in enumerate(cells)]
            base.executemany("INSERT INTO words(rowid, text) VALUES (?, ?)", rows)
            start += len(batch)
        base.commit()


def _cut(column: pa.Array) -> pa.Array:
    return pc.utf8_slice_codeunits(_strings(column), 0, CUT)


def _strings(column: pa.Array) -> pa.Array:
    """Text of a column; one of lists as its values in a line."""
    if pa.types.is_list(column.type) and pa.types.is_string(column.type.value_type):
        return pc.binary_join(column, "\n")
    return pc.cast(column, pa.string())


def _indexed(path: Path, words: str, rows: int) -> Numbers | None:
    """None where there is no index yet, or a damaged one."""
    if not path.is_file():
        return None
    # Every word in quotes of its own: nothing that somebody types is syntax. A NUL would end it.
    asked = " AND ".join(
        '"' + word.replace('"', '""') + '"*' for word in words.replace("\0", " ").split()
    )
    found = np.zeros(rows, dtype=bool)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
            hits = base.execute("SELECT rowid FROM words WHERE words MATCH ?", (asked,)).fetchall()
    except UnicodeEncodeError:  # half a letter: no row has it
        return found
    except sqlite3.Error:
        return None
    numbers = np.fromiter((hit[0] for hit in hits), dtype=np.int64, count=len(hits))
    found[numbers[numbers < rows]] = True
    return found


def _scan(table: Searched, words: str, limit: int | None = None) -> Numbers:
    found = np.zeros(table.rows, dtype=bool)
    start = 0
    for batch in table.files.batches(table.shape.texts):
        hit = np.ones(len(batch), dtype=bool)
        for word in words.split():
            any_column = np.zeros(len(batch), dtype=bool)
            for column in batch.columns:
                matched = pc.match_substring(_strings(column), word, ignore_case=True)
                any_column |= matched.fill_null(False).to_numpy(zero_copy_only=False)
            hit &= any_column
        found[start : start + len(batch)] = hit
        start += len(batch)
        if limit is not None and start >= limit:
            break
    return found


def _key(table: Searched) -> str:
    """The files by place, size and time, and the columns."""
    about = [(str(p.resolve()), p.stat().st_size, p.stat().st_mtime_ns) for p in table.shape.files]
    return hashlib.sha256(repr((about, table.shape.texts)).encode()).hexdigest()[:32]
