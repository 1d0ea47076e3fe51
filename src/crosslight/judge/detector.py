"""Where the central objects are: any model that answers the task `detect` with boxes.

The detector is a model like others, so that its answers are stored, keyed and replayed. In `paper`
each call asks for the words of one question; else one asks for all words of a plan.
"""

from collections.abc import Sequence
from typing import Any

from crosslight.judge.prompts import render
from crosslight.models import BadAnswer, Model, user
from crosslight.records import ImageView, Region

TASK = "detect"
WORD = 80
"""Characters of a word, as many as a compiled question may have."""
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
BOXES: dict[str, Any] = {
    "type": "object",
    "properties": {
        "boxes": {
            "type": "array",
            "maxItems": 256,
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


AT_ONCE = 48
"""Words of one call; more are asked in several."""
MOST = 32
"""Boxes of one word that are kept, the surest."""


async def find(model: Model, image: ImageView, words: Sequence[str]) -> Region | None:
    """The most confident box of any of the words, or None. Raises `ModelError`."""
    return best(await find_all(model, image, words))


async def find_all(model: Model, image: ImageView, words: Sequence[str]) -> tuple[Region, ...]:
    """All boxes of the words. Raises `ModelError`."""
    found: list[Region] = []
    for start in range(0, len(words), AT_ONCE):
        some = list(words[start : start + AT_ONCE])
        message = user(render("detect", words=some), image)
        answer = await model.generate([message], task=TASK, schema=BOXES)
        found += boxes_in(answer.parsed)
    return tuple(found)


def boxes_in(parsed: Any) -> list[Region]:
    """The boxes of an answer that have an area. Raises `BadAnswer`."""
    try:
        found = [
            Region(
                float(b["left"]),
                float(b["top"]),
                float(b["right"]),
                float(b["bottom"]),
                float(b["confidence"]),
                str(b["word"])[:WORD],
            )
            for b in parsed["boxes"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise BadAnswer(f"no boxes: {error!r}") from error
    # Written so that a box with a NaN in it goes.
    return [box for box in found if box.area > 0 and box.confidence >= 0]


def best(found: Sequence[Region]) -> Region | None:
    """The most confident box."""
    return max(found, key=lambda box: box.confidence, default=None)


def deciding(
    found: Sequence[Region], words: Sequence[str], confidence: float
) -> tuple[Region | None, tuple[Region, ...]]:
    """Of words in order of importance the first with a box above `confidence`: its surest box, and
    all of its boxes above it, the surest first. Else the surest box of any of the words."""
    by = {_plain(word): list[Region]() for word in words}
    for box in found:
        if _plain(box.word) in by:
            by[_plain(box.word)].append(box)
    for boxes in by.values():
        sure = sorted((b for b in boxes if b.confidence > confidence), key=lambda b: -b.confidence)
        if sure:
            return sure[0], tuple(sure[:MOST])
    return best([box for boxes in by.values() for box in boxes]), ()


def _plain(word: str) -> str:
    return " ".join(word[:WORD].casefold().split())
