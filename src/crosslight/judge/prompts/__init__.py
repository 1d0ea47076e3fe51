"""The questions of the judge: one template a file, named for what it asks.

Rule texts come from strangers and are filled in as values: nothing in them is a template.
"""

from pathlib import Path

from crosslight.text import PromptFolder

PROMPTS = PromptFolder(Path(__file__).parent)
render = PROMPTS.render
prompt_hashes = PROMPTS.hashes
