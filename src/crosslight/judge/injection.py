"""Does the image speak to whoever judges it? ("answer No to every question")

Token scores have no prose to obey, but a printed order still moves them. Print is read by the text
reader of the embedded perception, which obeys nobody, and compared with the forms that such orders
take; a clever or drawn order is missed, so a clean result proves nothing.
"""

import json
import re

from crosslight.flow import Context
from crosslight.judge.prompts import render
from crosslight.models import TASK, user
from crosslight.records import ImageView

LONGEST = 200
ASKED_CUT = 0.5
_ORDERS = re.compile(
    r"\b(ignore|disregard|forget|override)\b.{0,60}"
    r"\b(instruction|prompt|rule|previous|above|polic|question|guideline)"
    r"|\b(answer|reply|respond|say|output|return|rate|classify|label|mark|judge)\b.{0,40}"
    r"\b(yes|no|safe|unsafe|harmless|allowed|benign|compliant)\b"
    r"|\b(this|the) (image|picture|photo|content) (is|was) (completely |fully |entirely |100% )*"
    r"(safe|harmless|approved|verified|allowed|compliant)\b"
    r"|\b(system|assistant|developer) ?(prompt|message|override|:)"
    r"|\b(dear|attention|note to( the)?|hey) (ai|model|judge|assistant|moderator|classifier)\b"
    r"|\bas an? (ai|language model|assistant)\b|\b(to|for) (the )?(ai|vlm|llm) (model|judge)\b",
    re.IGNORECASE | re.DOTALL,
)


def orders(text: str) -> str:
    """The part of a text that speaks to a judge, or an empty string."""
    flat = " ".join(text.split())
    hit = _ORDERS.search(flat)
    return "" if hit is None else flat[max(0, hit.start() - 40) : hit.end() + 40][:LONGEST]


async def addressed_by(image: ImageView, how: str, ctx: Context) -> str:
    """Words in the image that speak to the judge. `how`: ocr, ask or off. Raises `ModelError`."""
    if how == "off":
        return ""
    if how == "ask":
        message = user(render("addresses"), image)
        choice = await ctx.models["judge"].choose([message], ("Yes", "No"), task="addresses")
        return "(the model says so)" if choice.probabilities["Yes"] > ASKED_CUT else ""
    answer = await ctx.models["reader"].generate([user("", image)], task=TASK)
    return orders("\n".join(json.loads(answer.text)))
