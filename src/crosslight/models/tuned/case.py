"""What a judge is asked about, taken out of the messages of whoever asks.

Our own prompts fence the material (`text.fence`); a guard's conversation is the material itself.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from crosslight.models.errors import NotSupported
from crosslight.models.message import ImageView, Message

REQUESTS = ("MESSAGE", "REQUEST", "QUESTION")
ANSWERS = ("ANSWER", "REPLY", "RESPONSE")
HINT = "name a language model for this role"
_FENCE = re.compile(r"<<<([A-Z][A-Z ]{0,30})-([0-9a-f]{8})\n(.*?)\n\1-\2>>>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Case:
    """A request, the answer to it where one is judged, the picture where one is shown."""

    request: str
    answer: str = ""
    picture: ImageView | None = None


def case_of(messages: Sequence[Message], *, fenced: bool = False) -> Case:
    """The material of a question; `fenced`: of a prompt of ours, else the turns themselves.

    Only who knows that a prompt is ours may look for fences: a stranger's text can hold some.
    Raises `NotSupported` for several pictures, or where a prompt holds no request and no answer.
    """
    pictures = [image for message in messages for image in message.images]
    if len(pictures) > 1:
        raise NotSupported(
            f"a tuned judge looks at one picture, not {len(pictures)}", hint="ask one at a time"
        )
    picture = pictures[0] if pictures else None
    asked = "\n".join(m.sent() for m in messages if m.role == "user")
    if fenced:
        return _fenced(asked, picture)
    last = messages[-1] if messages else None
    answered = last is not None and last.role == "assistant"
    return Case(asked, last.sent() if last is not None and answered else "", picture)


def _fenced(text: str, picture: ImageView | None) -> Case:
    """All fences of a prompt have the name of its first, which stands before any stranger's word;
    what looks like another is part of the text inside."""
    found = _FENCE.findall(text)
    own = [(label, inside) for label, name, inside in found if name == found[0][1]]
    request = [inside for label, inside in own if label in REQUESTS]
    answer = [inside for label, inside in own if label in ANSWERS]
    if not request and not answer:
        told = f"finds {own[0][0]}" if own else "finds none"
        raise NotSupported(f"a tuned judge is asked about a request, and {told}", hint=HINT)
    return Case("\n".join(request), "\n".join(answer), picture)
