"""Our numbers beside theirs, leaf by leaf."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from crosslight.bench.item import SuiteError
from crosslight.bench.native import files
from crosslight.bench.published.recompute import Number, Table

Verdict = Literal["equal", "differs", "only ours", "only theirs", "reported"]


@dataclass(frozen=True, slots=True)
class Line:
    """One number of a table. `reported`: what the authors state and no file here can give."""

    table: str
    path: tuple[str, ...]
    ours: Any
    theirs: Any
    verdict: Verdict


def expected(folder: Path) -> dict[str, Any]:
    """The content of EXPECTED.json; empty where there is none."""
    name = "EXPECTED.json"
    if not (folder / name).exists():
        return {}
    value = files.json_value(folder, name)
    if not isinstance(value, dict):
        raise SuiteError("no JSON object", file=str(folder / name))
    return value


def beside(ours: Mapping[str, Table], theirs: Mapping[str, Any]) -> list[Line]:
    """Every leaf of both, tables in the order of theirs and then those that only we have."""
    lines: list[Line] = []
    used: set[str] = set()
    for name, table in theirs.items():
        mine = _named(name, ours)
        used.update([mine] if mine else [])
        lines += _table(name, ours[mine] if mine else {}, table)
    for name, table in ours.items():
        if name not in used:
            lines += _table(name, table, {})
    return lines


def _named(name: str, ours: Mapping[str, Table]) -> str:
    """Our table of that name; else the only one whose name is the beginning of theirs or longer."""
    if name in ours:
        return name
    near = [
        key
        for key in ours
        if _plain(name).startswith(_plain(key)) or _plain(key).startswith(_plain(name))
    ]
    return near[0] if len(near) == 1 else ""


def _table(name: str, ours: Any, theirs: Any) -> Iterator[Line]:
    decimals = _decimals(ours, theirs)
    yield from _walk(name, (), ours, theirs, decimals)


_NONE = object()


def _walk(
    name: str, path: tuple[str, ...], ours: Any, theirs: Any, decimals: Mapping[int, int]
) -> Iterator[Line]:
    if isinstance(theirs, Mapping) or isinstance(ours, Mapping):
        left = ours if isinstance(ours, Mapping) else {}
        right = theirs if isinstance(theirs, Mapping) else {}
        names = {_plain(key): key for key in left}
        for key, value in right.items():
            mine = names.pop(_plain(key), None)
            found = left[mine] if mine is not None else _NONE
            yield from _walk(name, (*path, key), found, value, decimals)
        for key in names.values():
            yield from _walk(name, (*path, key), left[key], _NONE, decimals)
    elif ours is _NONE:
        reported = any(part.startswith("README") for part in path)
        yield Line(name, path, None, theirs, "reported" if reported else "only theirs")
    elif theirs is _NONE:
        yield Line(name, path, ours, None, "only ours")
    else:
        same = _equal(ours, theirs, decimals)
        yield Line(name, path, ours, theirs, "equal" if same else "differs")


def _equal(ours: Any, theirs: Any, decimals: Mapping[int, int]) -> bool:
    if isinstance(ours, Number):
        if not isinstance(theirs, int | float):
            return False
        digits = decimals.get(ours.digits, ours.digits)
        return theirs in ours.roundings(digits)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    return _same(ours, theirs)


def _same(ours: Any, theirs: Any) -> bool:
    return bool(ours == theirs)


def _decimals(ours: Any, theirs: Any) -> dict[int, int]:
    """The decimals that their table prints for each kind of number (2, 4 or 6 of ours).

    A table that prints 91.7 where we have 91.67 is compared at one decimal, but only when no
    number of that kind in it has two.
    """
    seen: dict[int, int] = {}
    for line in _walk("", (), ours, theirs, {}):
        if isinstance(line.ours, Number) and isinstance(line.theirs, int | float):
            printed = len(str(line.theirs).partition(".")[2]) if "." in str(line.theirs) else 0
            digits = line.ours.digits
            seen[digits] = max(seen.get(digits, 0), min(printed, digits))
    return seen


_SIZE = re.compile(r"\(of [\d,]+\)")
"""How many items a name speaks of: `refusals (of 100)`, which another folder need not have."""


def _plain(name: str) -> str:
    return "".join(letter for letter in _SIZE.sub("", name.lower()) if letter.isalnum())
