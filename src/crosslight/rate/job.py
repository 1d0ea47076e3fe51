"""What a rating is asked to do."""

from dataclasses import dataclass, field
from pathlib import Path

from crosslight.rate.config import RateConfig
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

    def __post_init__(self) -> None:
        if not self.datasets:
            raise BadSetting(
                "no dataset is named", "name one or more: SUITE=FOLDER, a run, a table"
            )
        if self.judge != VECTORS:
            raise BadSetting(
                f"--judge {self.judge[:80]!r}: a judge for each dataset is only trained on vectors "
                "here; a network is not trained by this command yet",
                "leave --judge out; for one network, train it with `crosslight tune judge` and ask "
                "it with `crosslight bench`",
            )
        self.config.check()

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
