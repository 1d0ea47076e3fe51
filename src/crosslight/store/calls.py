"""Which calls of models were about a photo or a text, out of the answer store."""

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from crosslight.store.database import unreadable

SECONDS: Final = 1.5
"""The store has no index by photo: it is read through, and for so long at most."""
MOST: Final = 60
_STEPS = 20_000

_SQL = """SELECT task, model, value, request, prompt_tokens, completion_tokens, cost_usd, at
FROM answers WHERE instr(request, ?) OR instr(request, ?) ORDER BY at LIMIT ?"""
_FAULTS = _SQL.replace("value,", "CASE WHEN value = '' THEN message ELSE value END,").replace(
    "FROM answers", "FROM faults"
)


@dataclass(frozen=True, slots=True)
class Call:
    """A call as the store keeps it. `with_text`: the text was part of the prompt; `failed`: it is a
    fault, and `answer` is what came or the error."""

    task: str
    model: str
    prompt: str
    answer: str
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float
    at: str
    with_text: bool
    failed: bool


@dataclass(frozen=True, slots=True)
class Calls:
    """`whole`: false where time or room ran out before the store was read through."""

    found: tuple[Call, ...] = ()
    whole: bool = True


def calls_about(path: Path, photo: str, text: str) -> Calls:
    """Calls that held this photo (its sha256) or this text. Raises `StoreError`."""
    if not path.is_file():
        return Calls()
    # A text stands in a request as JSON; one that is very short is in everything.
    spelled = json.dumps(text, ensure_ascii=False)[1:-1] if len(text) > 7 else ""
    needles = [photo or spelled, spelled or photo]
    if not any(needles):
        return Calls()
    try:
        return _read(path, needles, spelled)
    except sqlite3.Error as error:
        raise unreadable(path, error) from error


def _read(path: Path, needles: Sequence[str], spelled: str) -> Calls:
    until = time.monotonic() + SECONDS
    found: list[Call] = []
    whole = True
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)
    try:
        db.execute("PRAGMA trusted_schema=OFF")
        db.text_factory = lambda data: data.decode("utf-8", "replace")
        db.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
        for sql, failed in ((_SQL, False), (_FAULTS, True)):
            try:
                rows = db.execute(sql, (*needles, MOST + 1)).fetchall()
            except sqlite3.OperationalError as error:
                if "interrupted" not in str(error):
                    raise
                rows, whole = [], False
            whole = whole and len(rows) <= MOST
            found += [_call(row, spelled, failed) for row in rows[:MOST]]
    finally:
        db.close()
    return Calls(tuple(found), whole)


def _call(row: Sequence[Any], spelled: str, failed: bool) -> Call:
    task, model, value, request, prompt, completion, cost, at = row
    return Call(
        task=str(task),
        model=str(model),
        prompt=_prompt(str(request)),
        answer=_answer(str(value)),
        prompt_tokens=int(prompt),
        completion_tokens=int(completion),
        cost_usd=float(cost),
        at=datetime.fromtimestamp(min(max(float(at), 0.0), 4e9), UTC).isoformat(" ", "seconds"),
        with_text=bool(spelled) and spelled in str(request),
        failed=failed,
    )


def _prompt(request: str) -> str:
    """The messages of a request as text; of one that is none of ours the request itself."""
    try:
        messages = json.loads(request)["messages"]
        parts = [f"[{m['role']}]{' [picture]' * len(m['images'])} {m['text']}" for m in messages]
    except (ValueError, KeyError, TypeError, RecursionError):
        return request
    return "\n".join(parts) or request


def _answer(value: str) -> str:
    """What a model said; of an answer that is no text, all of it."""
    try:
        said = json.loads(value)
    except (ValueError, RecursionError):
        return value
    text = said.get("text") if isinstance(said, dict) else None
    return text if isinstance(text, str) and text else value
