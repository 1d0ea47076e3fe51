"""The answer store: every answer of a model, by the hash of everything that can change it.

One SQLite file for all commands and, with a busy timeout, for several processes on one machine.
Put it on a local disk: SQLite's write-ahead log does not work on network file systems.
"""

import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from crosslight.store.atomic import replacing
from crosslight.store.database import connect, unreadable
from crosslight.store.errors import StoreError
from crosslight.store.record import OK, Record
from crosslight.store.writer import LINGER_S, WINDOW, Writer

_GET = """SELECT key, task, model, value, request, vector, prompt_tokens, completion_tokens,
cost_usd FROM answers WHERE key=?"""
_GET_FAULT = """SELECT key, task, model, status, value, request, prompt_tokens,
completion_tokens, cost_usd, message, hint, sticky, count FROM faults WHERE key=?"""


@dataclass(frozen=True, slots=True)
class StoreStats:
    """What a store holds. `tasks` counts answers by (model, task); `faults` by kind."""

    answers: int
    faults: dict[str, int]
    tasks: dict[tuple[str, str], int]
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float
    bytes: int


class TooLarge(StoreError):
    """A record is larger than any of ours."""


class AnswerStore:
    """Answers and faults by key. `put` returns when the record is durable.

    Reads run in the caller's thread, on a connection of their own (some 20 us each): in WAL mode
    they never wait for the writer. Raises `StoreError` with a remedy.
    """

    def __init__(
        self, path: str | Path, *, window: int = WINDOW, linger_s: float = LINGER_S
    ) -> None:
        self.path = Path(path)
        self._writer = Writer(self.path, window=window, linger_s=linger_s)
        self._reader = connect(self.path, read_only=True)
        # A text that is no UTF-8 comes as bytes: one bad record, not a store that cannot be read.
        self._reader.text_factory = _text
        # Faults are few. Those that another process adds from now on are not seen in this run:
        # such a call is asked again, which is never wrong.
        self._faults = {key for (key,) in self._read("SELECT key FROM faults")}

    async def get(self, key: str) -> Record | None:
        """The answer of this key, else its fault, else None."""
        return self.lookup(key)

    def lookup(self, key: str) -> Record | None:
        """As `get`, without waiting."""
        try:
            rows = self._read(_GET, (key,))
        except TooLarge:  # no answer of ours: the caller takes it for none
            return Record(key, "", "", OK)
        if rows:
            (k, task, model, value, request, vector, prompt, completion, cost) = rows[0]
            return Record(k, task, model, OK, value, request, vector, prompt, completion, cost)
        rows = self._read(_GET_FAULT, (key,)) if key in self._faults else []
        if rows:
            (k, task, model, status, value, request, prompt, completion, cost) = rows[0][:9]
            message, hint, sticky, count = rows[0][9:]
            return Record(
                k,
                task,
                model,
                status,
                value,
                request,
                b"",
                prompt,
                completion,
                cost,
                message,
                hint,
                bool(sticky),
                count,
            )
        return None

    async def put(self, record: Record, *, instead_of: Record | None = None) -> Record:
        """Keep the record; returns what the store holds for its key once that is durable.

        That is another record where another process was first. The record is queued at once: a
        caller that is cancelled while it waits loses nothing. `instead_of`: what `lookup` gave and
        is no answer; it makes room, unless it has been replaced meanwhile.
        """
        if not record.ok:
            self._faults.add(record.key)
        if await self._writer.submit(record, instead_of):
            return record
        return self.lookup(record.key) or record

    def stats(self) -> StoreStats:
        """Counts, tokens and cost of all answers."""
        tasks = self._read("SELECT model, task, COUNT(*) FROM answers GROUP BY 1, 2 ORDER BY 1, 2")
        faults = self._read("SELECT status, COUNT(*) FROM faults GROUP BY 1 ORDER BY 1")
        sums = self._read(
            "SELECT TOTAL(prompt_tokens), TOTAL(completion_tokens), TOTAL(cost_usd) FROM answers"
        )[0]
        size = sum(
            file.stat().st_size
            for file in self.path.parent.glob(self.path.name + "*")
            if file.is_file()
        )
        return StoreStats(
            answers=sum(row[2] for row in tasks),
            faults=dict(faults),
            tasks={(model, task): count for model, task, count in tasks},
            prompt_tokens=_whole(sums[0]),
            completion_tokens=_whole(sums[1]),
            cost_usd=float(sums[2]),
            bytes=size,
        )

    def gc(
        self,
        *,
        older_than_days: float | None = None,
        model: str | None = None,
        task: str | None = None,
        faults_only: bool = False,
    ) -> int:
        """Delete what matches all given conditions and shrink the file; returns how many."""
        wheres, values = ["1"], list[Any]()
        for column, value in (("model", model), ("task", task)):
            if value is not None:
                wheres.append(f"{column}=?")
                values.append(value)
        if older_than_days is not None:
            wheres.append("at<?")
            values.append(time.time() - older_than_days * 86_400)
        tables = ("faults",) if faults_only else ("faults", "answers")
        gone = 0
        db = connect(self.path)
        try:
            for table in tables:
                # Table and column names are ours; values are bound.
                sql = f"DELETE FROM {table} WHERE {' AND '.join(wheres)}"  # noqa: S608
                gone += db.execute(sql, values).rowcount
            db.execute("VACUUM")
        except sqlite3.Error as error:
            raise unreadable(self.path, error) from error
        finally:
            db.close()
        return gone

    def export(self, path: str | Path) -> int:
        """Write all answers as JSON lines in the order of their keys; returns how many.

        A record that is no JSON, in a store that is damaged or not ours, is left out.
        """
        count = 0
        target = Path(path)
        with replacing(target) as file:
            for record in self.answers():
                line = _line(record)
                if line is not None:
                    file.write(line)
                    count += 1
        return count

    def answers(self) -> Iterator[Record]:
        """All answers in the order of their keys, a thousand at a time."""
        last = ""
        sql = _GET.replace("WHERE key=?", "WHERE key>? ORDER BY key LIMIT 1000")
        while rows := self._read(sql, (last,)):
            for k, task, model, value, request, vector, prompt, completion, cost in rows:
                yield Record(k, task, model, OK, value, request, vector, prompt, completion, cost)
            last = rows[-1][0]

    def close(self) -> None:
        """Write what is queued and close the file. May be called twice."""
        self._writer.close()
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        try:
            # fetchall ends the read transaction, so that the log can be checkpointed.
            return self._reader.execute(sql, values).fetchall()
        except sqlite3.DataError as error:
            raise TooLarge(f"{self.path}: {error}") from error
        except sqlite3.Error as error:
            raise unreadable(self.path, error) from error


def _text(data: bytes) -> str | bytes:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data


def _whole(total: float) -> int:
    """A sum of SQLite's: in a store that is not ours it may be infinite, or below zero."""
    return int(min(max(total, 0.0), 2.0**63))


def _line(record: Record) -> bytes | None:
    try:
        line = {
            "key": record.key,
            "task": record.task,
            "model": record.model,
            "request": json.loads(record.request or "null"),
            "value": json.loads(record.value or "null"),
            "prompt_tokens": record.prompt_tokens,
            "completion_tokens": record.completion_tokens,
            "cost_usd": record.cost_usd,
        }
        return (json.dumps(line, ensure_ascii=False) + "\n").encode()
    except (TypeError, ValueError, RecursionError):
        return None
