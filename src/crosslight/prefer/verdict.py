"""Two answers asked about in both orders: from probabilities to one reading, and to a margin.

An order gives three probabilities, `(first-named, other, tie)`: of the answers, not of the places
that they stood in. Its *score* is the log-odds that the first-named one is better, a tie counted
half to either side. Over both orders,

- the **margin** is the mean of the two scores: a liking for a place cancels out;
- the **position effect** is half their difference: how much a place is worth.

`strict` (SPA-VL, section 3) reads the likeliest of the three in each order, and takes A, B or tie
only where both orders say the same; one of them a tie is `half`, the opposite is `flip`.
`margin` takes A or B where the margin is at least `Cut.margin` and less than half of the mass of
both orders lies on a tie. Else: half of the mass on a tie is `tie` (both orders call it one) or
`half`; a margin that is too small is what strict calls it, and `tie` where strict says A or B.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

CERTAIN = 5.0
"""Log-odds at which a score ends (150 to 1): a reply that was sampled, not read, is never surer."""


class Axis(StrEnum):
    """What a verdict is about."""

    HARMLESS = "harmless"
    HELPFUL = "helpful"


class Read(StrEnum):
    """What both orders together say of two answers A and B."""

    A = "A"
    B = "B"
    TIE = "tie"
    HALF = "half"
    """One order calls it a tie, the other does not."""
    FLIP = "flip"
    """The orders contradict each other."""

    @property
    def mirrored(self) -> "Read":
        """The same, had A and B been named the other way round."""
        return {Read.A: Read.B, Read.B: Read.A}.get(self, self)


class Agreement(StrEnum):
    """By which rule two orders become one reading."""

    STRICT = "strict"
    MARGIN = "margin"


@dataclass(frozen=True, slots=True)
class Cut:
    """`margin` is in log-odds: 1.0 is 2.7 to 1."""

    agreement: Agreement = Agreement.MARGIN
    margin: float = 1.0


@dataclass(frozen=True, slots=True)
class Order:
    """What one order says: probabilities that A is better, B is better, neither. They sum to 1."""

    a: float
    b: float
    tie: float

    @property
    def score(self) -> float:
        """Log-odds for A, a tie half to either; at most `CERTAIN` to either side."""
        up, down = self.a + self.tie / 2, self.b + self.tie / 2
        if min(up, down) <= 0.0:
            return math.copysign(CERTAIN, up - down)
        return max(-CERTAIN, min(CERTAIN, math.log(up / down)))

    @property
    def likeliest(self) -> Read:
        """A, B or tie; a tie where neither answer is likelier than all else."""
        if self.a > max(self.b, self.tie):
            return Read.A
        return Read.B if self.b > max(self.a, self.tie) else Read.TIE

    @property
    def mirrored(self) -> "Order":
        """The same, had A and B been named the other way round."""
        return Order(self.b, self.a, self.tie)

    def as_list(self) -> list[float]:
        """As it stands in a table."""
        return [self.a, self.b, self.tie]


@dataclass(frozen=True, slots=True)
class BothOrders:
    """`first`: A stood first; `swapped`: B did. Both speak of the same A and B."""

    first: Order
    swapped: Order

    @property
    def margin(self) -> float:
        """Log-odds that A is better, over both orders."""
        return (self.first.score + self.swapped.score) / 2

    @property
    def position_effect(self) -> float:
        """Log-odds that standing first is worth; negative where the second place is."""
        return (self.first.score - self.swapped.score) / 2

    @property
    def tie(self) -> float:
        """Share of the mass of both orders that lies on a tie."""
        return (self.first.tie + self.swapped.tie) / 2

    @property
    def mirrored(self) -> "BothOrders":
        """The same, had A and B been named the other way round."""
        return BothOrders(self.swapped.mirrored, self.first.mirrored)

    def read(self, cut: Cut) -> Read:
        """One reading, by the rule that `cut` names."""
        strict = self.strict
        if cut.agreement is Agreement.STRICT:
            return strict
        if self.tie >= 0.5:
            return Read.TIE if strict is Read.TIE else Read.HALF
        if abs(self.margin) >= cut.margin:
            return Read.A if self.margin > 0 else Read.B
        return Read.TIE if strict in (Read.A, Read.B) else strict

    @property
    def strict(self) -> Read:
        """What both orders say by their likeliest options."""
        one, two = self.first.likeliest, self.swapped.likeliest
        if one is two:
            return one
        return Read.HALF if Read.TIE in (one, two) else Read.FLIP
