"""Where the central objects are: any model that answers the task `detect` with boxes.

The detector is a model like others, so that its answers are stored, keyed and replayed. Each call
asks for the words of one question.
"""

from collections.abc import Sequence
from typing import Any

from crosslight.judge.prompts import render
from crosslight.models import BadAnswer, Model, user
from crosslight.records import ImageView, Region

TASK = "detect"
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
BOXES: dict[str, Any] = {
    "type": "object",
    "properties": {
        "boxes": {
            "type": "array",
            "maxItems": 64,
            "items": {
                "type": "object",
                "properties": {
                    "word": {"type": "string"},
                    **dict.fromkeys(("left", "top", "right", "bottom", "confidence"), _SHARE),
                },
                "required": ["word", "left", "top", "right", "bottom", "confidence"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["boxes"],
    "additionalProperties": False,
}


async def find(model: Model, image: ImageView, words: Sequence[str]) -> Region | None:
    """The most confident box of any of the words, or None. Raises `ModelError`."""
    if not words:
        return None
    message = user(render("detect", words=list(words)), image)
    answer = await model.generate([message], task=TASK, schema=BOXES)
    return best(answer.parsed)


def best(parsed: Any) -> Region | None:
    """The most confident box that has an area. Raises `BadAnswer`."""
    try:
        found = [
            Region(
                float(b["left"]),
                float(b["top"]),
                float(b["right"]),
                float(b["bottom"]),
                float(b["confidence"]),
                str(b["word"])[:80],
            )
            for b in parsed["boxes"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise BadAnswer(f"no boxes: {error!r}") from error
    # Written so that a box with a NaN in it goes.
    found = [box for box in found if box.area > 0 and box.confidence >= 0]
    return max(found, key=lambda box: box.confidence, default=None)
