"""Rows that left a run early: `dropped.parquet` and `failed.parquet`, the same for all kinds."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from crosslight.records import Dropped, Failed
from crosslight.store import table_rows, table_schema, write_table

DROPPED_FILE = "dropped.parquet"
FAILED_FILE = "failed.parquet"
EXAMPLES = 3
"""Examples kept of each reason why rows were lost."""

_TEXT = pa.string()
_WHERE = ("input", "photo", "row", "subset", "step")
DROPPED = table_schema(dict.fromkeys((*_WHERE, "reason", "detail", "text"), _TEXT))
FAILED = table_schema(
    {**dict.fromkeys((*_WHERE, "error"), _TEXT), "retryable": pa.bool_(), "hint": _TEXT}
)


NOT_REACHED = Dropped("run", "not_reached", "the run stopped before this input")
"""What became of an input that a stop left out: neither dropped on purpose nor failed."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A row that left early. `input` is the name that the source gave, `subset` a benchmark's."""

    outcome: Dropped | Failed
    input: str
    photo: str = ""
    row: str = ""
    text: str = ""
    subset: str = ""

    @property
    def where(self) -> dict[str, str]:
        """The columns that both tables share."""
        return {
            "input": self.input,
            "photo": self.photo,
            "row": self.row,
            "subset": self.subset,
            "step": self.outcome.step,
        }


def write_lost(out: Path, lost: Collection[Lost]) -> None:
    """Write both tables; empty ones too, so that a reader finds them."""
    write_table(out / DROPPED_FILE, DROPPED, _dropped(lost))
    write_table(out / FAILED_FILE, FAILED, _failed(lost))


def _dropped(lost: Collection[Lost]) -> Iterator[dict[str, Any]]:
    for one in lost:
        if isinstance(one.outcome, Dropped):
            reason, detail = one.outcome.reason, one.outcome.detail
            yield {**one.where, "reason": reason, "detail": detail, "text": one.text}


def _failed(lost: Collection[Lost]) -> Iterator[dict[str, Any]]:
    for one in lost:
        if isinstance(one.outcome, Failed):
            o = one.outcome
            yield {**one.where, "error": o.error, "retryable": o.retryable, "hint": o.hint}


def failures_of(folder: Path) -> tuple[str, str, int, int]:
    """Of a run's folder: its most frequent error, the hint, how often, and how many there are."""
    counts = Counter(
        (row["error"], row["hint"]) for row in table_rows(folder / FAILED_FILE, ["error", "hint"])
    )
    if not counts:
        return "", "", 0, 0
    (error, hint), count = counts.most_common(1)[0]
    return error, hint, count, counts.total()


def most_frequent_failure(lost: Collection[Lost]) -> tuple[str, str, int]:
    """(error, hint, how often) of the most frequent failure; ("", "", 0) where nothing failed."""
    counts = Counter(
        (one.outcome.error, one.outcome.hint) for one in lost if isinstance(one.outcome, Failed)
    )
    if not counts:
        return "", "", 0
    (error, hint), count = counts.most_common(1)[0]
    return error, hint, count


@dataclass(frozen=True, slots=True)
class LostReason:
    """Rows that a step dropped or failed for one reason, with the first few as examples."""

    step: str
    reason: str
    count: int
    retryable: int
    examples: tuple[dict[str, str], ...]


def lost_of(path: Path, reason: str) -> tuple[LostReason, ...]:
    """What a table of lost rows holds, by step and `reason` (a column), most frequent first."""
    if not path.is_file():
        return ()
    counts: dict[tuple[str, str], int] = {}
    retryable: dict[tuple[str, str], int] = {}
    examples: dict[tuple[str, str], list[dict[str, str]]] = {}
    for values in table_rows(path):
        # An error is grouped by its class: what stands before the first colon.
        key = (str(values.get("step")), str(values.get(reason)).split(":", 1)[0])
        counts[key] = counts.get(key, 0) + 1
        retryable[key] = retryable.get(key, 0) + bool(values.get("retryable"))
        kept = examples.setdefault(key, [])
        if len(kept) < EXAMPLES:
            kept.append({k: "" if v is None else str(v) for k, v in values.items()})
    order = sorted(counts, key=lambda key: (-counts[key], key))
    return tuple(
        LostReason(*key, counts[key], retryable.get(key, 0), tuple(examples[key])) for key in order
    )
