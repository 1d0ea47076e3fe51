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
_FENCE = re.compile(r"^<<<([A-Z][A-Z ]{0,30})-([0-9a-f]{8})\n(.*?)\n\1-\2>>>$", re.DOTALL | re.M)


@dataclass(frozen=True, slots=True)
class Case:
    """A request, the answer to it where one is judged, the picture where one is shown."""

    request: str
    answer: str = ""
    picture: ImageView | None = None


def case_of(messages: Sequence[Message]) -> Case:
    """The material of a question. Raises `NotSupported` for several pictures, or for none of it."""
    pictures = [image for message in messages for image in message.images]
    if len(pictures) > 1:
        raise NotSupported(
            f"a tuned judge looks at one picture, not {len(pictures)}", hint="ask one at a time"
        )
    picture = pictures[0] if pictures else None
    asked = [m.sent() for m in messages if m.role == "user"]
    found = [(label, text) for one in asked for label, _, text in _FENCE.findall(one)]
    if found:
        request = [text for label, text in found if label in REQUESTS]
        answer = [text for label, text in found if label in ANSWERS]
        if not request and not answer:
            raise NotSupported(
                f"a tuned judge is asked about a request, and finds {found[0][0]}", hint=HINT
            )
        return Case("\n".join(request), "\n".join(answer), picture)
    last = messages[-1] if messages else None
    answered = last is not None and last.role == "assistant"
    return Case("\n".join(asked), last.text if last is not None and answered else "", picture)


HINT = "name a language model for this role"
