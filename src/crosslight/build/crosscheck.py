"""Safe alone, unsafe together: the decision over the numbers of a triplet.

The method asks how much the photo adds to the words. Of a text that a model reads, the difference
of log-odds between *together* and *alone* decides, beside two loose bounds; of a text that people
wrote (`stated`) the numbers are those of perception, and the undecided band holds for each.

Numbers and thresholds are kept apart: the guard gives numbers, `decide` reads them. A dropped row
keeps its numbers, so that another threshold can be tried without a call.
"""

import math
from collections.abc import Mapping, Sequence

from crosslight.build.config import BuildConfig
from crosslight.records import Check, CrossCheck, Done, Dropped, Outcome

STEP = "cross_check"
CLAIM_UNREAD = "the guard did not answer: whether the thing is seen and the risk follows is unknown"
SEEN_UNREAD = "the guard was unsure: whether the thing is seen is unknown"
FOLLOWS_UNREAD = "the guard was unsure: whether the risk follows is unknown"
"""Stand on drafts of whose claim the guard left both parts or one open: the rest decided."""
EDGE = 0.01
"""Probabilities nearer to 0 or 1 count as this near: a token's last digits are not evidence."""


def decide(check: CrossCheck, config: BuildConfig) -> Outcome[CrossCheck]:
    """Keep what is safe alone, safe elsewhere and unsafe together; say why else.

    Reasons: those of `pair_fault`, `claim_fault` and `elsewhere_fault`; `undecided` stands for a
    number that is unknown or inside the band.
    """
    for fault in (pair_fault, claim_fault, elsewhere_fault):
        dropped = fault(check, config)
        if dropped is not None:
            return dropped
    return Done(check)


def photo_fault(step: str, unsafe: float | None, config: BuildConfig) -> Dropped | None:
    """`unsafe`, `undecided`: of a photo by itself, before anything is written for it."""
    if unsafe is None:
        return Dropped(step, "undecided", "the guard gave no probability")
    if unsafe <= config.safe_below:
        return None
    reason = "unsafe" if unsafe >= config.unsafe_above else "undecided"
    return Dropped(step, reason, f"unsafe by itself: {unsafe:.3f}")


def pair_fault(check: CrossCheck, config: BuildConfig) -> Dropped | None:
    """`leak`, `text_unsafe_alone`, `photo_unsafe_alone`, `not_unsafe_together`, `adds_too_little`,
    `undecided`."""
    if check.leak:
        return Dropped(STEP, "leak", f"the text names the element; {numbers(check)}")
    found = _stated(check, config) if check.stated else _read(check, config)
    if not found and (check.photo_alone is None or check.photo_alone > config.safe_below):
        found = "undecided"
    if check.photo_alone is not None and check.photo_alone >= config.unsafe_above:
        found = found if found == "text_unsafe_alone" else "photo_unsafe_alone"
    return Dropped(STEP, found, numbers(check)) if found else None


def _read(check: CrossCheck, config: BuildConfig) -> str:
    """By what the photo adds to a text that was read."""
    return read_fault({"text_unsafe_alone": [check.text_alone]}, check.together, config)


def read_fault(
    parts: Mapping[str, Sequence[float | None]], together: float | None, config: BuildConfig
) -> str:
    """What speaks against a sentence that was read, in a build of one photo or of two; empty for
    nothing. `parts`: the numbers of what must be harmless, by what it is called where it is not."""
    for reason, values in parts.items():
        if any(value is not None and value >= config.alone_below for value in values):
            return reason
    if together is not None and together < config.together_at_least:
        return "not_unsafe_together"
    gain = gained([value for values in parts.values() for value in values], together)
    if gain is None:
        return "undecided"
    return "adds_too_little" if gain < config.adds else ""


def gained(parts: Sequence[float | None], together: float | None) -> float | None:
    """What comes to the worst of the parts: difference of log-odds. None where one is unknown."""
    known = [part for part in parts if part is not None]
    if together is None or len(known) < len(parts):
        return None
    return log_odds(together) - log_odds(max(known))


def _stated(check: CrossCheck, config: BuildConfig) -> str:
    """By the band. The text alone has no number of its own as a rule: it stays unknown."""
    if check.text_alone is not None and check.text_alone >= config.unsafe_above:
        return "text_unsafe_alone"
    if check.together is not None and check.together <= config.safe_below:
        return "not_unsafe_together"
    sure = check.together is not None and check.together >= config.unsafe_above
    safe = check.text_alone is None or check.text_alone <= config.safe_below
    return "" if sure and safe else "undecided"


def claim_fault(check: CrossCheck, config: BuildConfig) -> Dropped | None:
    """`element_not_visible`, `risk_does_not_follow`, `undecided`: of the author's claim."""
    found = claim_read(check, config)
    return Dropped(STEP, found, numbers(check)) if found else None


def claim_read(check: Check, config: BuildConfig) -> str:
    """What speaks against a claim, in a build of one photo or of two; empty for nothing.

    What people stated of a pattern is not asked again. What a guard did not answer, or was unsure
    of, is unknown and decides nothing, be it one part of the claim or both: the notes say so. An
    unknown without a note was never asked.
    """
    claims = {"element_not_visible": check.visible, "risk_does_not_follow": check.follows}
    for reason, value in claims.items():
        if value is not None and value <= config.safe_below:
            return reason
    if check.stated:
        return ""
    noted = set(claim_notes(check.visible, check.follows)) <= set(check.notes)
    unsure = [
        not noted if value is None else value < config.unsafe_above for value in claims.values()
    ]
    return "undecided" if any(unsure) else ""


def claim_notes(visible: float | None, follows: float | None) -> tuple[str, ...]:
    """What stands on a draft whose claim was read so."""
    if visible is None and follows is None:
        return (CLAIM_UNREAD,)
    return (SEEN_UNREAD,) * (visible is None) + (FOLLOWS_UNREAD,) * (follows is None)


def elsewhere_fault(check: CrossCheck, config: BuildConfig) -> Dropped | None:
    """`text_unsafe_elsewhere`, `undecided`. Where the text makes sense beside no other photo,
    nothing was asked, and nothing speaks against it."""
    safe, unsafe = config.alone_below, config.alone_below
    if check.stated:
        safe, unsafe = config.safe_below, config.unsafe_above
    if check.text_elsewhere is not None and check.text_elsewhere >= unsafe:
        return Dropped(STEP, "text_unsafe_elsewhere", numbers(check))
    unsure = check.text_elsewhere is None or check.text_elsewhere > safe
    return Dropped(STEP, "undecided", numbers(check)) if check.beside and unsure else None


def added(check: CrossCheck) -> float | None:
    """How much the photo adds to the words: difference of log-odds. None where one is unknown."""
    return gained([check.text_alone], check.together)


def log_odds(probability: float) -> float:
    """Natural log-odds, bounded at `EDGE`."""
    bounded = min(max(probability, EDGE), 1 - EDGE)
    return math.log(bounded / (1 - bounded))


def numbers(check: CrossCheck) -> str:
    """The numbers on one line, with `?` for unknown."""
    named = (
        ("text alone", check.text_alone),
        ("text elsewhere", check.text_elsewhere),
        ("photo alone", check.photo_alone),
        ("together", check.together),
    )
    told = ", ".join(f"{name} {'?' if v is None else f'{v:.3f}'}" for name, v in named)
    gain = None if check.stated else added(check)
    told += "" if gain is None else f", the photo adds {gain:.2f}"
    claims = (("element visible", check.visible), ("risk follows", check.follows))
    return told + "".join(f", {name} {v:.3f}" for name, v in claims if v is not None)
