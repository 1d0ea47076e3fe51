"""From the records of a table (numbers and cells) to entries: the first decide the columns."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from crosslight.photos.sources.columns import Columns, choose_columns
from crosslight.photos.sources.encoded import text_list
from crosslight.photos.sources.evidence import ENOUGH, Evidence, evidence_of, is_empty
from crosslight.photos.sources.found import Broken, Found, SourceError, SourceOptions
from crosslight.photos.sources.located import Row
from crosslight.photos.sources.names import printable
from crosslight.photos.sources.referred import INDEX, Referred
from crosslight.text import SAVE_AS, as_windows

_BROKEN = re.compile("[\udc80-\udcff]")  # bytes that are not UTF-8

Record = tuple[int, dict[str, Any] | SourceError, int]
"""The number of a row, its cells or what is wrong with it, and its size in characters."""
Records = Callable[[], Iterator[Record]]

ALWAYS_PEEKED = 16
"""Rows that are looked at before the columns are chosen."""
MOST_PEEKED = 1000
"""Rows that are looked at where the first name no picture."""
MOST_PEEKED_SIZE = 64 * 2**20
"""Characters of them."""


def of_records(
    path: Path, options: SourceOptions, records: Records, header: Sequence[str] = ()
) -> Iterator[Found]:
    """The entries of a table whose rows are read one after the other; more than once where rows
    name the pictures of others.

    Raises `InputError` where no column, or more than one, could hold the image.
    """
    rows = records()
    first, sample = _peeked(rows, options.column)
    names = list(header) or list(sample)
    columns: Columns | None = None
    if names:
        columns = choose_columns(names, options, sample)
    others: Referred | None = None
    if columns and INDEX in names and columns.evidence is Evidence.PICTURE:
        others = Referred(lambda: _cells(records()), columns.image)
    label = printable(path.name)
    for number, cells, _ in chain(first, rows):
        row = Row(f"{label}#{number}", path.parent, options)
        if isinstance(cells, SourceError):
            yield row.broken(cells)
        else:
            columns = columns or choose_columns(list(cells), options, {})
            yield from entries(row, cells, columns, others)


def entries(
    row: Row, cells: Mapping[str, Any], columns: Columns, others: Referred | None = None
) -> Iterator[Found]:
    """The entries of one row; a cell that cannot be read costs the row."""
    try:
        found = list(_images(row, cells, columns, others))
    except Exception as error:
        found = [row.broken(SourceError("bad_row", in_one_line(error)))]
    yield from found


def in_one_line(error: Exception) -> str:
    """The text of an error, at most 200 characters."""
    return " ".join(str(error).split())[:200]


def _images(
    row: Row, cells: Mapping[str, Any], columns: Columns, others: Referred | None
) -> Iterator[Found]:
    facts = columns.facts(cells)
    whole = Row(row.label, row.base, row.options, **facts)
    value = cells.get(columns.image)
    if others is not None and others.may_be(value):
        reader = others.reader(value, row.options.max_bytes)
        yield whole.read_by(reader, reader.name)
        return
    if isinstance(value, str):
        value = text_list(value) or value
    if not isinstance(value, list) or not value:
        yield named(whole, value if value != [] else None)
        return
    for index, item in enumerate(value):
        yield named(Row(f"{row.label}[{index}]", row.base, row.options, **facts), item)


def named(row: Row, value: Any) -> Found:
    """The image that a cell names. A path may hold any bytes; what is not UTF-8 and names no file
    is rather a table in an older code page, and is told to be."""
    found = row.found(value)
    if not isinstance(value, str) or value.isascii() or not _BROKEN.search(value):
        return found
    if os.path.exists(row.base / value):  # noqa: PTH110 - False for no path
        return found
    said = as_windows(value)
    also = f"; as Windows-1252 (cp1252) it is {printable(said)!r}" if said else ""
    error = SourceError("bad_row", f"the name is not UTF-8{also}", hint=SAVE_AS)
    return replace(found, read=Broken(error))


def _peeked(rows: Iterator[Record], wanted: str) -> tuple[list[Record], dict[str, list[Any]]]:
    """The first records, until one names a picture (in the `wanted` column, if there is one), and
    the first cells of each column."""
    first: list[Record] = []
    sample: dict[str, list[Any]] = {}
    size, told = 0, False
    for record in rows:
        first.append(record)
        size += record[2]
        cells = record[1]
        if not isinstance(cells, SourceError):
            for name, cell in cells.items():
                known = sample.setdefault(name, [])
                if len(known) < ENOUGH and not is_empty(cell):
                    known.append(cell)
                    if wanted in ("", name):
                        told = told or evidence_of([cell]) >= Evidence.NAME
        if size > MOST_PEEKED_SIZE or len(first) >= (ALWAYS_PEEKED if told else MOST_PEEKED):
            break
    return first, sample


def _cells(records: Iterator[Record]) -> Iterator[Mapping[str, Any]]:
    for _, cells, _ in records:
        if not isinstance(cells, SourceError):
            yield cells
