"""YAML of strangers: bounded in size, plain data only, no hidden characters, one plain file."""

import re
from pathlib import Path
from typing import Any

import yaml

from crosslight.records import CrosslightError
from crosslight.store import UnreadableFile, read_named

MAX_YAML_BYTES = 256 * 1024
MAX_NODES = 20_000
MAX_DEPTH = 12

# Bidirectional overrides, invisible letters and tag characters hide words from the person who
# reviews a policy, and not from the model that reads it.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)


class PolicyError(CrosslightError):
    """A constitution cannot be used. `hint` says what helps."""


class _Plain(yaml.SafeLoader):
    """Safe YAML without anchors and aliases: a few lines cannot become a billion values."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise PolicyError("aliases (*name) are not read", hint="write the value out")
        return super().compose_node(parent, index)


def read_plain(path: Path) -> Any:
    """The YAML value of a regular file. Raises `PolicyError`."""
    return parse_plain(read_policy_text(path), path.name)


def read_policy_text(path: Path) -> str:
    """The text of a policy's file, bounded, in its own folder, UTF-8. Raises `PolicyError`."""
    if not path.exists() or path.is_dir():
        raise PolicyError(
            f"there is no file {path}", hint="`crosslight policy list` names those that come along"
        )
    try:
        return read_named(path, MAX_YAML_BYTES).decode("utf-8")
    except UnreadableFile as error:
        raise PolicyError(error.message, error.hint) from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path.name} is not UTF-8") from error


def parse_plain(text: str, name: str = "constitution") -> Any:
    """The value of YAML text. Raises `PolicyError`."""
    hidden = _HIDDEN.search(text)
    if hidden:
        line = text.count("\n", 0, hidden.start()) + 1
        raise PolicyError(
            f"{name}, line {line}: hidden character U+{ord(hidden.group()):04X}",
            hint="remove it: what a reviewer cannot see must not reach the model",
        )
    try:
        value = yaml.load(text, Loader=_Plain)  # noqa: S506 - a subclass of SafeLoader
    except (yaml.YAMLError, RecursionError) as error:
        raise PolicyError(f"{name}: not YAML: {str(error)[:300]}") from error
    _bound(value, name)
    return value


def _bound(value: Any, name: str) -> None:
    waiting, seen = [(value, 0)], 0
    while waiting:
        part, depth = waiting.pop()
        seen += 1
        if seen > MAX_NODES or depth > MAX_DEPTH:
            raise PolicyError(f"{name} holds too much or is too deep")
        if isinstance(part, dict):
            waiting += [(v, depth + 1) for v in part.values()]
        elif isinstance(part, list):
            waiting += [(v, depth + 1) for v in part]
