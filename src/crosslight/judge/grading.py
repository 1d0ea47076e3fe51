"""From the probabilities of letters to a grade. Pure.

A model that is shown nothing has its favourite letters, too. As CLUE does with Yes and No, the
letters are asked for without the image first, and what the image says is what it changes.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crosslight.judge.scales import LETTERS
from crosslight.models import Choice


@dataclass(frozen=True, slots=True)
class Bounds:
    """`outside_max`: with more mass on no letter there is no grade; `spread_max`: nor where its
    standard deviation is larger; `even_max`: nor where the letters are as even as this share of
    the entropy of eleven equal ones. `prior_floor`: this share of an even prior is mixed in, so
    that a letter that is never said without an image cannot win by a trace. All are ours."""

    outside_max: float = 0.5
    spread_max: float = 3.0
    even_max: float = 0.85
    prior_floor: float = 0.1


@dataclass(frozen=True, slots=True)
class Letters:
    """What was measured: shares of the letters, and the mass that lay on none, or nobody knows
    where."""

    shares: tuple[float, ...]
    outside: float

    @classmethod
    def of(cls, choice: Choice) -> "Letters":
        """Those of an answer."""
        shares = tuple(choice.probabilities[letter] for letter in LETTERS)
        return cls(shares, choice.outside_mass + choice.unknown_mass)


@dataclass(frozen=True, slots=True)
class Grade:
    """A distribution over 0 to 10, its mean and standard deviation, and why it decides nothing."""

    shares: tuple[float, ...]
    doubt: str = ""

    @property
    def mean(self) -> float:
        """The grade."""
        return sum(at * p for at, p in enumerate(self.shares))

    @property
    def spread(self) -> float:
        """Its standard deviation."""
        mean = self.mean
        return math.sqrt(max(0.0, sum((at - mean) ** 2 * p for at, p in enumerate(self.shares))))

    @property
    def evenness(self) -> float:
        """1: all grades are equally likely; 0: there is one alone."""
        bits = -sum(p * math.log(p) for p in self.shares if p > 0)
        return bits / math.log(len(self.shares))


def graded(shown: Letters, prior: Letters | None, bounds: Bounds) -> Grade:
    """The grade of one look; without a prior by the bare shares."""
    shares = shown.shares if prior is None else less_prior(shown.shares, prior.shares, bounds)
    return Grade(shares, _doubt(Grade(shares), shown.outside, bounds))


def less_prior(
    shares: Sequence[float], prior: Sequence[float], bounds: Bounds
) -> tuple[float, ...]:
    """Each letter by how much more often it is said with the image than without."""
    even = 1 / len(prior)
    floor = bounds.prior_floor
    weights = [p / ((1 - floor) * q + floor * even) for p, q in zip(shares, prior, strict=True)]
    total = sum(weights)
    return tuple(w / total for w in weights)


def why_no_prior(letters: Letters, samples: int, bounds: Bounds) -> str:
    """Why the letters without the image tell nothing; empty where they do."""
    if samples:
        return f"letters without the image were counted in {samples} replies: not used"
    if letters.outside > bounds.outside_max:
        return f"without the image {letters.outside:.0%} lay on no letter: not used"
    return ""


def perceived(grade: float) -> tuple[float, ...]:
    """A distribution with this mean over the two grades around it, as perception gives one."""
    below = min(int(grade), len(LETTERS) - 2)
    rest = min(1.0, grade - below)
    return tuple(
        1 - rest if at == below else rest if at == below + 1 else 0.0 for at in range(len(LETTERS))
    )


def rounded(shares: Sequence[float]) -> Mapping[str, float]:
    """For a row: by grade."""
    return {str(at): round(p, 6) for at, p in enumerate(shares)}


def _doubt(grade: Grade, outside: float, bounds: Bounds) -> str:
    if outside > bounds.outside_max:
        return f"{outside:.0%} of the probability lay on no grade, or nobody knows where"
    if grade.spread > bounds.spread_max:
        return f"the grades spread by {grade.spread:.1f}"
    if grade.evenness > bounds.even_max:
        return "the grades are nearly even: the image moved them little"
    return ""
