"""Rows in JSON: one object a line, or one array of objects over as many lines as it likes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crosslight.photos.sources.found import InputError, SourceError
from crosslight.photos.sources.lines import LONGEST_ROW, bounded_lines
from crosslight.photos.sources.names import printable
from crosslight.photos.sources.records import Record, Records
from crosslight.text import BadJson, NotText, decode, parse_json

MOST_ARRAY = 256 * 2**20
"""Bytes of a file that is one array: it is read as a whole."""
_HEAD = 4096
_BLANK = re.compile(r"[ \t\r\n]*")


def json_records(path: Path) -> Records:
    """What reads the rows of a file, by how it begins: `[` opens an array.

    Raises `InputError` for an array that is too large to be read as a whole.
    """
    if not _is_array(path):
        return lambda: _of_lines(path)
    size = path.stat().st_size
    if size > MOST_ARRAY:
        raise InputError(
            f"{printable(path.name)} is one JSON array of {size:,} bytes, over {MOST_ARRAY:,}.",
            "Make it JSONL, one object a line: jq -c '.[]' FILE.",
        )
    return lambda: _of_array(path)


def _is_array(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    for end in (_HEAD, _HEAD - 2):  # one of them cuts no character of UTF-16 in two
        try:
            return decode(head[:end], "replace").lstrip().startswith("[")
        except NotText:
            continue
    return False  # reading its lines says what is wrong


def _of_lines(path: Path) -> Iterator[Record]:
    number = 0
    with path.open("rb") as file:
        try:
            for number, line in enumerate(bounded_lines(file, LONGEST_ROW), start=1):
                if line.strip():
                    yield number, _object(line, "the line"), len(line)
        except SourceError as error:
            yield number + 1, error, 0


def _of_array(path: Path) -> Iterator[Record]:
    """The elements one after the other: one that is no row costs itself, and only what breaks the
    array costs those behind it."""
    text = decode(path.read_bytes(), "surrogateescape")
    find_end = json.JSONDecoder().raw_decode
    at, number, after = _past(text, text.index("[") + 1), 1, ""
    while text[at : at + 1] != "]" or after == ",":
        try:
            _, end = find_end(text, at)
        except (ValueError, RecursionError) as error:
            yield number, _broken_at(text, at, error), 0
            return
        yield number, _object(text[at:end], "the element"), end - at
        at = _past(text, end)
        after = text[at : at + 1]
        if after not in (",", "]"):
            yield (
                number + 1,
                _broken_at(text, at, ValueError("no comma and no end of the array")),
                0,
            )
            return
        at, number = _past(text, at + 1) if after == "," else at, number + 1
    if text[at + 1 :].strip():
        yield number, _broken_at(text, at + 1, ValueError("more text behind the array")), 0


def _past(text: str, at: int) -> int:
    """The place of the next character that is no blank."""
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _broken_at(text: str, at: int, error: Exception) -> SourceError:
    at = error.pos if isinstance(error, json.JSONDecodeError) else at
    cause = error.msg if isinstance(error, json.JSONDecodeError) else str(error)[:200]
    line = text.count("\n", 0, at) + 1
    return SourceError("bad_row", f"the array cannot be read from line {line} on: {cause}")


def _object(text: str, what: str) -> dict[str, Any] | SourceError:
    try:
        value = parse_json(text)
    except BadJson as error:
        return SourceError("bad_row", f"{what} is no JSON object: {error.cause}")
    if isinstance(value, dict):
        return value
    return SourceError("bad_row", f"{what} is no JSON object")
