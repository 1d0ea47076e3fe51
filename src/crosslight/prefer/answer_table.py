"""`answers.parquet`: every reply of a run, whatever became of it."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from crosslight.prefer.answered import Item
from crosslight.store import table_schema

_TEXT, _NUMBER, _COUNT = pa.string(), pa.float64(), pa.int64()
ANSWERS = table_schema(
    {
        **dict.fromkeys(("question_id", "photo", "question", "form", "lever", "side"), _TEXT),
        **dict.fromkeys(("leaf", "responder", "decoding", "status", "outcome", "text"), _TEXT),
        **dict.fromkeys(("withheld_hash", "finish", "language"), _TEXT),
        "words": _COUNT,
        **dict.fromkeys(("safe", "refuses", "reads_photo"), _NUMBER),
        "detail": _TEXT,
        "detail_p": _NUMBER,
        "prompt_tokens": _COUNT,
        "completion_tokens": _COUNT,
        "cost_usd": _NUMBER,
        "error": _TEXT,
        "retryable": pa.bool_(),
        **dict.fromkeys(("hint", "decided_by", "cluster"), _TEXT),
    }
)


def answer_rows(item: Item) -> Iterator[dict[str, Any]]:
    """The rows of one question. A text that was withheld is not there: it left the reply."""
    asked = item.question
    for reply in item.answers:
        yield {
            "question_id": asked.id,
            "photo": asked.photo,
            "question": asked.text,
            "form": str(asked.form),
            "lever": asked.lever,
            "side": str(asked.side),
            "leaf": asked.leaf,
            "responder": reply.responder.by,
            "decoding": reply.responder.decoding,
            "status": reply.status,
            "outcome": reply.outcome,
            "text": reply.text,
            "withheld_hash": reply.withheld_hash,
            "finish": reply.finish,
            "language": reply.language,
            "words": reply.words,
            "safe": reply.safe,
            "refuses": reply.refuses,
            "reads_photo": reply.reads_photo,
            "detail": reply.detail,
            "detail_p": reply.detail_p,
            "prompt_tokens": reply.prompt_tokens,
            "completion_tokens": reply.completion_tokens,
            "cost_usd": reply.cost,
            "error": reply.error,
            "retryable": reply.retryable,
            "hint": reply.hint,
            "decided_by": reply.decided_by,
            "cluster": asked.cluster,
        }
