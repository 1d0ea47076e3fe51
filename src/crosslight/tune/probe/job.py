"""What a run of `tune probe` is given."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslight.records import BadSetting
from crosslight.tune.probe.probe import HIDDEN
from crosslight.tune.probe.states import AFTER

EPOCHS, RATE, BATCH = 5, 1e-5, 4
"""Of SafeSwitch's refusal head."""


@dataclass(frozen=True, slots=True)
class HeadJob:
    """How the refusal head is trained; the defaults are SafeSwitch's."""

    epochs: float = EPOCHS
    rate: float = RATE
    save_every: int = 50

    def __post_init__(self) -> None:
        if not (0 < self.epochs <= 1_000 and 0 < self.rate < 1 and self.save_every >= 1):
            raise BadSetting(
                f"a head of {self.epochs:g} epochs at rate {self.rate:g}",
                "--head-epochs above 0, --head-rate between 0 and 1",
            )


@dataclass(frozen=True, slots=True)
class ProbeJob:
    """`data` as `read_judge_rows` takes it: labelled requests, with their pictures.

    `mlp`: SafeSwitch's probe with 64 units in place of logistic regression. `tokens` of its answer
    are looked at to see whether the model declines. `head`: a refusal head is trained too.
    `sensitive`: rows that are marked so are read too.
    """

    data: str
    out: Path
    base: str
    images: Path
    revision: str = ""
    mlp: bool = False
    tokens: int = 32
    side: int = 768
    seed: int = 0
    limit: int | None = None
    quiet: bool = False
    head: HeadJob | None = None
    sensitive: bool = False

    def __post_init__(self) -> None:
        if self.tokens < AFTER:
            raise BadSetting(
                f"--tokens {self.tokens}", f"{AFTER} or more: the second probe's state"
            )

    @property
    def hidden(self) -> int:
        """Units between, or none."""
        return HIDDEN if self.mlp else 0

    def setup(self, base: dict[str, str], rows: str, weights: str) -> dict[str, Any]:
        """All that decides states and probes; a run goes on only with the same. `rows`: their
        hash; `weights`: the type that the base is opened in, for it moves the states."""
        return {
            "method": "probe",
            "base": base,
            "weights": weights,
            "rows": rows,
            "tokens": self.tokens,
            "side": self.side,
            "mlp": self.mlp,
            "seed": self.seed,
        }
