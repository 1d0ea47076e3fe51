"""Plain data as YAML for people: blocks, with one line for what is marked as a line.

Written by ourselves because the dumper in Python takes a minute for a large policy, and the one in
C lays lists out in another way. What is written is read back before it takes its place.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

_IN_LINE = re.compile(r"[A-Za-zÀ-ɏ][\w ./()'+-]*")
_IN_BLOCK = re.compile(r"""[A-Za-zÀ-ɏ](?:[\w ./()'"+,;!?%&-]|:(?=\S))*""")
"""Texts that stand without quotes."""
_WORDS = re.compile(r"(?:true|false|yes|no|on|off|null|y|n|nan|inf)", re.IGNORECASE)


class Flow(dict[str, Any]):
    """A mapping on one line."""


class Row(list[Any]):
    """A list on one line."""


def as_yaml(value: Any) -> str:
    """The text of a mapping, with its line end."""
    return "".join(f"{line}\n" for line in _lines(value, ""))


def _lines(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            if _is_block(part):
                yield f"{indent}{_scalar(key)}:"
                yield from _lines(part, indent + "  ")
            else:
                yield f"{indent}{_scalar(key)}: {_line(part, _IN_BLOCK)}"
        return
    for part in value:
        if not _is_block(part):
            yield f"{indent}- {_line(part, _IN_BLOCK)}"
            continue
        first, *rest = _lines(part, indent + "  ")
        yield f"{indent}- {first.removeprefix(indent + '  ')}"
        yield from rest


def _is_block(value: Any) -> bool:
    return isinstance(value, dict | list) and bool(value) and not isinstance(value, Flow | Row)


def _line(value: Any, plain: re.Pattern[str] = _IN_LINE) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(k)}: {_line(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_line, value)) + "]"
    return _scalar(value, plain)


def _scalar(value: Any, plain: re.Pattern[str] = _IN_LINE) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if plain.fullmatch(value) and value == value.strip() and not _WORDS.fullmatch(value):
        return value
    if value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return json.dumps(value, ensure_ascii=False)
