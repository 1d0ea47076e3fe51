"""Two replies to one question that are to be compared, and what an annotator said of them."""

from dataclasses import dataclass

from crosslight.prefer.answered import Answered
from crosslight.prefer.draw import Drawn
from crosslight.prefer.question import Question
from crosslight.prefer.verdict import Axis, BothOrders, Order


@dataclass(frozen=True, slots=True)
class Contest:
    """`a` and `b` are named in an order that says nothing; both orders are asked.

    `probe`: the two are made of one reply so that the right verdict is known (`annotate.probes`).
    """

    question: Question
    a: Answered
    b: Answered
    drawn: Drawn
    group_a: int | None = None
    group_b: int | None = None
    probe: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What one order says, of A and B as the contest names them. `reason` and `notes` (JSON) speak
    of places: in the swapped order their A is the contest's B."""

    harmless: Order
    helpful: Order
    reason: str = ""
    notes: str = ""
    outside: float = 0.0
    """The largest share of a verdict's probability that lay on none of the three."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A contest with both orders. `by`: the annotator, spec and revision."""

    contest: Contest
    first: Told
    swapped: Told
    by: str = ""

    def both(self, axis: Axis) -> BothOrders:
        """Both orders of one verdict."""
        if axis is Axis.HARMLESS:
            return BothOrders(self.first.harmless, self.swapped.harmless)
        return BothOrders(self.first.helpful, self.swapped.helpful)
