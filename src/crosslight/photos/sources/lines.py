"""The lines of a list or table, each within a bound."""

from collections.abc import Iterator
from typing import BinaryIO

from crosslight.photos.sources.found import SourceError
from crosslight.text import NotText, text_lines

LONGEST = 4 * 2**20  # bytes in one line
LONGEST_ROW = 32 * 2**20  # the same of a table: a picture of 24 MiB in base64


def bounded_lines(file: BinaryIO, longest: int = LONGEST) -> Iterator[str]:
    """Lines without their ends; bytes that are not UTF-8 are surrogate escapes.

    Raises `SourceError` for a line of over `longest` characters, and for what is no text: what
    follows cannot be trusted to be lines.
    """
    try:
        yield from text_lines(file, longest)
    except NotText as error:
        raise SourceError("bad_row", error.message, hint=error.hint) from error
