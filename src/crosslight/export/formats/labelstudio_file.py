"""The file that a Label Studio project exports: tasks with what people said of them.

It holds the pictures of its tasks again, as data addresses: for some thousand of them gigabytes,
of which nothing is wanted. They are left out as the file is read, so that the words fit in memory.
"""

import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from crosslight.export.formats.source import ExportError
from crosslight.store import LINKED, UnreadableFile, open_regular, stays_in

MOST_WORDS: Final = 2**30
"""Bytes of a file without its pictures."""
_CHUNK: Final = 2**24
_PICTURE: Final = re.compile(rb'(?<=[\[,:\s])"data:image\\?/[a-z0-9.+-]{1,20};base64,')
"""A text that is one; within a text a quote has a backslash before it."""
_LONGEST: Final = 64
"""No less than the bytes that the pattern takes, and looks back at."""


def read_tasks(file: Path) -> list[Any]:
    """The tasks, each an object; their pictures are empty. Raises `ExportError`,
    `UnreadableFile`."""
    if not file.is_file():
        raise ExportError(f"{file} is no file", "give the JSON that Label Studio exported")
    if not stays_in(file.parent, file):
        raise UnreadableFile(f"{file} is a link that leads out of its folder", LINKED)
    try:
        with open_regular(file) as raw:
            told = json.loads(_words(raw, file))
    except OSError as error:
        raise UnreadableFile(f"{file} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise ExportError(f"{file} is no JSON", "export it as JSON (not JSON-MIN)") from error
    if not isinstance(told, list) or not all(isinstance(task, Mapping) for task in told):
        raise ExportError(f"{file} is no list of tasks", "export it as JSON (not JSON-MIN)")
    if told and not any("annotations" in task for task in told):
        raise ExportError(
            f"no task of {file} has annotations",
            "export the project as JSON: JSON-MIN and CSV do not say who said what",
        )
    return told


def _words(raw: BinaryIO, file: Path) -> bytes:
    """The file, a data address as an empty text."""
    kept, rest, inside = io.BytesIO(), b"", False
    while chunk := raw.read(_CHUNK):
        data, at = rest + chunk, 0
        while True:
            if inside:
                end = data.find(b'"', at)
                if end < 0:
                    rest = b""
                    break
                inside, at = False, end
            found = _PICTURE.search(data, at)
            if found is None:
                cut = max(at, len(data) - _LONGEST)  # one may begin here and go on in the next
                kept.write(data[at:cut])
                rest = data[cut:]
                break
            kept.write(data[at : found.start() + 1])
            inside, at = True, found.end()
        if kept.tell() > MOST_WORDS:
            raise UnreadableFile(
                f"{file} has more than {MOST_WORDS:,} bytes of words", "export a part at a time"
            )
    kept.write(rest)
    return kept.getvalue()
