"""What a rating is asked to do."""

from dataclasses import dataclass, field
from pathlib import Path

from crosslight.rate.config import FEWEST_SEEDS, RateConfig
from crosslight.rate.recipe import RateRecipe
from crosslight.rate.report import KIND, REPORT_FILE
from crosslight.records import BadSetting
from crosslight.runs import RunSetup

VECTORS = "vectors"
GO_ON = "the scores so far are kept: run the same command again to go on"
DERIVED = (REPORT_FILE, "rate.md", "rate.tex", "README.md", "report.html")


@dataclass(frozen=True, slots=True)
class RateJob:
    """Which datasets, by which judge, into which folder."""

    datasets: tuple[str, ...]
    out: Path
    answers: Path
    images: Path
    pool: str | None = None
    judge: str = VECTORS
    config: RateConfig = field(default_factory=RateConfig)
    recipe: RateRecipe | None = None
    """How a language model is tuned; None: vectors."""

    def __post_init__(self) -> None:
        if not self.datasets:
            raise BadSetting(
                "no dataset is named", "name one or more: SUITE=FOLDER, a run, a table"
            )
        if self.recipe is None:
            self._check_vectors()
            self.config.check()
            return
        if len(self.datasets) < 2:
            raise BadSetting(
                f"--judge {self.judge[:200]} takes two datasets or more: a language model is "
                "tested on other sets than its own",
                "name another dataset, or leave --judge out",
            )
        if self.config.steps:
            raise BadSetting(
                "--mixture-steps: a greedy mixture tries every set at each step, each a training "
                "of a language model",
                "leave it out, or take --judge vectors",
            )
        self.config.check(FEWEST_SEEDS)

    def _check_vectors(self) -> None:
        if self.judge != VECTORS:
            raise BadSetting(
                f"--judge {self.judge[:80]!r} is no judge that can be trained here",
                "vectors, hf:OWNER/REPO or hf:FOLDER",
            )

    def setup(self) -> RunSetup:
        """What the hall wants to know: no model is asked."""
        return RunSetup(
            KIND,
            self.out,
            self.answers,
            self.images,
            {},
            seed=self.config.seed,
            go_on=GO_ON,
            derived=DERIVED,
        )
