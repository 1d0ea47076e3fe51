"""What graders are asked. One template a file; texts of items and answers are values in them."""

from pathlib import Path

from crosslight.text import PromptFolder

PROMPTS = PromptFolder(Path(__file__).parent)
render = PROMPTS.render
prompt_hashes = PROMPTS.hashes
