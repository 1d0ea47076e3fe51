"""What training needs, opened and counted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslight.tune.base import Base
from crosslight.tune.fits import Fitting
from crosslight.tune.pictures import Pictures
from crosslight.tune.rows import TuneRow


@dataclass(frozen=True)
class Ready:
    """`model` holds the base's weights, or those of `checkpoint` where all weights are trained."""

    model: Any
    processor: Any
    base: Base
    fit: Fitting
    held_out: tuple[TuneRow, ...]
    pictures: Pictures
    checkpoint: Path | None
