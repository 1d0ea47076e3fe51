from .control import Breaker, breaker, has_control, without_control
from .fence import last_fenced
from .prompts import PromptFolder
from .show import markdown, plural, probability, visible

__all__ = [
    "Breaker",
    "PromptFolder",
    "breaker",
    "has_control",
    "last_fenced",
    "markdown",
    "plural",
    "probability",
    "visible",
    "without_control",
]
