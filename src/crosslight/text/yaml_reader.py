"""YAML that people write: plain data, bounded, no key twice, and every scalar as it stands there.

YAML changes what is written without quotes: `22:30` into 1350, `007` into 7, `no` into false. Here
a scalar becomes a number only where that number is written with the same characters. `1.50`,
`22:30`, `007` and dates stay text, which a field for numbers reads as a number. The words of YAML
for true, false and nothing keep their meaning, and the characters beside it, so that a field for
text can say what to quote. Keys are always text.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import yaml

from crosslight.text.hidden import hidden_characters
from crosslight.text.wrong_fields import Listed, Mapped, Wrong

MAX_NODES = 20_000
MAX_DEPTH = 12
MOST_HIDDEN = 100
"""Hidden characters that are told of one file."""
_LONGEST_NUMBER = 300
_QUICK: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""In C where PyYAML was built with it: the bank is read in a tenth of the time."""
_BOOLS = {
    form: value
    for words, value in ((("yes", "on", "true"), True), (("no", "off", "false"), False))
    for word in words
    for form in (word, word.title(), word.upper())
}
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_INT = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?[0-9]+\.[0-9]+(?:e[+-][0-9]+)?")
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_STR_TAGS = ("tag:yaml.org,2002:str", "!")
_PLAIN_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "!")
_REMEDIES = (
    ("mapping values are not allowed", "a text with a colon in it stands in quotes"),
    ("cannot start any token", "tabs, @, ` and % open no value: blanks before it, or quotes"),
    ("could not find expected ':'", "the line is no `name: value`"),
    ("expected <block end>", "the lines of one block begin in the same column"),
    ("found unexpected end of stream", "a quote or a bracket is not closed"),
)


class Plain(str):
    """A scalar without quotes that YAML would have changed, as it is written."""

    __slots__ = ()


def parse_yaml(
    text: str, *, nodes: int = MAX_NODES, depth: int = MAX_DEPTH
) -> tuple[Any, list[Wrong]]:
    """The value of YAML text with `\\n` as line end, and all that is wrong with it.

    Mappings and lists know their lines. What is no YAML at all, or too much, has the value None.
    """
    wrong = [
        Wrong(text.count("\n", 0, at) + 1, f"hidden character {name}: remove it")
        for at, name in islice(hidden_characters(text), MOST_HIDDEN)
    ]
    try:
        builder = _built(text, nodes, depth, wrong)
    except yaml.MarkedYAMLError as error:
        return None, [*wrong, _syntax(error, text)]
    except yaml.YAMLError as error:  # characters that YAML has not: mostly hidden ones
        also = [Wrong(0, f"not YAML: {' '.join(str(error).split())[:200]}")]
        return None, wrong or also
    except _TooMuch as error:
        return None, [*wrong, error.wrong]
    return builder.value, sorted(wrong)


def _built(text: str, nodes: int, depth: int, wrong: list[Wrong]) -> "_Builder":
    """What the quick parser reads; what it refuses is read again by the one whose words we know."""
    before = len(wrong)
    builder = _Builder(nodes, depth, wrong)
    try:
        builder.build(yaml.parse(text, Loader=_QUICK))
    except yaml.YAMLError:
        del wrong[before:]
        builder = _Builder(nodes, depth, wrong)
        builder.build(yaml.parse(text, Loader=yaml.SafeLoader))
    return builder


class _TooMuch(Exception):
    """A bound was reached."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.wrong = Wrong(line, text)


def as_json(value: Any) -> Any:
    """The value as JSON has it: what is written as a number without quotes is one (1.50 is 1.5)."""
    if isinstance(value, dict):
        return {key: as_json(part) for key, part in value.items()}
    if isinstance(value, list):
        return [as_json(part) for part in value]
    if isinstance(value, Plain):
        if _JSON_NUMBER.fullmatch(value) and math.isfinite(float(value)):
            return float(value)
        return str(value)
    return value


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being filled; `key` waits for its value."""

    into: Mapped | Listed
    key: str | None = None
    line: int = 0
    twice: bool = False


class _Builder:
    """Puts the events of the parser together; no recursion, so depth costs no stack."""

    def __init__(self, nodes: int, depth: int, wrong: list[Wrong]) -> None:
        self.value: Any = None
        self._left = nodes
        self._depth = depth
        self._wrong = wrong
        self._open: list[_Open] = []
        self._documents = 0

    def build(self, events: Iterable[yaml.events.Event]) -> None:
        for event in events:
            line = event.start_mark.line + 1 if event.start_mark else 0
            match event:
                case yaml.events.DocumentStartEvent():
                    self._documents += 1
                    if self._documents > 1:
                        self._wrong.append(Wrong(line, "a second document begins: one a file"))
                        return
                case yaml.events.AliasEvent():
                    self._wrong.append(Wrong(line, "aliases (*name) are not read: write it out"))
                    self._put(None, line, "*")
                case yaml.events.ScalarEvent():
                    self._scalar(event, line)
                case yaml.events.MappingStartEvent() | yaml.events.SequenceStartEvent():
                    self._begin(event, line)
                case yaml.events.MappingEndEvent() | yaml.events.SequenceEndEvent():
                    self._open.pop()

    def _begin(self, event: Any, line: int) -> None:
        if event.tag is not None and event.tag not in _PLAIN_TAGS:
            self._wrong.append(Wrong(line, f"tags ({event.tag[:60]}) are not read"))
        if len(self._open) >= self._depth:
            raise _TooMuch(line, f"is more than {self._depth} levels deep")
        mapped = isinstance(event, yaml.events.MappingStartEvent)
        made: Mapped | Listed = Mapped(line) if mapped else Listed(line)
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.into, Mapped) and top.key is None:
            self._wrong.append(Wrong(line, "a name is a text, and no list or mapping"))
            top.key, top.line, top.twice = "?", line, True
        else:
            self._put(made, line)
        self._open.append(_Open(made))

    def _scalar(self, event: yaml.events.ScalarEvent, line: int) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.into, Mapped) and top.key is None:
            self._named(top, top.into, event.value, line)
            return
        bare = event.tag is None and event.implicit[0] and not event.style
        if event.tag is not None and event.tag not in _STR_TAGS:
            self._wrong.append(Wrong(line, f"tags ({event.tag[:60]}) are not read"))
        value = _as_written(event.value) if bare else event.value
        self._put(value, line, event.value if bare else None)

    def _named(self, top: _Open, into: Mapped, key: str, line: int) -> None:
        top.key, top.line, top.twice = key, line, key in into
        if top.twice:
            first = into.lines[key]
            name = into.get("id")
            where = f" in {name[:60]!r}" if isinstance(name, str) else ""
            said = f"`{key[:60]}` stands twice{where}: also in line {first}; one would be lost"
            self._wrong.append(Wrong(line, said))

    def _put(self, value: Any, line: int, said: str | None = None) -> None:
        self._left -= 1
        if self._left < 0:
            raise _TooMuch(line, "the file holds too much from here on")
        if not self._open:
            self.value = value
            return
        top = self._open[-1]
        if isinstance(top.into, Listed):
            top.into.append(value)
            top.into.lines.append(line)
            top.into.said.append(said)
            return
        key, top.key = top.key, None
        if key is not None and not top.twice:
            top.into[key] = value
            top.into.lines[key] = top.line
            if said is not None:
                top.into.said[key] = said


def _as_written(text: str) -> Any:
    """What a scalar without quotes stands for; `str` of a number is `text` again."""
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if len(text) <= _LONGEST_NUMBER:
        if _INT.fullmatch(text) and str(int(text)) == text:
            return int(text)
        if _FLOAT.fullmatch(text) and repr(float(text)) == text:
            return float(text)
    return Plain(text)


def _syntax(error: yaml.MarkedYAMLError, text: str) -> Wrong:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 0
    problem = " ".join((error.problem or error.context or "it cannot be read").split())[:160]
    remedy = next((say for sign, say in _REMEDIES if sign in problem), "")
    written = text.split("\n")[max(0, line - 2) : line]
    if any("\u00a0" in part for part in written):
        remedy = "a no-break space (U+00A0) stands there, which is no blank for YAML: retype it"
    elif any(part.lstrip(" ").startswith("\t") for part in written):
        remedy = "a tab stands there: YAML wants blanks"
    return Wrong(line, f"not YAML: {problem}" + (f" ({remedy})" if remedy else ""))
