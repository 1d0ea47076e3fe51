"""JSON of strangers: no key twice, and errors that name the line."""

import json
from typing import Any


class BadJson(ValueError):
    """No JSON that is read. `line` from 1; 0 where it is not known."""

    def __init__(self, cause: str, line: int = 0) -> None:
        super().__init__(cause)
        self.cause = cause
        self.line = line


def parse_json(text: str) -> Any:
    """The value of JSON text. A key that stands twice is refused: one of them would vanish.

    NaN and Infinity, as pandas writes an empty cell, are no value (None). Raises `BadJson`.
    """
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_value)
    except json.JSONDecodeError as error:
        raise BadJson(error.msg, error.lineno) from error
    except (ValueError, RecursionError) as error:
        raise BadJson(str(error)[:200]) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice[:40]!r} appears twice")
    return made


def _no_value(_name: str) -> None:
    return None
