"""The questions about two photos: one template a file, named for what it asks."""

from pathlib import Path

from crosslight.text import PromptFolder

PROMPTS = PromptFolder(Path(__file__).parent)
render = PROMPTS.render
prompt_hashes = PROMPTS.hashes
