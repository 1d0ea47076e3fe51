from .addressed import speaks_to_judge
from .cells import csv_text, inert
from .control import Breaker, breaker, has_control, without_control
from .fence import last_fenced
from .prompts import PromptFolder
from .show import latex, markdown, plural, probability, visible

__all__ = [
    "Breaker",
    "PromptFolder",
    "breaker",
    "csv_text",
    "has_control",
    "inert",
    "last_fenced",
    "latex",
    "markdown",
    "plural",
    "probability",
    "speaks_to_judge",
    "visible",
    "without_control",
]
