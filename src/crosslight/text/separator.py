"""What parts the cells of a table that is called CSV: a comma, a semicolon or a tab.

Spreadsheets write the semicolon where the comma is the decimal sign, and a first line `sep=;`.
"""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SEPARATORS = (",", ";", "\t")
_TOLD = re.compile(r"sep=([,;\t])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TableStart:
    """How a table begins. `taken` lines of it have been read: the header, and `sep=` before it."""

    separator: str
    header: str
    taken: int


def table_start(lines: Iterator[str], wanted: Callable[[str], bool], own: str = ",") -> TableStart:
    """Takes the header off the lines of a table, and tells its separator."""
    header = next(lines, "")
    told = _TOLD.fullmatch(header.strip('\r\n" '))
    if told:
        return TableStart(told[1], next(lines, ""), 2)
    return TableStart(separator(header, wanted, own), header, 1)


def separator(header: str, wanted: Callable[[str], bool], own: str = ",") -> str:
    """The separator under which the header holds the most `wanted` titles (in small letters).

    Where none finds any, the one that makes the most cells; `own` wins a tie.
    """
    order = sorted(SEPARATORS, key=lambda sign: sign != own)
    cells = {sign: _cells(header, sign) for sign in order}
    hits = {sign: sum(wanted(cell.strip().lower()) for cell in cells[sign]) for sign in order}
    if any(hits.values()):
        return max(order, key=lambda sign: hits[sign])
    return max(order, key=lambda sign: len(cells[sign]))


def _cells(header: str, sign: str) -> list[str]:
    try:
        return next(csv.reader([header], delimiter=sign), [])
    except csv.Error:
        return []
