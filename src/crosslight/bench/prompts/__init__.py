"""What the bench says of its own accord: remedies, judges, captions. One template a file.

A benchmark's questions are the authors' and stand in its suite. Texts of items and answers are
filled in as values: nothing in them is a template.
"""

from pathlib import Path

from crosslight.text import PromptFolder

PROMPTS = PromptFolder(Path(__file__).parent)
render = PROMPTS.render
prompt_hashes = PROMPTS.hashes
