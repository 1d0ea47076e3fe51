"""A folder of prompt templates: one file a question, hashed into provenance.

Values are filled in as they are: nothing in a text of strangers is a template.
"""

from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from crosslight.records import content_hash


class PromptFolder:
    """The `*.j2` files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def _environment(self) -> Environment:
        # Prompts are plain text for a model: HTML escaping would change the words.
        loader = FileSystemLoader(self.folder)
        return Environment(loader=loader, undefined=StrictUndefined, autoescape=False)  # noqa: S701

    @cached_property
    def _hashes(self) -> dict[str, str]:
        files = sorted(self.folder.glob("*.j2"))
        return {path.stem: content_hash(path.read_bytes()) for path in files}

    def render(self, name: str, **values: Any) -> str:
        """The text of prompt `name` with its slots filled. Unknown slots raise."""
        return self._environment.get_template(f"{name}.j2").render(**values).strip()

    def hashes(self) -> dict[str, str]:
        """sha256 of every template file by name."""
        return dict(self._hashes)
