"""One number of a result, with everything that is needed to read it."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Method = Literal["wilson", "bootstrap", "cluster", "none"]
"""`cluster` is Wilson's with as many answers as those of several epochs are worth."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric over one group of items.

    `value` is taken over the `n` items that have a score; None where there is none. `low` and
    `high` are its interval (what chance in the choice of items allows). `wanted` items should have
    had a score; `least` and `most` are the value if every missing one had gone one way or the
    other. Units are the metric's: shares in [0, 1], the safety risk index in [0, 100].
    """

    metric: str
    group: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    wanted: int
    least: float
    most: float
    method: Method = "none"

    @property
    def coverage(self) -> float:
        """Share of the wanted items that have a score."""
        return self.n / self.wanted if self.wanted else 0.0

    def as_json(self) -> dict[str, Any]:
        """For results.json, rounded to six digits."""
        found = asdict(self) | {"coverage": self.coverage}
        return {
            name: round(value, 6) if isinstance(value, float) else value
            for name, value in found.items()
        }
