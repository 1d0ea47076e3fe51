from .prompts import PromptFolder
from .show import markdown, plural, probability, visible

__all__ = ["PromptFolder", "markdown", "plural", "probability", "visible"]
