"""The system prompt of a run: a text file of the user's, said before every question."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslight.models import Message
from crosslight.records import BadSetting, content_hash
from crosslight.store import read_text

MAX_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class SystemPrompt:
    """`file` is the name of the file without its folder."""

    file: str
    text: str

    @property
    def sha256(self) -> str:
        """Of the text as it is sent, whatever the file's encoding and line ends."""
        return content_hash(self.text.encode())

    def turn(self) -> Message:
        """As a system turn. Control tokens in it are meant: the file is the user's own."""
        return Message("system", self.text, own=len(self.text))

    def as_json(self) -> dict[str, Any]:
        """For `run.json`; the text itself stands in the column `prompt` of every item."""
        return {"file": self.file, "sha256": self.sha256, "characters": len(self.text)}


def read_system(path: Path) -> SystemPrompt:
    """A system prompt from a file. Raises `UnreadableFile`, and `BadSetting` for an empty one."""
    text = read_text(path, MAX_BYTES).strip()
    if not text:
        raise BadSetting(f"--system {path.name} says nothing", "write the prompt into it")
    return SystemPrompt(path.name, text)
