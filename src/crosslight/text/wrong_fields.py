"""What is wrong with the fields of a file that a person wrote: line, place, and what to write.

`pydantic` finds it; the words are ours. A mapping or list that knows its lines says the line.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crosslight.text.field_words import in_words

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

MOST_SHOWN = 40
"""Complaints of one file that are printed."""


@dataclass(frozen=True, slots=True, order=True)
class Wrong:
    """One thing that is wrong. `line` from 1; 0 where it is not known."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}" if self.line else self.text


class Mapped(dict[str, Any]):
    """A mapping of a file. `said`: the characters of its scalars without quotes."""

    __slots__ = ("line", "lines", "said")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}
        self.said: dict[str, str] = {}


class Listed(list[Any]):
    """A list of a file; None in `said` where there is no scalar without quotes."""

    __slots__ = ("line", "lines", "said")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []
        self.said: list[str | None] = []


def wrong_fields(error: "ValidationError", value: Any, model: "type[BaseModel]") -> list[Wrong]:
    """Every field that `pydantic` refused, in the order of the file."""
    grouped: dict[tuple[Any, ...], list[Any]] = {}
    for one in error.errors(include_url=False):
        if one["type"] == "too_short" and len(one["input"]) >= one["ctx"]["min_length"]:
            continue  # entries were refused, and stand in the list by themselves
        place = _Place.of(value, one["loc"])
        grouped.setdefault((place.path, one["type"] == "extra_forbidden"), []).append((place, one))
    found = []
    for group in grouped.values():
        place = group[0][0]
        said = in_words([one for _, one in group], place.said, model)
        found.append(Wrong(place.line, f"{place.words}: {said}" if place.words else said))
    return sorted(found, key=lambda wrong: wrong.line)


def repeated_ids(value: Any) -> list[Wrong]:
    """Entries of one list that have one `id`, with both lines."""
    return [wrong for part in _parts(value) if isinstance(part, list) for wrong in _repeated(part)]


def told(name: str, wrong: Iterable[Wrong]) -> str:
    """The text of an error that lists what is wrong in the file `name`."""
    found = list(wrong)
    if len(found) == 1:
        only = found[0]
        return f"{name}, {only}" if only.line else f"{name}: {only}"
    shown = [f"  {one}" for one in found[:MOST_SHOWN]]
    if len(found) > MOST_SHOWN:
        shown.append(f"  and {len(found) - MOST_SHOWN} more")
    return "\n".join([f"{name}: {len(found)} errors", *shown])


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a value an error is; `said` are the characters that stand there without quotes."""

    path: tuple[Any, ...]
    line: int
    words: str
    said: str | None

    @classmethod
    def of(cls, value: Any, loc: Sequence[int | str]) -> "_Place":
        """Walks along `loc` as far as it names parts of the value: the rest names types."""
        at, path = value, list[Any]()
        line, said = getattr(value, "line", 0), None
        words: list[str] = []
        for part in loc:
            step = str(part) if isinstance(at, dict) else part
            if isinstance(at, dict):
                if step not in at:  # a missing field, or the name of a type
                    break
                line = getattr(at, "lines", {}).get(step, line)
                said = getattr(at, "said", {}).get(step)
                words.append(str(step))
            elif isinstance(at, list) and isinstance(step, int) and step < len(at):
                line = at.lines[step] if isinstance(at, Listed) else line
                said = at.said[step] if isinstance(at, Listed) else None
                noun = (words.pop() if words else "entry").rstrip("s")
                words.append(f"{noun} {_called(at[step], step)},")
            else:
                break
            path.append(step)
            at = at[step]
        left = loc[len(path) :]
        if (
            isinstance(at, dict)
            and len(left) == 1
            and isinstance(left[0], str)
            and left[0].isidentifier()
        ):
            path.append(left[0])
            words.append(left[0])
        joined = ".".join(words).replace(",.", ", ").rstrip(",")
        return cls(tuple(path), line, joined, said)


def _called(entry: Any, at: int) -> str:
    """How people call an entry of a list: by its id, else by its number from 1."""
    if not isinstance(entry, dict):
        return str(at + 1)
    name = getattr(entry, "said", {}).get("id") or entry.get("id")
    return name[:60] if isinstance(name, str) and name else str(at + 1)


def _parts(value: Any) -> Iterator[Any]:
    waiting = [value]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def _repeated(entries: list[Any]) -> Iterator[Wrong]:
    lines: dict[str, int] = {}
    for entry in entries:
        name = entry.get("id") if isinstance(entry, Mapping) else None
        if not isinstance(name, str):
            continue
        line = getattr(entry, "lines", {}).get("id", 0)
        if name in lines:
            also = f": also in line {lines[name]}" if lines[name] else ""
            yield Wrong(line, f"the id {name[:60]!r} stands twice{also}")
        lines.setdefault(name, line)
