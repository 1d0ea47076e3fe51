"""More than so many things of one kind? By the detector's boxes, and undecided near the number.

A detector misses some of a crowd and sees double now and then. So "not more than N" is said only
where half as many again as it saw, and one, would not be more; "more" where its boxes by their
probabilities are.
"""

from collections.abc import Sequence

from crosslight.models.embedded.scene import OVERLAP, Box, overlap

MISSED_SHARE = 1.5
"""Times what was seen, and one more: as many there may be."""


def chance_of_more(chances: Sequence[float], number: int) -> float:
    """The probability that more than `number` of the things are there, each by its own chance."""
    ways = [1.0]
    for chance in chances:
        stay, add = [w * (1 - chance) for w in ways], [w * chance for w in ways]
        ways = [a + b for a, b in zip([*stay, 0.0], [0.0, *add], strict=True)]
    return min(1.0, max(0.0, sum(ways[number + 1 :])))


def could_be_more(seen: int, number: int) -> bool:
    """Whether there may be more than `number`, where so many were seen. Of nothing seen nothing is
    missed: that is the question whether the thing is there at all."""
    return seen > 0 and int(MISSED_SHARE * seen) + 1 > number


def distinct(boxes: Sequence[tuple[Box, float]]) -> list[float]:
    """The scores of the boxes that are things of their own: of boxes that lie on each other, under
    whatever name, the surest."""
    kept: list[tuple[Box, float]] = []
    for box, score in sorted(boxes, key=lambda one: -one[1]):
        if all(overlap(box, other) <= OVERLAP for other, _ in kept):
            kept.append((box, score))
    return [score for _, score in kept]
