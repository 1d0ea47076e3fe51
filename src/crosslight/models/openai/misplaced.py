"""The answer in the wrong field: a reasoning parser that took the whole reply for a trace."""

from collections.abc import Mapping
from typing import Any

from crosslight.models.errors import BadAnswer

FIELDS = ("reasoning_content", "reasoning", "thinking")


def refuse_misplaced(choice: Mapping[str, Any]) -> None:
    """Raise BadAnswer where the content is empty, and what the model wrote stands in a trace.

    It is not taken as the answer: a trace may hold a draft. (lmstudio-bug-tracker#1602,
    sglang#4711.)
    """
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    for field in FIELDS:
        trace = message.get(field)
        if isinstance(trace, str) and trace.strip():
            raise BadAnswer(
                f"the model put its answer into {field} and left the content empty: try "
                "?thinking=off",
                hint="?thinking=off in the model's spec, or start the server without its "
                "reasoning parser",
                said=trace,
            )
