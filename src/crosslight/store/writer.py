"""The thread that writes answers: group commits of a few milliseconds.

A commit that reaches the disk costs about a millisecond, whatever it holds. So the records that
arrive within `linger` share one, at most `window` of them: that is what a kill can lose of what
the client had already read.
"""

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from crosslight.store.database import connect, unreadable
from crosslight.store.errors import StoreError
from crosslight.store.record import Record

WINDOW = 16
LINGER_S = 0.002

_ANSWERS = "INSERT INTO answers VALUES {} ON CONFLICT(key) DO NOTHING"
_ANSWER = "(?,?,?,?,?,?,?,?,?,?)"
_FAULT = """INSERT INTO faults VALUES (?,?,?,?,?,?,?,?,?,?,?,?,1,?)
ON CONFLICT(key) DO UPDATE SET status=excluded.status, value=excluded.value,
message=excluded.message, hint=excluded.hint, sticky=excluded.sticky,
count=count+1, at=excluded.at, cost_usd=cost_usd+excluded.cost_usd,
prompt_tokens=prompt_tokens+excluded.prompt_tokens,
completion_tokens=completion_tokens+excluded.completion_tokens"""

_MAKE_ROOM = "DELETE FROM answers WHERE key=? AND value IS ? AND vector IS ?"

Waiter = asyncio.Future[bool]
Item = tuple[Record, Waiter, Record | None]
"""A record, who waits for it, and the bad record that it takes the place of."""


class Writer:
    """Takes records from the event loop's thread and resolves their futures when durable.

    A future's result is False where the key already had an answer: the first one stays.
    """

    def __init__(self, path: Path, *, window: int = WINDOW, linger_s: float = LINGER_S) -> None:
        self._path = path
        self._window = window
        self._linger = linger_s
        self._db = connect(path)
        self._queue: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="answer-writer", daemon=True)
        self._closed = False
        self.commits = 0
        self._thread.start()

    def submit(self, record: Record, instead_of: Record | None = None) -> Waiter:
        """Queue one record; to be called in a running event loop."""
        if self._closed:
            raise StoreError("the answer store is closed")
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._queue.put((record, waiter, instead_of))
        return waiter

    def close(self) -> None:
        """Write what is queued, then end the thread."""
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        self._db.close()

    def _run(self) -> None:
        last = False
        while not last:
            items, last = self._take()
            if items:
                self._write(items)

    def _take(self) -> tuple[list[Item], bool]:
        """One window of records; True when it is the last."""
        first = self._queue.get()
        if first is None:
            return [], True
        items = [first]
        if self._queue.qsize() < self._window - 1 and not self._closed:
            time.sleep(self._linger)
        while len(items) < self._window:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
            if item is None:
                return items, True
            items.append(item)
        return items, False

    def _write(self, items: list[Item]) -> None:
        try:
            fresh = self._commit(items)
        except Exception as error:
            if len(items) > 1:
                # One record that SQLite does not take must not cost its neighbours.
                for item in items:
                    self._write([item])
                return
            # The run must hear of a disk that is full, not wait for ever.
            failure = error if isinstance(error, StoreError) else unreadable(self._path, error)
            _resolve(items, lambda waiter, _: waiter.set_exception(failure))
        else:
            self.commits += 1
            _resolve(items, lambda waiter, at: waiter.set_result(fresh[at]))

    def _commit(self, items: list[Item]) -> list[bool]:
        """Write a window; says of each record whether it is the first answer of its key."""
        records = [record for record, _, _ in items]
        bad = [(b.key, b.value, b.vector) for _, _, b in items if b is not None]
        faults = [record for record in records if not record.ok]
        answers = {record.key: record for record in records if record.ok}
        if not faults and not bad:
            known = _insert_answers(self._db, answers)
        else:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany(_MAKE_ROOM, bad)
                self._db.executemany(_FAULT, [_fault_row(record, time.time()) for record in faults])
                known = _insert_answers(self._db, answers) if answers else set()
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        return [
            not record.ok or (record.key not in known and answers[record.key] is record)
            for record in records
        ]


def _insert_answers(db: sqlite3.Connection, answers: dict[str, Record]) -> set[str]:
    """Insert these answers; returns the keys that had one already.

    One statement, which is a transaction by itself: after each statement this thread waits for
    the interpreter lock, up to 5 ms while the event loop is busy.
    """
    now = time.time()
    sql = _ANSWERS.format(",".join([_ANSWER] * len(answers)))
    rows = [value for record in answers.values() for value in _answer_row(record, now)]
    if db.execute(sql, rows).rowcount == len(answers):
        return set()
    # Another process was first with some. Those that are ours carry our time.
    marks = ",".join("?" * len(answers))
    found = f"SELECT key FROM answers WHERE at<>? AND key IN ({marks})"  # noqa: S608
    return {key for (key,) in db.execute(found, [now, *answers])}


def _answer_row(r: Record, now: float) -> tuple[object, ...]:
    usage = (r.prompt_tokens, r.completion_tokens, r.cost_usd)
    return (r.key, r.task, r.model, r.value, r.vector, r.request, *usage, now)


def _fault_row(r: Record, now: float) -> tuple[object, ...]:
    fault = (r.key, r.task, r.model, r.status, r.value, r.message, r.hint, int(r.sticky))
    return (*fault, r.request, r.prompt_tokens, r.completion_tokens, r.cost_usd, now)


def _resolve(items: list[Item], settle: Callable[[Waiter, int], None]) -> None:
    """Wake all waiters of a window with one call into their loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[int, Waiter]]] = {}
    for at, (_, waiter, _) in enumerate(items):
        by_loop.setdefault(waiter.get_loop(), []).append((at, waiter))

    def wake(waiters: list[tuple[int, Waiter]]) -> None:
        for at, waiter in waiters:
            if not waiter.done():
                settle(waiter, at)

    for loop, waiters in by_loop.items():
        try:
            loop.call_soon_threadsafe(wake, waiters)
        except RuntimeError:  # the loop has ended: nobody waits any more
            continue
