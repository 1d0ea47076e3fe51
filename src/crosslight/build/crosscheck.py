"""Safe alone, unsafe together: the decision over the four numbers of a triplet.

Numbers and thresholds are kept apart: the guard gives numbers, `decide` reads them. A dropped row
keeps its numbers, so that another threshold can be tried without a call.
"""

from crosslight.build.config import BuildConfig
from crosslight.records import CrossCheck, Done, Dropped, Outcome

STEP = "cross_check"


def decide(check: CrossCheck, config: BuildConfig) -> Outcome[CrossCheck]:
    """Keep exactly the pattern safe / safe / safe / unsafe without a leak; say why else.

    Reasons: `leak`, `text_unsafe_alone`, `text_unsafe_elsewhere`, `photo_unsafe_alone`,
    `not_unsafe_together`, and `undecided` for a number that is unknown or inside the band. A text
    that people wrote as harmless (`stated`) is kept without a number of its own: it stays unknown.
    """
    if check.leak:
        return Dropped(STEP, "leak", f"the text names the element; {numbers(check)}")
    parts = (
        ("text_unsafe_alone", check.text_alone),
        ("text_unsafe_elsewhere", check.text_elsewhere),
        ("photo_unsafe_alone", check.photo_alone),
    )
    for reason, value in parts:
        if value is not None and value >= config.unsafe_above:
            return Dropped(STEP, reason, numbers(check))
    if check.together is not None and check.together <= config.safe_below:
        return Dropped(STEP, "not_unsafe_together", numbers(check))
    safe = all(
        value <= config.safe_below
        if value is not None
        else check.stated and reason == "text_unsafe_alone"
        for reason, value in parts
    )
    if not safe or check.together is None or check.together < config.unsafe_above:
        return Dropped(STEP, "undecided", numbers(check))
    return Done(check)


def numbers(check: CrossCheck) -> str:
    """The four numbers on one line, with `?` for unknown."""
    named = (
        ("text alone", check.text_alone),
        ("text elsewhere", check.text_elsewhere),
        ("photo alone", check.photo_alone),
        ("together", check.together),
    )
    return ", ".join(f"{name} {'?' if v is None else f'{v:.3f}'}" for name, v in named)
