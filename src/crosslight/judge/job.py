"""What a judging run is asked to do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crosslight.flow import Budget, CallPolicy
from crosslight.judge.config import JudgeConfig
from crosslight.judge.methods import GuardFormat
from crosslight.judge.step import Target
from crosslight.models import Backend, ReaderBackend, parse
from crosslight.policy import Compiled, Constitution
from crosslight.runs import Intake, Lost, RunSetup

SEES = "embedded"
"""Judges of this family count by their own detector."""


@dataclass(frozen=True, slots=True)
class JudgeJob:
    """What to judge, by which policy, by whom.

    The pictures come from `intake`; or they lie in the image store already, as `targets`, and
    `lost` are the inputs that were left out before.
    """

    targets: Sequence[Target]
    out: Path
    answers: Path
    images: Path
    constitution: Constitution
    compiled: Compiled
    judge: Backend
    encoder: Backend | None = None
    detector: Backend | None = None
    guard: GuardFormat | None = None
    config: JudgeConfig = field(default_factory=JudgeConfig)
    policy: CallPolicy = field(default_factory=CallPolicy)
    lost: Sequence[Lost] = ()
    budget: Budget | None = None
    fail_on_error: float | int | None = None
    intake: Intake | None = None

    def backends(self) -> dict[str, Backend]:
        """By role, those that there are."""
        asked = [q for rule in self.compiled.rules for _, _, q in rule.questions]
        prints = self.config.addressed == "ocr" or any(q.print for q in asked)
        sees = self.detector is not None or self.judge.spec.startswith(SEES)
        counts = any(q.count for q in asked) and not sees
        reader = ReaderBackend() if prints else None
        roles = {
            "judge": self.judge,
            "encoder": self.encoder,
            "detector": self.detector,
            "reader": reader,
            "eyes": parse("embedded") if counts else None,
        }
        return {role: backend for role, backend in roles.items() if backend is not None}

    def setup(self) -> RunSetup:
        """What the hall wants to know."""
        return RunSetup(
            "judge",
            self.out,
            self.answers,
            self.images,
            self.backends(),
            self.policy,
            self.budget,
            self.fail_on_error,
            self.config.seed,
            derived=("flips.json",),
        )
