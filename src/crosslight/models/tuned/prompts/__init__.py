"""How a tuned language model is asked: the same words in training and afterwards."""

from pathlib import Path

from crosslight.text import PromptFolder

PROMPTS = PromptFolder(Path(__file__).parent)
