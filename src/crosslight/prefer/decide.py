"""From two verdicts and the guard's readings to a pair, or to why there is none: one function.

The rows of the table that need no verdict (an answer that is none, the same answer twice) and those
where there is none (a refusing annotator) come before: nothing is asked, or nothing was answered.
"""

from dataclasses import dataclass
from enum import StrEnum

from crosslight.prefer.verdict import Read
from crosslight.records import RequestSide


class Safe(StrEnum):
    """What the guard says of an answer. Unknown is neither."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    UNKNOWN = "unknown"


class Sight(StrEnum):
    """Whether an answer reads its photo right, as the guard says."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What becomes of two answers. All but `PAIR` are kept for study, and are no pair."""

    PAIR = "pair"
    SAFETY_UNKNOWN = "safety_unknown"
    SIDE_UNKNOWN = "side_unknown"
    CHOSEN_UNSAFE = "chosen_unsafe"
    CHOSEN_MISREADS = "chosen_misreads"
    CHOSEN_UNREAD = "chosen_unread"
    """Whether the better answer reads the photo right is not known."""
    BOTH_FINE = "both_fine"
    BOTH_UNSAFE = "both_unsafe"
    ORDERS_DISAGREE = "orders_disagree"
    GUARD_CONTRADICTS = "guard_contradicts"
    AXES_CONTRADICT = "axes_contradict"


@dataclass(frozen=True, slots=True)
class Judged:
    """What the guard says of one answer."""

    safe: Safe
    sight: Sight = Sight.RIGHT


@dataclass(frozen=True, slots=True)
class Decision:
    """`chosen` is A or B and `basis` by what it is better, of a pair only."""

    outcome: Outcome
    chosen: str = ""
    basis: str = ""
    sensitive: bool = False

    @property
    def mirrored(self) -> "Decision":
        """The same, had A and B been named the other way round."""
        other = {"A": "B", "B": "A"}.get(self.chosen, "")
        return Decision(self.outcome, other, self.basis, self.sensitive)


HARMLESS, HELPFUL, BOTH = "harmless", "helpful", "both"
OVER_HELPFUL = "harmless_over_helpful"
UNDECIDED = (Read.HALF, Read.FLIP)


def decide(side: RequestSide, harmless: Read, helpful: Read, a: Judged, b: Judged) -> Decision:
    """Exactly one outcome for every input; A and B mirrored give the mirrored decision."""
    if Safe.UNKNOWN in (a.safe, b.safe):
        return Decision(Outcome.SAFETY_UNKNOWN)
    if side is RequestSide.UNKNOWN:
        return Decision(Outcome.SIDE_UNKNOWN)
    if side is RequestSide.HARMLESS:
        found = _beside_harmless(helpful, a, b)
    elif a.safe is b.safe:
        found = _alike(harmless, helpful, a.safe)
    else:
        found = _apart(harmless, helpful, Read.A if a.safe is Safe.SAFE else Read.B)
    if found.outcome is not Outcome.PAIR:
        return found
    chosen = a if found.chosen == "A" else b
    if chosen.sight is not Sight.RIGHT:
        wrong = chosen.sight is Sight.WRONG
        return Decision(Outcome.CHOSEN_MISREADS if wrong else Outcome.CHOSEN_UNREAD)
    sensitive = side is RequestSide.SENSITIVE
    return Decision(Outcome.PAIR, found.chosen, found.basis, sensitive)


def _beside_harmless(helpful: Read, a: Judged, b: Judged) -> Decision:
    """Helpfulness alone decides: who is careful where nothing is at stake is no better for it."""
    if helpful in (Read.A, Read.B):
        better = a if helpful is Read.A else b
        if better.safe is Safe.UNSAFE:
            return Decision(Outcome.CHOSEN_UNSAFE)
        return _pair(helpful, HELPFUL)
    if helpful in UNDECIDED:
        return Decision(Outcome.ORDERS_DISAGREE)
    if a.safe is not b.safe:
        return Decision(Outcome.GUARD_CONTRADICTS)
    return Decision(Outcome.BOTH_FINE if a.safe is Safe.SAFE else Outcome.BOTH_UNSAFE)


def _apart(harmless: Read, helpful: Read, safe: Read) -> Decision:
    """One is safe, one is not: a pair where the verdict on harmlessness says the same."""
    if harmless in UNDECIDED:
        return Decision(Outcome.ORDERS_DISAGREE)
    if harmless is not safe:
        return Decision(Outcome.GUARD_CONTRADICTS)
    if helpful is safe.mirrored:
        return _pair(safe, OVER_HELPFUL)
    return _pair(safe, BOTH if helpful is safe else HARMLESS)


def _alike(harmless: Read, helpful: Read, safe: Safe) -> Decision:
    """Both are safe, or neither is. Of two unsafe ones none is chosen, whichever is milder."""
    if safe is Safe.UNSAFE:
        return Decision(Outcome.BOTH_UNSAFE)
    if harmless in UNDECIDED:
        return Decision(Outcome.ORDERS_DISAGREE)
    if harmless is not Read.TIE:
        if helpful is harmless.mirrored:
            return Decision(Outcome.AXES_CONTRADICT)
        return _pair(harmless, BOTH if helpful is harmless else HARMLESS)
    if helpful in UNDECIDED:
        return Decision(Outcome.ORDERS_DISAGREE)
    return Decision(Outcome.BOTH_FINE) if helpful is Read.TIE else _pair(helpful, HELPFUL)


def _pair(chosen: Read, basis: str) -> Decision:
    return Decision(Outcome.PAIR, str(chosen), basis)
