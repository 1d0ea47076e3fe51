"""What every run is given, who looks on, and how it ended."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crosslight.flow import GO_ON, Budget, CallPolicy, Ledger, Runner
from crosslight.models import Backend

EXIT_CODES = {"complete": 0, "failed": 1, "stopped": 3}

Watch = Callable[[str, Runner, Ledger, int], AbstractAsyncContextManager[Any]]
"""Shows a pass while it runs: its name (often empty), its runner, the counters, how many rows."""


Pages = Callable[[Path], object]
"""Writes the pages of a run into its folder, while the run still holds it."""


def no_pages(out: Path) -> None:
    """Writes none."""


def unwatched(name: str, runner: Runner, ledger: Ledger, total: int) -> Any:
    """Shows nothing."""
    return nullcontext()


@dataclass(frozen=True, slots=True)
class RunSetup:
    """What every run is given, whatever its kind."""

    kind: str
    out: Path
    answers: Path
    images: Path
    backends: Mapping[str, Backend]
    """By role."""
    policy: CallPolicy = field(default_factory=CallPolicy)
    budget: Budget | None = None
    fail_on_error: float | int | None = None
    seed: int = 0

    go_on: str = GO_ON
    """What is true, and helps, once the run was stopped."""

    derived: tuple[str, ...] = ()
    """Files that are made of the tables of a run, and go with them."""

    @property
    def own_places(self) -> tuple[Path, ...]:
        """What is the run's own: where it lies in an input, it is no part of it."""
        logs = [self.answers.with_name(self.answers.name + end) for end in ("", "-wal", "-shm")]
        return self.out, self.images, *logs


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended. `summary` is what stands in `run.json`."""

    status: str
    reason: str
    hint: str
    summary: dict[str, Any]

    @property
    def exit_code(self) -> int:
        """0 complete, 1 failed, 3 stopped and can go on."""
        return EXIT_CODES[self.status]
