"""The questions about two photos: one template a file, named for what it asks."""

from pathlib import Path

from crosslight.build.prompts import prompt_hashes as hashes_of_one
from crosslight.text import PromptFolder

PROMPTS = PromptFolder(Path(__file__).parent)
render = PROMPTS.render
prompt_hashes = PROMPTS.hashes
PHOTO_ALONE = "unsafe_photo"
"""The prompt that a build of one photo asks as well."""


def sent_hashes() -> dict[str, str]:
    """Of all prompts that such a build sends."""
    return {**prompt_hashes(), PHOTO_ALONE: hashes_of_one()[PHOTO_ALONE]}
