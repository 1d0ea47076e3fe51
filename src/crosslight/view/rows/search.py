"""Search in the words of rows: a scan of some thousand rows, an index (SQLite FTS5) of many.

The index lies in the cache folder under the hash of what it was made from, and is made in a thread
of its own; until it is there what it has seen so far is searched, and the page says how much.
"""

import re
import sqlite3
import threading
import time
from collections import OrderedDict
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crosslight.store import part_of, private_folder
from crosslight.view.rows.files import Files, drop_older, kept_at, stamp
from crosslight.view.rows.narrow import Numbers
from crosslight.view.rows.shape import Shape

SCANNED: Final = 100_000
"""Up to so many rows are scanned: 30 ms a column, parts of words are found too."""
MOST_SEEN: Final = 8
"""Searches of which it is kept what they found, or how far they are."""
SCAN_S, SAME_S = 0.5, 2.0
"""Seconds that a page without an index may look, and for which its answer stays the same."""
CUT: Final = 20_000
"""Characters of a cell that enter the index."""


_MATCHING: Final = "SELECT group_concat(rowid) FROM words WHERE words MATCH ?"
_LETTERS: Final = re.compile(r"[^\W_]+")


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
        self._seen: dict[tuple[Path, str], _Seen] = {}
        self._found: OrderedDict[tuple[object, ...], Numbers] = OrderedDict()

    def find(self, table: Searched, words: str) -> tuple[Numbers, int]:
        """Which rows have these words, and how many rows were looked at."""
        if not table.shape.texts:
            return np.zeros(table.rows, dtype=bool), table.rows
        if table.rows <= self.scanned or self.cache is None:
            return _scan(table, words), table.rows
        path = kept_at(self.cache, table.shape.files, table.shape.texts, "fts.sqlite")
        found = self._indexed(path, words, table.rows)
        if found is not None:
            return found, table.rows
        making = self._made(table, path)
        if not making.wait(0.05):
            return self._so_far(table, path, words)
        found = None if making.failed else self._indexed(path, words, table.rows)
        if found is None:  # a full disk, say: slow and right is better than quick and wrong
            found = _scan(table, words)
        return found, table.rows

    def _indexed(self, path: Path, words: str, rows: int) -> Numbers | None:
        """What the index says; a page asks for the same words several times."""
        try:
            key = (path, stamp(path), words)
        except OSError:  # not there yet
            return None
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        found = _indexed(path, words, rows)
        if found is not None:
            with self._lock:
                self._found[key] = found
                while len(self._found) > MOST_SEEN:
                    self._found.popitem(last=False)
        return found

    def _so_far(self, table: Searched, path: Path, words: str) -> tuple[Numbers, int]:
        """Some more rows at each load of a page, while there is no index. A page asks many times:
        all its parts get the same answer."""
        with self._lock:
            seen = self._seen.pop((path, words), None) or _Seen(np.zeros(table.rows, dtype=bool))
            if time.monotonic() >= seen.until:
                seen = seen.further(table, words, max(self.scanned, 1))
            self._seen[path, words] = seen
            while len(self._seen) > MOST_SEEN:
                self._seen.pop(next(iter(self._seen)))
        return seen.found, seen.rows

    def _made(self, table: Searched, path: Path) -> "_Making":
        """The thread that makes the index: the one that runs, or a new one. A failed one is not
        tried again, as each try costs as long as the first."""
        with self._lock:
            making = self._making.get(path)
            if making is None or (making.wait(0) and not making.failed):
                making = self._making[path] = _Making(table, path)
                making.start()
            return making


@dataclass(frozen=True)
class _Seen:
    """What a scan has found in the first so many rows, and until when that is enough."""

    found: Numbers
    rows: int = 0
    until: float = 0.0

    def further(self, table: Searched, words: str, most: int) -> "_Seen":
        """Look at the next row groups: up to `most` rows, and not for long."""
        began = time.monotonic()
        found = self.found.copy()
        starts, at = table.files.starts(), self.rows
        group = int(np.searchsorted(starts, at))
        while at < table.rows and at < self.rows + most and time.monotonic() < began + SCAN_S:
            for batch in table.files.batches(table.shape.texts, (group, group + 1)):
                found[at : at + len(batch)] = _hits(batch, words)
                at += len(batch)
            group += 1
        return _Seen(found, at, time.monotonic() + SAME_S)


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
        part = part_of(self.path)
        try:
            private_folder(self.path.parent)
            part.unlink(missing_ok=True)
            _make(self.table, part)
            part.replace(self.path)
            drop_older(self.path)
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
    """None where the index is damaged."""
    # Each run of letters and digits in quotes of its own, as the index has them: nothing that
    # somebody types is syntax, and `don't` is no phrase, which this index does not know.
    asked = " AND ".join(f'"{word}"*' for word in _LETTERS.findall(words))
    found = np.zeros(rows, dtype=bool)
    if not asked:
        return found
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
            # As one text: a tuple a row takes three times as long.
            (hits,) = base.execute(_MATCHING, (asked,)).fetchone()
    except sqlite3.Error as error:
        return found if "fts5" in str(error) else None
    numbers = np.fromstring(hits or "", dtype=np.int64, sep=",")
    found[numbers[numbers < rows]] = True
    return found


def _scan(table: Searched, words: str) -> Numbers:
    found = np.zeros(table.rows, dtype=bool)
    start = 0
    for batch in table.files.batches(table.shape.texts):
        found[start : start + len(batch)] = _hits(batch, words)
        start += len(batch)
    return found


def _hits(batch: pa.RecordBatch, words: str) -> Numbers:
    """Which rows have all the words, each in any column. Each word is looked for in the rows that
    have those before it."""
    hit = np.ones(len(batch), dtype=bool)
    for word in dict.fromkeys(words.split()):
        any_column = np.zeros(len(batch), dtype=bool)
        for column in batch.columns:
            matched = pc.match_substring(_strings(column), word, ignore_case=True)
            any_column |= matched.fill_null(False).to_numpy(zero_copy_only=False)
        hit[hit] = any_column
        batch = batch.filter(pa.array(any_column))
    return hit
