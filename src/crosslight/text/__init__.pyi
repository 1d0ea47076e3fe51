from .cells import csv_text, inert
from .prompts import PromptFolder
from .show import markdown, plural, probability, visible

__all__ = ["PromptFolder", "csv_text", "inert", "markdown", "plural", "probability", "visible"]
