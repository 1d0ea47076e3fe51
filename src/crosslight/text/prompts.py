"""A folder of prompt templates: one file a question, hashed into provenance.

Values are filled in as they are: nothing in a text of strangers is a template. A text of strangers
stands in a fence that it cannot close: `{{ answer | fenced("ANSWER") }}`, or
`{% filter fenced("RULES") %}...{% endfilter %}` around several.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context

from crosslight.records import content_hash
from crosslight.text.fence import MARKS, fence_name, fenced

_NAME = f"\x00{token_hex(8)}\x00"
"""Stands for the name of the fences until all of the prompt is known. Nobody can write it."""


@dataclass(slots=True)
class _Fence:
    name: str
    used: int = 0


@pass_context
def _fenced(context: Context, value: object, label: str) -> str:
    fence: _Fence = context["fence"]
    fence.used += 1
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
        template, fence = self._template(name), _Fence(_NAME)
        bare = template.render(**values, fence=fence)
        if fence.used:
            # Under a name that nothing in the prompt contains.
            own = fence_name(bare.replace(_NAME, ""))
            if bare.count(_NAME) == MARKS * fence.used:
                bare = bare.replace(_NAME, own)
            else:  # a text of strangers holds what stands for it, or a fence was left out
                bare = template.render(**values, fence=_Fence(own))
        return bare.strip()

    def _template(self, name: str) -> Template:
        """Kept with its globals in a plain dictionary: jinja's own is copied slowly each time."""
        if (known := self._templates.get(name)) is None:
            known = self._environment.get_template(f"{name}.j2")
            known.globals = dict(known.globals)
            self._templates[name] = known
        return known

    @cached_property
    def _templates(self) -> dict[str, Template]:
        return {}

    def hashes(self) -> dict[str, str]:
        """sha256 of every template file by name."""
        return dict(self._hashes)
