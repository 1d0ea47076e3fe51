"""Words of ours around a question, where an endpoint takes a schema in no other form."""

from pathlib import Path

from crosslight.text import PromptFolder

PROMPTS = PromptFolder(Path(__file__).parent)
render = PROMPTS.render
