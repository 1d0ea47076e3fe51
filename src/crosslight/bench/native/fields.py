"""Taking a field out of somebody else's row: the value, or a reason why the row is no item."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from crosslight.bench.item import REDACTED, BadRow, Item, Read, SuiteError

Row = Mapping[str, Any]
Rows = Iterator[tuple[int, Row] | BadRow]


class RowFault(Exception):
    """This row is no item, or not this item of a row that gives several; the text says why."""


Make = Callable[[int, Row], Item | Iterable[Item | RowFault]]
"""Row number and fields to the row's item or items; raises `RowFault`. One that stands among the
items is an item that the row does not give, whatever became of the others."""

MAX_TEXT = 100_000
"""Characters. No benchmark asks a longer question; a longer one is a broken quote."""

BROKEN = re.compile("[\ud800-\udfff]")
"""What `file_text` makes of bytes that are not UTF-8."""


def each(source: str, rows: Rows, make: Make, *, items: int = 1) -> Read:
    """Items of every row; a row that `make` refuses with `RowFault` becomes a `BadRow`, and so does
    a file that is broken as a whole: it takes no other file away. `items`: of a row, at most."""
    try:
        for row in rows:
            if isinstance(row, BadRow):
                yield replace(row, items=items * row.items)
            else:
                yield from _made(source, *row, make, items)
    except SuiteError as error:
        yield unusable(error, source)


def _made(source: str, number: int, fields: Row, make: Make, items: int) -> Read:
    try:
        made = make(number, fields)
        ready = [made] if isinstance(made, Item) else list(made)
    except RowFault as fault:
        yield BadRow(source, number, str(fault), items)
        return
    for one in ready:
        if isinstance(one, RowFault):
            yield BadRow(source, number, str(one))
        else:
            yield replace(one, source=source, row=number)


def unusable(error: SuiteError, source: str) -> BadRow:
    """A file that gives no item, so that the others go on. A row of it that stopped the reading is
    told in the reason: what is lost is the file."""
    reason = f"row {error.row}: {error.cause}" if error.row else error.cause
    return BadRow(source, 0, reason, 0, error.remedy)


def first_of(folder_has: Sequence[str], read: Callable[[str], Read]) -> Read:
    """What the first file gives that gives an item; files before it are told as bad rows.

    For a set that is published in several forms: a broken one does not hide a sound one.
    """
    for name in folder_has:
        found = False
        for one in read(name):
            found = found or isinstance(one, Item)
            yield one
        if found:
            return


def one_each(fields: Iterable[Any], make: Callable[[Any], Item]) -> Iterator[Item | RowFault]:
    """An item of each field of a row; one that cannot be made takes no other away."""
    for field in fields:
        try:
            yield make(field)
        except RowFault as fault:
            yield fault


def clean(value: Any, key: str, limit: int = MAX_TEXT) -> str:
    """A string that can be asked: no NUL, no broken UTF-8, not longer than `limit`."""
    if not isinstance(value, str):
        raise RowFault(f"{key} is {_kind(value)}, not text")
    if len(value) > limit:
        raise RowFault(f"{key} has {len(value)} characters (at most {limit})")
    if "\x00" in value:
        raise RowFault(f"{key} holds a NUL byte")
    if not value.isascii() and BROKEN.search(value):
        raise RowFault(f"{key} is not UTF-8")
    return value.strip()


def text(row: Row, key: str) -> str:
    """A text that must be there and not be empty."""
    if key not in row:
        raise RowFault(f"no {key}")
    value = clean(row[key], key)
    if not value:
        raise RowFault(f"{key} is empty")
    return value


def first_text(row: Row, *keys: str) -> str:
    """The text under the first of these names that the row has; for sets whose names vary."""
    return text(row, next((key for key in keys if row.get(key) not in (None, "")), keys[0]))


def maybe(row: Row, key: str) -> str:
    """A text that may be missing or null: then an empty one. Numbers are written out."""
    value = row.get(key)
    if value is None:
        return ""
    return clean(str(value) if isinstance(value, bool | int | float) else value, key)


def ident(row: Row, key: str) -> str:
    """An id: a whole number or a text of one line."""
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    name = text(row, key)
    if len(name) > 300 or "\n" in name:
        raise RowFault(f"{key} is no id: {name[:40]!r}")
    return name


def ident_or_row(row: Row, key: str, number: int) -> str:
    """The row's id; where it has none, its place in the file: no task needs a name."""
    if row.get(key) in (None, ""):
        return f"row-{number}"
    return ident(row, key)


def whole(row: Row, key: str) -> int:
    """A whole number, also one written as text."""
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value.strip()[:18])
    raise RowFault(f"{key} is {_kind(value)}, not a whole number")


def flag(row: Row, key: str) -> bool:
    """True or false, also as 0/1 and as text."""
    value = row.get(key)
    if isinstance(value, bool):
        return value
    known = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
    if isinstance(value, int | str) and str(value).strip().lower() in known:
        return known[str(value).strip().lower()]
    raise RowFault(f"{key} is {_kind(value)}, not true or false")


def one_of(row: Row, key: str, allowed: Iterable[str]) -> str:
    """A text out of a published list."""
    value = text(row, key)
    if value not in (names := set(allowed)):
        raise RowFault(f"{key} is {value[:40]!r}, which is none of the {len(names)} published ones")
    return value


def listed(row: Row, key: str) -> Sequence[Any]:
    """A list (a numpy or tuple row of parquet counts) that is not empty."""
    value = row.get(key)
    if not isinstance(value, list | tuple) or not value:
        raise RowFault(f"{key} is {_kind(value)}, not a list with something in it")
    return value


def nested(row: Row, key: str) -> Row:
    """An object inside the row."""
    value = row.get(key)
    if not isinstance(value, Mapping):
        raise RowFault(f"{key} is {_kind(value)}, not an object")
    return value


def labels(row: Row, *keys: str) -> dict[str, str]:
    """The fields that are there, as text, for reports to group by."""
    return {key: found for key in keys if (found := maybe(row, key))}


NO_REFERENCE = {"reference": "missing"}
"""The label of an item whose reference answer is not there: it is asked all the same."""


def reference(row: Row, key: str) -> tuple[str, dict[str, str]]:
    """A reference answer that may be missing, and the labels that say so."""
    value = maybe(row, key)
    return value, {} if value else dict(NO_REFERENCE)


def redacted(*texts: str) -> bool:
    """Whether whoever handed the file on took a text out."""
    return any(REDACTED in each_text for each_text in texts)


def _kind(value: Any) -> str:
    if value is None:
        return "missing or null"
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    return type(value).__name__
