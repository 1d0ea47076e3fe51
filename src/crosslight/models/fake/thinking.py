"""The fake as a model that thinks first: its traces on the wire, cut at the request's limit."""

import re
from dataclasses import dataclass
from typing import Any

from crosslight.models.fake.script import Think

PIECE = re.compile(r"</?\w+>|\s*\w+|\s*[^\w\s<]+|\s+|<")
SURE_LOG = -0.01


@dataclass(frozen=True, slots=True)
class Thought:
    """What is said with a trace: the message's fields, whether the limit cut it, and the tokens
    before the answer (None: the answer was not reached)."""

    message: dict[str, Any]
    cut: bool
    before: list[str]
    reached: bool


def thought(think: Think, answer: str, limit: int) -> Thought:
    """The message of a model that thinks before `answer`, in `limit` tokens."""
    opening = "<think>\n" if think.form == "tags" else ""
    trace = PIECE.findall(f"{opening}{think.trace}\n</think>\n\n")
    pieces = [*trace, *PIECE.findall(answer)]
    cut, kept = limit < len(pieces), pieces[:limit]
    reached = len(kept) > len(trace)
    if think.form != "field":
        return Thought({"content": "".join(kept)}, cut, trace[:limit], reached)
    message = {
        "content": "".join(kept[len(trace) :]) if reached else None,
        "reasoning_content": "".join(kept[: len(trace)]).partition("\n</think>")[0],
    }
    return Thought(message, cut, trace[:limit], reached)


def token(piece: str) -> dict[str, Any]:
    """A token of the trace with its log-probability, in the form of the wire."""
    logs = [{"token": piece, "logprob": SURE_LOG, "bytes": None}]
    logs += [{"token": "Hm", "logprob": -5.0, "bytes": None}]
    return {"token": piece, "logprob": SURE_LOG, "bytes": None, "top_logprobs": logs}
