"""A folder of prompt templates: one file a question, hashed into provenance.

Values are filled in as they are: nothing in a text of strangers is a template. A text of strangers
stands in a fence that it cannot close: `{{ answer | fenced("ANSWER") }}`, or
`{% filter fenced("RULES") %}...{% endfilter %}` around several.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from crosslight.records import content_hash
from crosslight.text.fence import fence_name, fenced


@dataclass(slots=True)
class _Fence:
    name: str = ""
    used: bool = False


@pass_context
def _fenced(context: Context, value: object, label: str) -> str:
    fence: _Fence = context["fence"]
    fence.used = True
    return fenced(str(value), label, fence.name)


class PromptFolder:
    """The `*.j2` files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def _environment(self) -> Environment:
        # Prompts are plain text for a model: HTML escaping would change the words.
        loader = FileSystemLoader(self.folder)
        made = Environment(
            loader=loader,
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701
            auto_reload=False,  # a run keeps its prompts: no look at the disk for every question
        )
        made.filters["fenced"] = _fenced
        return made

    @cached_property
    def _hashes(self) -> dict[str, str]:
        files = sorted(self.folder.glob("*.j2"))
        return {path.stem: content_hash(path.read_bytes()) for path in files}

    def render(self, name: str, **values: Any) -> str:
        """The text of prompt `name` with its slots filled. Unknown slots raise."""
        template = self._environment.get_template(f"{name}.j2")
        fence = _Fence()
        bare = template.render(**values, fence=fence)
        if fence.used:
            # Again, under a name that nothing in the prompt contains.
            bare = template.render(**values, fence=_Fence(fence_name(bare)))
        return bare.strip()

    def hashes(self) -> dict[str, str]:
        """sha256 of every template file by name."""
        return dict(self._hashes)
