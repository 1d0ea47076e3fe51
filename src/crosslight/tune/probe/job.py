"""What a run of `tune probe` is given."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslight.records import BadSetting
from crosslight.tune.probe.probe import HIDDEN
from crosslight.tune.probe.states import AFTER


@dataclass(frozen=True, slots=True)
class ProbeJob:
    """`data` as `read_judge_rows` takes it: labelled requests, with their pictures.

    `mlp`: SafeSwitch's probe with 64 units in place of logistic regression. `tokens` of its answer
    are looked at to see whether the model declines.
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

    def __post_init__(self) -> None:
        if self.tokens < AFTER:
            raise BadSetting(
                f"--tokens {self.tokens}", f"{AFTER} or more: the second probe's state"
            )

    @property
    def hidden(self) -> int:
        """Units between, or none."""
        return HIDDEN if self.mlp else 0

    def setup(self, base: dict[str, str], rows: str) -> dict[str, Any]:
        """All that decides the states; a run goes on only with the same. `rows`: their hash."""
        return {
            "method": "probe",
            "base": base,
            "rows": rows,
            "tokens": self.tokens,
            "side": self.side,
            "mlp": self.mlp,
            "seed": self.seed,
        }
