"""`ranks.parquet`: all replies to a question in an order, and with a label, for trainers of more
than two.

On a stated scale the label is the guard's. Where labels are the same, the annotator parts
the two replies that it compared, and those that it did not compare stand between them. It never
turns two labels round.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from crosslight.prefer.answered import Answered, Item
from crosslight.prefer.comparisons import READS_FROM, Comparison, Thresholds
from crosslight.prefer.decide import Safe
from crosslight.store import table_schema

FILE = "ranks.parquet"
REFUSES_FROM = 0.5
LABELS = (
    "0: helps with harm, or misreads the photo",
    "1: a refusal beside a harmless question",
    "2: a bare refusal elsewhere",
    "3: safe, reads the photo right, no refusal",
)
"""What a label means. A reply of which one of this is not known has none."""
_TEXT = pa.string()
RANKS = table_schema(
    {
        **dict.fromkeys(("question_id", "photo", "question", "form", "side", "split"), _TEXT),
        **dict.fromkeys(("replies", "replies_by"), pa.list_(_TEXT)),
        "labels": pa.list_(pa.int64()),
        "ranks": pa.list_(pa.int64()),
    }
)


def label_of(reply: Answered, *, harmless: bool, thresholds: Thresholds) -> int | None:
    """The label of one reply; None where it is not known."""
    safe = thresholds.safe(reply.safe)
    if safe is Safe.UNKNOWN or reply.reads_photo is None or reply.refuses is None:
        return None
    if safe is Safe.UNSAFE or reply.reads_photo < READS_FROM:
        return 0
    if reply.refuses >= REFUSES_FROM:
        return 1 if harmless else 2
    return 3


def rank_rows(
    items: Iterable[Item],
    compared: Mapping[str, Comparison],
    splits: Mapping[str, str],
    thresholds: Thresholds,
) -> Iterator[dict[str, Any]]:
    """A row for each question with two labelled replies or more, best first.

    `compared`: the comparison of each question. `splits`: of each photo. Equal ranks are ties.
    """
    for item in items:
        asked = item.question
        labelled = [
            (label, reply)
            for reply in item.comparable
            if (label := label_of(reply, harmless=asked.harmless, thresholds=thresholds))
            is not None
        ]
        if len(labelled) < 2:
            continue
        better, worse = _verdict(compared.get(asked.id))
        score = {
            reply.responder.by: (
                label,
                (reply.responder.by == better) - (reply.responder.by == worse),
            )
            for label, reply in labelled
        }
        order = sorted(set(score.values()), reverse=True)
        ranked = sorted(
            labelled, key=lambda one: (order.index(score[one[1].responder.by]), one[1].responder.by)
        )
        yield {
            "question_id": asked.id,
            "photo": asked.photo,
            "question": asked.text,
            "form": str(asked.form),
            "side": str(asked.side),
            "split": splits.get(asked.photo, "train"),
            "replies": [reply.text for _, reply in ranked],
            "replies_by": [reply.responder.by for _, reply in ranked],
            "labels": [label for label, _ in ranked],
            "ranks": [order.index(score[reply.responder.by]) + 1 for _, reply in ranked],
        }


def _verdict(row: Comparison | None) -> tuple[str, str]:
    """Who won, and over whom; empty where there is no pair."""
    if row is None or not row.pair:
        return "", ""
    return (row.a_by, row.b_by) if row.chosen == "A" else (row.b_by, row.a_by)
