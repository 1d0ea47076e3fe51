"""The files of a policy: bounded in size, plain data only, nothing hidden, one plain file."""

from pathlib import Path
from typing import Any

from crosslight.records import CrosslightError
from crosslight.store import UnreadableFile, read_text
from crosslight.text import MAX_NODES, Wrong, hidden_characters, parse_yaml, told

MAX_YAML_BYTES = 256 * 1024
MAX_COMPILED_BYTES = 16 * 1024 * 1024
"""200 rules, each with as many questions as `policy compile` writes, in any script."""
MAX_COMPILED_NODES = 400_000
COMPILED_SUFFIX = ".compiled.yaml"
HISTORY_SUFFIX = ".history.yaml"
HIDDEN_HINT = "what a reviewer cannot see must not reach the model"


class PolicyError(CrosslightError):
    """A constitution cannot be used. `hint` says what helps."""


def read_plain(path: Path) -> Any:
    """The YAML value of a regular file. Raises `PolicyError` that lists what is wrong."""
    return parse_plain(read_policy_text(path), path.name, nodes=most_nodes(path))


def read_written(path: Path) -> tuple[Any, list[Wrong]]:
    """The YAML value of a regular file, and what is wrong with it. Raises `PolicyError`."""
    return _parsed(read_policy_text(path), most_nodes(path))


def read_policy_text(path: Path) -> str:
    """The text of a policy's file, bounded, in its own folder. Raises `PolicyError`."""
    if not path.exists() or path.is_dir():
        raise PolicyError(
            f"there is no file {path}", hint="`crosslight policy list` names those that come along"
        )
    try:
        return read_text(path, most_bytes(path))
    except UnreadableFile as error:
        raise PolicyError(error.message, error.hint) from error


def most_bytes(path: Path) -> int:
    """The size up to which a file is read, and written: what `policy compile` makes of a source is
    larger than the source."""
    made = path.name.endswith((COMPILED_SUFFIX, HISTORY_SUFFIX))
    return MAX_COMPILED_BYTES if made else MAX_YAML_BYTES


def most_nodes(path: Path) -> int:
    """As many values may stand in a file."""
    made = path.name.endswith((COMPILED_SUFFIX, HISTORY_SUFFIX))
    return MAX_COMPILED_NODES if made else MAX_NODES


def parse_plain(text: str, name: str = "constitution", *, nodes: int = MAX_NODES) -> Any:
    """The value of YAML text. Raises `PolicyError` that lists what is wrong, with lines."""
    value, wrong = _parsed(text, nodes)
    if wrong:
        raise PolicyError(told(name, wrong), HIDDEN_HINT * has_hidden(told(name, wrong)))
    return value


def has_hidden(message: str) -> bool:
    """Whether an error speaks of hidden characters."""
    return "hidden character" in message


def _parsed(text: str, nodes: int = MAX_NODES) -> tuple[Any, list[Wrong]]:
    value, wrong = parse_yaml(text, nodes=nodes)
    lines = {one.line for one in wrong if has_hidden(one.text)}
    return value, sorted([*wrong, *(w for w in _hidden(value) if w.line not in lines)])


def _hidden(value: Any) -> list[Wrong]:
    """Hidden characters that an escape (`"\\u202e"`) put into a text."""
    found, waiting = [], [(value, 0)]
    while waiting:
        part, line = waiting.pop()
        if isinstance(part, dict):
            lines = getattr(part, "lines", {})
            waiting += [(p, lines.get(key, line)) for key, p in part.items()]
            waiting += [(key, lines.get(key, line)) for key in part]
        elif isinstance(part, list):
            waiting += list(zip(part, getattr(part, "lines", [line] * len(part)), strict=True))
        elif isinstance(part, str):
            names = dict.fromkeys(name for _, name in hidden_characters(part))
            found += [Wrong(line, f"hidden character {name}: remove it") for name in names]
    return found
