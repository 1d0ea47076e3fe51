"""The numbers that `benchmarks/calibrate_embedded.py` finds, kept apart from the code."""

import math
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from crosslight.models.errors import BadSpec
from crosslight.store import UnreadableFile, read_fitted

THRESHOLDS = Path(__file__).with_name("thresholds.yaml")
MAX_BYTES = 1 << 20

Share = Annotated[float, Field(ge=0, le=1)]


class Curve(BaseModel):
    """How log-odds become the probability that a thing is there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    intercept: float = 0.0
    slope: Annotated[float, Field(gt=0)] = 1.0

    def probability(self, log_odds: float) -> float:
        """In [0, 1]."""
        return 0.5 * (1 + math.tanh((self.intercept + self.slope * log_odds) / 2))


class Thresholds(BaseModel):
    """`temperature` of the class probabilities; `intercept` and `slope` turn the log-odds of the
    evidence into the probability that a thing is there; above `present` it is taken to be there,
    below `absent` not to be there, and between the two it is undecided. A box's label counts
    where its classes hold `agreed` of the tags; `person` and `thing` are the curves of scores."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: Annotated[float, Field(gt=0, le=4)]
    intercept: float
    slope: Annotated[float, Field(gt=0)]
    present: Share
    absent: Share
    agreed: Share = 0.05
    person: Curve = Curve()
    thing: Curve = Curve()
    measured: dict[str, float] = {}


@cache
def read_thresholds(path: Path = THRESHOLDS) -> Thresholds:
    """Read the file. Raises `BadSpec`."""
    try:
        return read_fitted(Thresholds, path, MAX_BYTES)
    except UnreadableFile as error:
        raise BadSpec(error.message, hint="run benchmarks/calibrate_embedded.py") from error
