"""What somebody asks of a table, and the address that says it, which holds the whole state."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from crosslight.view.rows.narrow import Numbers

MOST_WORDS = 300
"""Characters of a search."""
MOST_PARTS = 200
"""Values that an address may ask for."""


@dataclass(frozen=True, eq=False)
class Within:
    """Rows picked by something that is no column of the table, as what reviewers said of them.
    `key`: another key, another mask."""

    key: tuple[object, ...]
    mask: Numbers


@dataclass(frozen=True)
class Query:
    """A filter, an order and a page. `only`: of each facet the values, any of which is enough;
    `between`: of each score the ends; `sort`: a column, or "" for the order of the files;
    `within`: what `only` asks beyond the columns, as the server has found it."""

    only: tuple[tuple[str, tuple[str, ...]], ...] = ()
    between: tuple[tuple[str, float, float], ...] = ()
    search: str = ""
    sort: str = ""
    falling: bool = False
    group: str = ""
    page: int = 1
    look: str = "grid"
    within: Within | None = field(default=None, compare=False)

    @property
    def filter_key(self) -> tuple[object, ...]:
        """What decides which rows there are, and in which order."""
        beyond = self.within.key if self.within is not None else ()
        said = (self.only, self.between, self.search, self.sort, self.falling, self.group)
        return (*said, beyond)

    def address(self, **changed: object) -> str:
        """The query part of an address, of this or of a changed query; page 1 unless named."""
        changed.setdefault("page", 1)
        return urlencode(replace(self, **changed).pairs())  # type: ignore[arg-type]

    def pairs(self, without: str = "") -> list[tuple[str, str]]:
        """The parts of the address, without those that begin with this name."""
        parts: list[tuple[str, str]] = [
            *((f"f.{name}", value) for name, values in self.only for value in values),
            *((f"r.{name}", f"{_said(low)}~{_said(high)}") for name, low, high in self.between),
        ]
        parts += [("q", self.search)] if self.search else []
        parts += [("sort", ("-" if self.falling else "") + self.sort)] if self.sort else []
        parts += [("group", self.group)] if self.group else []
        parts += [("look", self.look)] if self.look != "grid" else []
        parts += [("page", str(self.page))] if self.page > 1 else []
        return [part for part in parts if part[0] != without]

    def toggled(self, name: str, value: str) -> str:
        """The address with this value of a facet taken in, or out where it is in."""
        now = dict(self.only)
        values = now.get(name, ())
        now[name] = tuple(v for v in values if v != value) if value in values else (*values, value)
        return self.address(only=tuple((n, v) for n, v in sorted(now.items()) if v))

    def without(self, name: str) -> str:
        """The address without the filter of this column."""
        return self.address(
            only=tuple(one for one in self.only if one[0] != name),
            between=tuple(one for one in self.between if one[0] != name),
        )

    def values_of(self, name: str) -> tuple[str, ...]:
        """The values of a facet that are asked for."""
        return dict(self.only).get(name, ())


def read_query(asked: Iterable[tuple[str, str]]) -> Query:
    """A query out of an address that anybody may have typed: what makes no sense is left out."""
    only: dict[str, list[str]] = {}
    between: dict[str, tuple[float, float]] = {}
    plain: dict[str, str] = {}
    for count, (key, value) in enumerate(asked):
        if count >= MOST_PARTS:
            break
        if key.startswith("f."):
            only.setdefault(key[2:], []).append(value)
        elif key.startswith("r."):
            ends = _ends(value)
            if ends is not None:
                between[key[2:]] = ends
        elif key.startswith(("lo.", "hi.")):  # of a form without a script
            low, high = between.get(key[3:], (-math.inf, math.inf))
            given = _number(value)
            if given is not None:
                between[key[3:]] = (given, high) if key.startswith("lo.") else (low, given)
        else:
            plain[key] = value
    sort = plain.get("sort", "")
    return Query(
        only=tuple((name, tuple(dict.fromkeys(v))) for name, v in sorted(only.items())),
        between=tuple((name, *ends) for name, ends in sorted(between.items())),
        search=plain.get("q", "")[:MOST_WORDS].strip(),
        sort=sort.removeprefix("-"),
        falling=sort.startswith("-"),
        group=plain.get("group", ""),
        page=_page(plain),
        look="table" if plain.get("look") == "table" else "grid",
    )


def _page(plain: Mapping[str, str]) -> int:
    said = plain.get("page", "1")
    return max(1, int(said)) if said.isascii() and said.isdigit() and len(said) < 10 else 1


def _ends(said: str) -> tuple[float, float] | None:
    first, _, second = said.partition("~")
    low = _number(first) if first else -math.inf
    high = _number(second) if second else math.inf
    return None if low is None or high is None else (low, high)


def _said(value: float) -> str:
    """All its digits, so that the address brings back the same rows."""
    return repr(value).removesuffix(".0")


def _number(said: str) -> float | None:
    try:
        value = float(said)
    except ValueError:
        return None
    return None if math.isnan(value) else value
