"""What a run of `tune judge` is given."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

KIND = "tune-judge"
VECTORS = "vectors"
Format = Literal["llavaguard", "llamaguard"]
FORMATS: tuple[Format, ...] = ("llavaguard", "llamaguard")


@dataclass(frozen=True, slots=True)
class JudgeTuneJob:
    """Datasets (`read_judge_rows`) into a judge in `out`.

    `most` bounds the rows that are trained on: whole groups, chosen by the seed.
    """

    data: tuple[str, ...]
    out: Path
    answers: Path
    images: Path
    seed: int = 0
    most: int = 20_000
