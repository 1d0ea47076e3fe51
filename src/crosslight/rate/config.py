"""The recipe that all datasets share, and how much is looked at."""

from dataclasses import asdict, dataclass
from typing import Any

from crosslight.records import BadSetting

MIN_SEEDS = 3
FEWEST_SEEDS = 2
"""Of language models, whose trainings cost; with two of them intervals are too narrow."""
LEAST = 12
"""Training rows of a class below which a dataset is test-only."""
DRAWS = 1_000


@dataclass(frozen=True, slots=True)
class RateConfig:
    """`per_class`: training rows of each class; None: the most that all training sets have.

    `rows`: of one dataset; of a larger one whole clusters are drawn. `slice_rows`: labelled rows
    of a class of the test set on which a threshold is set. `steps`: of the greedy mixture.
    `others`: also a judge of all sets but the tested one.
    """

    per_class: int | None = None
    seeds: int = MIN_SEEDS
    seed: int = 0
    rows: int = 2_000
    slice_rows: int = 10
    draws: int = DRAWS
    curves: bool = True
    steps: int = 3
    others: bool = True

    @classmethod
    def of_networks(cls) -> "RateConfig":
        """A judge for each set and seed, and no more: each is a training of its own."""
        return cls(curves=False, steps=0, others=False)

    def check(self, fewest: int = MIN_SEEDS) -> None:
        """Raises `BadSetting`. `fewest`: seeds."""
        if self.seeds < fewest:
            raise BadSetting(
                f"--seeds {self.seeds}: what chance does to a training sample takes several",
                f"give {fewest} or more",
            )
        if self.per_class is not None and self.per_class < LEAST:
            raise BadSetting(
                f"--per-class {self.per_class}: so few rows of a class teach nothing",
                f"give {LEAST} or more",
            )

    def as_json(self) -> dict[str, Any]:
        """For run.json."""
        return asdict(self)
