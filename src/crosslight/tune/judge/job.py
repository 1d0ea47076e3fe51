"""What a run of `tune judge` is given."""

from dataclasses import dataclass
from pathlib import Path

from crosslight.models import JudgeFormat

KIND = "tune-judge"
VECTORS = "vectors"
FORMATS: tuple[JudgeFormat, ...] = ("llavaguard", "llamaguard")


@dataclass(frozen=True, slots=True)
class JudgeTuneJob:
    """Datasets (`read_judge_rows`) into a judge in `out`.

    `most` bounds the rows that are trained on: whole groups, chosen by the seed. `format` and
    `flips` (policy flips) are those of a language model as the base. `sensitive`: rows that are
    marked so are trained on too.
    """

    data: tuple[str, ...]
    out: Path
    answers: Path
    images: Path
    seed: int = 0
    most: int = 20_000
    base: str = VECTORS
    format: JudgeFormat = "llavaguard"
    flips: bool = True
    sensitive: bool = False
