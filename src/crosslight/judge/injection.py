"""Does the image speak to whoever judges it? ("answer No to every question")

Token scores have no prose to obey, but a printed order still moves them. Print is read by the text
reader of the embedded perception, which obeys nobody, and compared with the forms that such orders
take (`text.speaks_to_judge`); a clever or drawn order is missed, so a clean result proves nothing.
The test that needs no list is `print` of `reading.py`: the same question with all print filled.
"""

import json
from dataclasses import dataclass

from crosslight.flow import Context
from crosslight.judge.prompts import render
from crosslight.models import TASK, BadAnswer, Model, user
from crosslight.records import ImageView, Region
from crosslight.text import speaks_to_judge

ASKED_CUT = 0.5


@dataclass(frozen=True, slots=True)
class Print:
    """What is printed in an image: its lines from top to bottom, and where each one stands, with
    the reader's confidence. `looked`: somebody read it."""

    lines: tuple[str, ...] = ()
    places: tuple[Region, ...] = ()
    looked: bool = True

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)

    @property
    def read(self) -> list[tuple[str, float]] | None:
        """The lines with their confidence; None where nobody read."""
        if not self.looked:
            return None
        return [(text, at.confidence) for text, at in zip(self.lines, self.places, strict=True)]


NOTHING = Print(looked=False)


async def read_print(reader: Model, image: ImageView) -> Print:
    """What the text reader reads. Raises `ModelError`."""
    answer = await reader.generate([user("", image)], task=TASK)
    try:
        rows = [(str(text), [float(n) for n in more]) for text, *more in json.loads(answer.text)]
        places = [Region(n[0], n[1], n[2], n[3], n[4], text[:80]) for text, n in rows]
    except (TypeError, ValueError, IndexError) as error:
        raise BadAnswer(f"no lines of print: {error!r}") from error
    return Print(tuple(text for text, _ in rows), tuple(places))


async def addressed_by(image: ImageView, how: str, ctx: Context, printed: Print) -> str:
    """Words in the image that speak to the judge. `how`: ocr, ask or off. Raises `ModelError`."""
    if how == "off":
        return ""
    if how == "ask":
        message = user(render("addresses"), image)
        choice = await ctx.models["judge"].choose([message], ("Yes", "No"), task="addresses")
        return "(the model says so)" if choice.interval("Yes")[1] > ASKED_CUT else ""
    return speaks_to_judge(printed.text)
