from .config import RateConfig
from .job import RateJob
from .recipe import RATE_PRESET, RateRecipe
from .report import Cell, Line, Number, RateReport, read_rating
from .run import run_rate
from .write import (
    CENTRED,
    MEASURES,
    cell_text,
    columns_of,
    gain_text,
    number_text,
    p_text,
    rating_latex,
    rating_markdown,
    reading,
    shown_measures,
    title,
    within_text,
)

__all__ = [
    "CENTRED",
    "MEASURES",
    "RATE_PRESET",
    "Cell",
    "Line",
    "Number",
    "RateConfig",
    "RateJob",
    "RateRecipe",
    "RateReport",
    "cell_text",
    "columns_of",
    "gain_text",
    "number_text",
    "p_text",
    "rating_latex",
    "rating_markdown",
    "read_rating",
    "reading",
    "run_rate",
    "shown_measures",
    "title",
    "within_text",
]
