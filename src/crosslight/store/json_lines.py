"""JSONL, one value a line: read bit by bit, so that a table with pictures in it fits as well."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslight.store.paths import LINKED, UnreadableFile, open_regular, stays_in
from crosslight.text import BadJson, parse_json, text_lines

MOST_LINE = 32 << 20
"""Characters of one line: a row with its picture in base64."""
MOST_JSON_LINES = 512 << 20
"""Bytes of a file whose rows are all held in memory."""


@dataclass(frozen=True, slots=True)
class JsonLine:
    """A line that is not blank. `cause`: why it holds no value; empty where it does."""

    number: int
    value: Any
    cause: str = ""


def json_lines(
    path: Path, *, most_bytes: int | None = None, longest: int = MOST_LINE
) -> Iterator[JsonLine]:
    """The lines of a file that a person names; a bad one is told, and the rest goes on.

    Links count within the file's own folder. Raises `UnreadableFile` (not there, too large), and
    `NotText` for what is no text, or has a line of more than `longest` characters.
    """
    if not stays_in(path.parent, path):
        raise UnreadableFile(f"{path} is a link that leads out of its folder", LINKED)
    try:
        with open_regular(path) as file:
            if most_bytes is not None and os.fstat(file.fileno()).st_size > most_bytes:
                raise UnreadableFile(f"{path} is larger than {most_bytes:,} bytes", "split it")
            for number, line in enumerate(text_lines(file, longest), start=1):
                if line.strip():
                    yield _read(number, line)
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror or error}") from error


def _read(number: int, line: str) -> JsonLine:
    # Bytes that are not UTF-8 are marked by lone surrogates.
    if not line.isascii() and any("\udc80" <= mark <= "\udcff" for mark in line):
        return JsonLine(number, None, "bytes that are not UTF-8: save it as UTF-8")
    try:
        return JsonLine(number, parse_json(line))
    except BadJson as error:
        return JsonLine(number, None, error.cause)
