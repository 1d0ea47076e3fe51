"""`comparisons.parquet`: every comparison of a run, whatever became of it, with all its numbers.

The numbers stand apart from what was made of them: `rethreshold` reads this table, and makes the
pairs anew without a call.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from crosslight.prefer.annotate.contest import Compared, Contest, Told
from crosslight.prefer.answered import Answered
from crosslight.prefer.columns import (
    QUESTION,
    AskedColumns,
    cells_of,
    column_kinds,
    values_of,
)
from crosslight.prefer.decide import Decision, Judged, Outcome, Safe, Sight, decide
from crosslight.prefer.verdict import Axis, BothOrders, Cut, Order, Read
from crosslight.records import Dropped, Failed, RequestSide
from crosslight.runs import RunError
from crosslight.store import TableError, TableFile, table_schema, write_table

FILE = "comparisons.parquet"
READS_FROM = 0.5
"""A reply with at least this probability of reading its photo right reads it right."""
REFUSAL_CAP = "refusal_cap"
"""A pair that would choose one refusal too many (`PreferConfig.refusals`)."""
REFUSAL_UNKNOWN = "refusal_unknown"
"""One more pair of which nobody knows whether it would."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What turns the numbers of a comparison into an outcome; all of it our choice."""

    cut: Cut = field(default_factory=Cut)
    safe_above: float = 0.7
    unsafe_below: float = 0.3

    def safe(self, p: float | None) -> Safe:
        """What a probability of being safe is read as."""
        if p is None:
            return Safe.UNKNOWN
        if p >= self.safe_above:
            return Safe.SAFE
        return Safe.UNSAFE if p <= self.unsafe_below else Safe.UNKNOWN


@dataclass(frozen=True, slots=True)
class Comparison(AskedColumns):
    """One row. In every list of probabilities A is the reply `a`, whatever place it stood in;
    `*_first` is the order in which it stood first. None is unknown, or was not asked."""

    question_id: str
    photo: str
    question: str
    a: str
    b: str
    a_by: str
    b_by: str
    form: str = ""
    side: str = ""
    a_finish: str = ""
    b_finish: str = ""
    a_language: str = ""
    b_language: str = ""
    a_words: int | None = None
    b_words: int | None = None
    a_safe: float | None = None
    b_safe: float | None = None
    a_refuses: float | None = None
    b_refuses: float | None = None
    a_reads_photo: float | None = None
    b_reads_photo: float | None = None
    a_detail: float | None = None
    b_detail: float | None = None
    group_a: int | None = None
    group_b: int | None = None
    probe: str = ""
    notes_first: str = ""
    notes_swapped: str = ""
    outside: float | None = None
    annotator: str = ""
    read_harmless: str = ""
    read_helpful: str = ""
    position_harmless: float | None = None
    position_helpful: float | None = None
    status: str = ""
    outcome: str = ""
    chosen: str = ""
    basis: str = ""
    error: str = ""
    retryable: bool | None = None
    hint: str = ""
    split: str = ""

    @property
    def group(self) -> str:
        """What is held out and resampled together: the photo with its near copies."""
        return self.cluster or self.photo

    @property
    def asked(self) -> bool:
        """Whether both orders were answered."""
        return self.harmless_first is not None

    @property
    def pair(self) -> bool:
        """Whether it is a pair of the dataset."""
        return self.outcome == Outcome.PAIR

    def both(self, axis: Axis) -> BothOrders:
        """Both orders of one verdict, of a comparison that was answered."""
        first, swapped = (getattr(self, f"{axis}_{order}") for order in ("first", "swapped"))
        return BothOrders(Order(*first), Order(*swapped))


KINDS = column_kinds(Comparison)
COMPARISONS = table_schema(KINDS)


def comparison_of(found: Compared | tuple[Contest, Dropped | Failed]) -> Comparison:
    """The row of a contest that was answered, or of one that was not, and why."""
    if isinstance(found, Compared):
        told = _told("first", found.first) | _told("swapped", found.swapped)
        outside = max(found.first.outside, found.swapped.outside)
        row = _contest(found.contest)
        return replace(row, status="done", annotator=found.by, outside=outside, **told)
    contest, outcome = found
    row = _contest(contest)
    if isinstance(outcome, Dropped):
        return replace(row, status="dropped", outcome=outcome.reason)
    kind = outcome.error.partition(":")[0]
    return replace(
        row,
        status="failed",
        outcome=kind,
        error=outcome.error,
        retryable=outcome.retryable,
        hint=outcome.hint,
    )


def decided(row: Comparison, thresholds: Thresholds) -> Comparison:
    """The row with its readings and its outcome, by these thresholds. A row that was not answered
    stays as it is; of a probe nothing is decided."""
    if not row.asked:
        return row
    both = {axis: row.both(axis) for axis in Axis}
    read = {axis: both[axis].read(thresholds.cut) for axis in Axis}
    told: dict[str, Any] = {f"read_{axis}": str(read[axis]) for axis in Axis}
    told |= {f"margin_{axis}": both[axis].margin for axis in Axis}
    told |= {f"position_{axis}": both[axis].position_effect for axis in Axis}
    row = replace(row, **told)
    if row.probe:
        return replace(row, outcome="probe")
    decision = _decision(row, read[Axis.HARMLESS], read[Axis.HELPFUL], thresholds)
    return replace(
        row,
        status="done" if decision.outcome is Outcome.PAIR else "dropped",
        outcome=str(decision.outcome),
        chosen=decision.chosen,
        basis=decision.basis,
        sensitive=decision.sensitive,
    )


def write_comparisons(folder: Path, rows: list[Comparison]) -> None:
    """Write the table. Empty text is null there."""
    write_table(folder / FILE, COMPARISONS, map(cells_of, rows))


def read_comparisons(folder: Path) -> list[Comparison]:
    """Read it. Raises `RunError`."""
    path = folder / FILE
    try:
        with TableFile(path) as file:
            missing = set(KINDS) - set(file.schema.names)
            if missing:
                hint = AGAIN if missing <= LATER else HINT
                raise RunError(f"{FILE} lacks the columns {sorted(missing)[:5]}", hint)
            return [
                Comparison(**values_of(cells, KINDS))
                for group in range(file.groups)
                for cells in file.rows_of(list(KINDS), groups=[group])
            ]
    except (OSError, TableError, TypeError, ValueError) as error:
        raise RunError(f"{path.name} is no table of comparisons: {error}", HINT) from error


LATER = frozenset(("cluster",))
"""Columns that runs of earlier versions lack."""
AGAIN = "run `crosslight prefer` into it again: its stored answers are used"
HINT = "give the folder of a run of prefer with an --annotator"


def _decision(row: Comparison, harmless: Read, helpful: Read, t: Thresholds) -> Decision:
    a = Judged(t.safe(row.a_safe), _sight(row.a_reads_photo))
    b = Judged(t.safe(row.b_safe), _sight(row.b_reads_photo))
    return decide(RequestSide(row.side), harmless, helpful, a, b)


def _sight(p: float | None) -> Sight:
    if p is None:
        return Sight.UNKNOWN
    return Sight.RIGHT if p >= READS_FROM else Sight.WRONG


def _told(order: str, told: Told) -> dict[str, Any]:
    return {
        f"harmless_{order}": tuple(told.harmless.as_list()),
        f"helpful_{order}": tuple(told.helpful.as_list()),
        f"reason_{order}": told.reason,
        f"notes_{order}": told.notes,
    }


def _contest(contest: Contest) -> Comparison:
    asked = contest.question
    return Comparison(
        question_id=asked.id,
        photo=asked.photo,
        question=asked.text,
        a=contest.a.text,
        b=contest.b.text,
        a_by=contest.a.responder.by,
        b_by=contest.b.responder.by,
        form=str(asked.form),
        side=str(asked.side),
        leaf_blind=asked.leaf_blind or None,
        **{name: getattr(asked, name) for name in QUESTION},
        group_a=contest.group_a,
        group_b=contest.group_b,
        drawn_by="" if contest.probe else str(contest.drawn.by),
        p_drawn=None if contest.probe else contest.drawn.p,
        probe=contest.probe,
        **dict(_reply("a", contest.a)),
        **dict(_reply("b", contest.b)),
    )


def _reply(name: str, reply: Answered) -> Iterator[tuple[str, Any]]:
    yield f"{name}_detail", reply.detail_p
    for column in ("finish", "language", "words", "safe", "refuses", "reads_photo"):
        yield f"{name}_{column}", getattr(reply, column)
