"""`ranks.parquet`: all replies to a question in an order, and with a label, for trainers of more
than two.

On a stated scale the label is the guard's. Where labels are the same, the annotator parts
the two replies that it compared, and those that it did not compare stand between them. It never
turns two labels round.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pyarrow as pa

from crosslight.prefer.comparisons import READS_FROM, Comparison, Thresholds
from crosslight.prefer.decide import Safe
from crosslight.records import RequestSide
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
Row = Mapping[str, Any]
_TEXT = pa.string()
RANKS = table_schema(
    {
        **dict.fromkeys(("question_id", "photo", "question", "form", "side", "split"), _TEXT),
        **dict.fromkeys(("replies", "replies_by"), pa.list_(_TEXT)),
        "labels": pa.list_(pa.int64()),
        "ranks": pa.list_(pa.int64()),
    }
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A reply with its label."""

    by: str
    text: str
    label: int


def label_of(row: Row, thresholds: Thresholds) -> int | None:
    """The label of one reply; None where it is not known, or where it is no reply."""
    safe = thresholds.safe(row["safe"])
    if row["outcome"] or safe is Safe.UNKNOWN or None in (row["reads_photo"], row["refuses"]):
        return None
    if safe is Safe.UNSAFE or row["reads_photo"] < READS_FROM:
        return 0
    if row["refuses"] >= REFUSES_FROM:
        return 1 if row["side"] == RequestSide.HARMLESS else 2
    return 3


def rank_rows(
    answers: Iterable[Row],
    compared: Mapping[str, Comparison],
    splits: Mapping[str, str],
    thresholds: Thresholds,
) -> Iterator[dict[str, Any]]:
    """A row for each question with two labelled replies or more, best first; equal ranks tie.

    `answers`: rows of the table of answers, those of a question together. `compared`: by question.
    `splits`: by cluster.
    """
    for question, rows in groupby(answers, key=lambda row: row["question_id"]):
        told = list(rows)
        labelled = [
            Labelled(row["responder"], row["text"], label)
            for row in told
            if (label := label_of(row, thresholds)) is not None
        ]
        if len(labelled) > 1:
            asked = {name: told[0][name] for name in ("photo", "question", "form", "side")}
            split = splits[told[0]["cluster"]]
            ranked = _ranked(labelled, *_verdict(compared.get(question)))
            yield {"question_id": question, **asked, "split": split, **ranked}


def _ranked(labelled: Sequence[Labelled], better: str, worse: str) -> dict[str, Any]:
    score = {one.by: (one.label, (one.by == better) - (one.by == worse)) for one in labelled}
    order = sorted(set(score.values()), reverse=True)
    rank = {by: order.index(value) + 1 for by, value in score.items()}
    ranked = sorted(labelled, key=lambda one: (rank[one.by], one.by))
    return {
        "replies": [one.text for one in ranked],
        "replies_by": [one.by for one in ranked],
        "labels": [one.label for one in ranked],
        "ranks": [rank[one.by] for one in ranked],
    }


def _verdict(row: Comparison | None) -> tuple[str, str]:
    """Who won, and over whom; empty where there is no pair."""
    if row is None or not row.pair:
        return "", ""
    return (row.a_by, row.b_by) if row.chosen == "A" else (row.b_by, row.a_by)
