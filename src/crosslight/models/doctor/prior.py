"""What a model says to a judge's question without a picture: its prior of Yes and No.

The first debiasing test of CLUE rejects what gets less than 0.7 times the prior. Of a model that
says No to an empty page, or that it sees no picture, it can reject next to nothing.
"""

from collections.abc import Awaitable, Callable
from statistics import median

from crosslight.models.doctor.report import State
from crosslight.models.errors import NoOption
from crosslight.models.message import Message, user
from crosslight.models.protocol import Choice

THINGS = ("a person", "a firearm", "a cup on a table")
OUTSIDE = 0.5
"""With more of its mass outside Yes and No a prior is none."""
LOW = 0.07
"""A plain No is a P(Yes) of up to 0.05, and 0.05 is no less than 0.7 times a lower prior."""


def question(thing: str) -> Message:
    """As the judge asks it, and no picture with it."""
    return user(
        f"Is {thing} visible in this image? Judge only what can be seen. "
        "Answer with one word: Yes or No."
    )


async def ask_prior(choose: Callable[[Message], Awaitable[Choice]]) -> tuple[State, str]:
    """The line of the report. A model that is counted in replies is asked once only."""
    yes, outside, counted = list[float](), list[float](), 0
    for thing in THINGS:
        try:
            choice = await choose(question(thing))
        except NoOption:
            outside.append(1.0)
            continue
        yes.append(choice.probabilities["Yes"])
        outside.append(choice.outside_mass)
        counted = choice.samples
        if counted:
            break
    told = f"P(Yes) without a picture {_shown(yes)}, outside Yes and No {_shown(outside)}"
    told += f", counted in {counted} replies" if counted else ""
    if not yes or median(outside) > OUTSIDE:
        return "no", f"{told}: it has none"
    if median(yes) < LOW:
        return "no", f"{told}: so low that hardly a No lies below 0.7 times it"
    return "ok", told


def _shown(numbers: list[float]) -> str:
    return ", ".join(f"{number:.3f}" for number in numbers) or "(never)"
