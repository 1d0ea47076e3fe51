"""What a bench run is asked to do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crosslight.bench.config import BenchConfig
from crosslight.bench.item import Suite
from crosslight.bench.remedies.remedy import remedy
from crosslight.flow import Budget, CallPolicy
from crosslight.models import Backend
from crosslight.records import BadSetting
from crosslight.runs import RunSetup

KIND = "bench"


@dataclass(frozen=True, slots=True)
class BenchJob:
    """Which suite, in which folder, asked of whom, read by whom."""

    suite: Suite
    folder: Path
    out: Path
    answers: Path
    images: Path
    model: Backend
    judges: Sequence[Backend] = ()
    captioner: Backend | None = None
    against: Path | None = None
    config: BenchConfig = field(default_factory=lambda: BenchConfig(""))
    policy: CallPolicy = field(default_factory=CallPolicy)
    budget: Budget | None = None
    fail_on_error: float | int | None = None
    canary: bool = True
    """Ask the model about four tiny pictures before it is shown those of the suite."""
    require_sight: bool = False
    """Stop before the first item where the model does not see."""

    def __post_init__(self) -> None:
        if self.require_sight and not self.canary:
            raise BadSetting("--require-sight and --no-canary", "name one of them")

    def backends(self) -> dict[str, Backend]:
        """By role. The model is the one under test, with its remedy."""
        found = {"model": remedy(self.config.remedy).backend(self.model)}
        if self.captioner is not None:
            found["captioner"] = self.captioner
        found |= {f"judge{at or ''}": judge for at, judge in enumerate(self.judges)}
        return found

    def setup(self) -> RunSetup:
        """What the hall wants to know."""
        return RunSetup(
            KIND,
            self.out,
            self.answers,
            self.images,
            self.backends(),
            self.policy,
            self.budget,
            self.fail_on_error,
            self.config.seed,
        )
