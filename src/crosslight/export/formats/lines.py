"""JSON files with a row a line, one file a split, that take their names when all is written; and
values as strict JSON takes them."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from crosslight.store import replacing


@contextmanager
def json_lines(out: Path) -> Iterator[Callable[[str, Mapping[str, Any]], None]]:
    """Takes rows by their split, and writes `SPLIT.jsonl`."""
    with ExitStack() as stack:
        files: dict[str, BinaryIO] = {}

        def write(split: str, row: Mapping[str, Any]) -> None:
            if split not in files:
                files[split] = stack.enter_context(replacing(out / f"{split}.jsonl"))
            files[split].write(_line(row) + b"\n")

        yield write


@contextmanager
def json_arrays(out: Path) -> Iterator[Callable[[str, Mapping[str, Any]], None]]:
    """The same as arrays in `SPLIT.json`, still a row a line."""
    with ExitStack() as stack:
        files: dict[str, BinaryIO] = {}

        def write(split: str, row: Mapping[str, Any]) -> None:
            if split in files:
                files[split].write(b",\n")
            else:
                files[split] = stack.enter_context(replacing(out / f"{split}.json"))
                files[split].write(b"[\n")
            files[split].write(_line(row))

        yield write
        for file in files.values():
            file.write(b"\n]\n")


def _line(row: Mapping[str, Any]) -> bytes:
    text = json.dumps(row, ensure_ascii=False)
    # Some readers end a line at these characters, which may stand in a text.
    for mark in "\u0085\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text.encode("utf-8", errors="replace")


def row_json(row: dict[str, Any]) -> bytes:
    """A row as strict JSON: a number that is none (NaN, infinite) is unknown, and so null."""
    return json.dumps(finite(row), ensure_ascii=False, sort_keys=True, allow_nan=False).encode(
        "utf-8", errors="replace"
    )


def finite(value: Any) -> Any:
    """The value without what JSON has no word for; bytes and dates become text."""
    if isinstance(value, dict):
        return {str(name): finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int | bool) else str(value)
