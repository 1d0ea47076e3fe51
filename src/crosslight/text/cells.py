"""Tables for spreadsheets, in which no text of strangers is a formula."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_OPENS = "=+-@\uff1d\uff0b\uff0d\uff20"
"""What opens a formula, also as a full-width character."""
_SKIPPED = ' \t\r\n\v\f\0\xa0\u200b\u2060\ufeff"'
"""What programs pass over, or take away, before they look at the first character."""


def inert(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet could take it for a formula.

    A number in text stays as it is.
    """
    first = text.lstrip(_SKIPPED)[:1]
    opens = text[:1] in ("\t", "\r", "\n") or (first and first in _OPENS)
    return "'" + text if opens and not _is_number(text) else text


def csv_text(
    titles: Sequence[str], rows: Iterable[Mapping[str, Any]], *, line_end: str = "\n"
) -> str:
    """A CSV file: `titles`, then of each row the cells under them; texts are made inert."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, titles, extrasaction="ignore", lineterminator=line_end)
    writer.writerow({title: _cell(title) for title in titles})
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    # A list or an object is written as its text. A carriage return alone would not be quoted, and
    # begin a line of its own.
    return inert(str(value)).replace("\r\n", "\n").replace("\r", "\n")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii() and "_" not in text
