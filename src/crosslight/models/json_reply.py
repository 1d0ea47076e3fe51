"""JSON as models write it: between sentences, in fences of any kind, with a comma too many.

The wrapping is read leniently and the value strictly: what is taken is the one outermost JSON value
of the reply that obeys the schema. A reply that can be read in two ways is refused, not decided.
One pass over the text: every character is looked at a bounded number of times.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NoReturn

from crosslight.models.reasoning import split_reply

LONGEST = 2**18
"""Characters of a reply that are looked through."""
DEEPEST = 64
MOST = 256
"""Values in one reply; a reply with more of them gives no answer."""

_BRACKET = re.compile(r"[{}\[]")
_START = re.compile(r'\{\s*+["}]|\[\s*+["{\[\]\dtfn-]')
"""Where an object or array can begin: a bracket of a sentence or of LaTeX is none."""
_TOKEN = re.compile(
    r"\s*+(?:(?P<mark>[{}\[\],:])"
    r'|"[^"\\]*+(?:\\.[^"\\]*+)*+"'
    r"|-?\d[\d.eE+-]*+|true\b|false\b|null\b|NaN\b|-?Infinity\b)",
    re.DOTALL,
)
_PAIRS = {"}": "{", "]": "["}


class NotOneValue(ValueError):
    """The reply holds no JSON, or more than can be read in one way. The text says which."""


@dataclass(frozen=True, slots=True)
class _Span:
    """A balanced stretch, or (`end` 0) one that broke off at `stopped`. `commas` are trailing."""

    start: int
    end: int
    stopped: int
    commas: tuple[int, ...] = ()
    depth: int = 0
    """Curly brackets that were left open where it broke off."""


def read_values(text: str) -> list[Any]:
    """The outermost JSON values of a reply, in order; a bare number or word only if it is all.

    Raises NotOneValue: nothing there, too long, too deep, a key twice, NaN, or a value that stands
    inside a broken one.
    """
    said = split_reply(text)
    if said.open:
        raise NotOneValue("the reply is a reasoning trace without an end")
    body = said.answer.strip()
    if len(body) > LONGEST:
        raise NotOneValue(f"the reply has over {LONGEST:,} characters")
    if body[:1] not in ("{", "["):
        try:
            return [_loads(body)]
        except json.JSONDecodeError:
            pass
    values: list[Any] = []
    for span in _spans(body):
        value = _loads_span(body, span)
        if value is not _NOTHING:
            values.append(value)
        if len(values) > MOST:
            raise NotOneValue(f"the reply holds over {MOST} JSON values")
    if not values:
        raise NotOneValue("the reply is not JSON")
    return values


def rivals(values: list[Any], schema: Mapping[str, Any]) -> list[Any]:
    """The values that could be meant as the answer: objects that speak of its fields."""
    fields = {*schema.get("properties", ()), *schema.get("required", ())}
    if not fields:
        return values
    return [value for value in values if isinstance(value, dict) and fields & value.keys()]


def is_bare(text: str) -> bool:
    """Whether a reply is JSON and nothing else, so that nothing was taken off it."""
    try:
        _loads(text, strict=True)
    except (ValueError, RecursionError):
        return False
    return True


def _spans(text: str) -> Iterator[_Span]:
    """The balanced stretches, outermost only. Raises NotOneValue for one in a broken object."""
    at, open_ = 0, 0
    while (found := _BRACKET.search(text, at)) is not None:
        start = found.start()
        if _START.match(text, start) is None:
            open_ = max(0, open_ + {"{": 1, "}": -1, "[": 0}[text[start]])
            at = start + 1
            continue
        span = _balanced(text, start)
        if not span.end:
            open_ += span.depth
            at = span.stopped
            continue
        if open_ and open_ > _wrapped(text, span):
            raise NotOneValue("the reply's JSON stands inside an object that is broken")
        yield span
        at = span.end


def _wrapped(text: str, span: _Span) -> int:
    r"""Pairs of brackets directly around a value, as in `{{...}}` or `\boxed{...}`."""
    pairs, left, right = 0, span.start - 1, span.end
    while pairs < DEEPEST:
        while left >= 0 and text[left].isspace():
            left -= 1
        while right < len(text) and text[right].isspace():
            right += 1
        if left < 0 or right >= len(text) or text[left] != "{" or text[right] != "}":
            break
        pairs, left, right = pairs + 1, left - 1, right + 1
    return pairs


def _balanced(text: str, start: int) -> _Span:
    """The stretch that begins at an opening bracket, by its tokens."""
    stack: list[str] = []
    commas: list[int] = []
    at, comma, before, earlier = start, 0, "", ""
    while (token := _TOKEN.match(text, at)) is not None:
        mark = token["mark"] or "value"
        if mark in _PAIRS:
            if stack[-1] != _PAIRS[mark]:
                break
            if before == "," and earlier not in ("", "{", "[", ",", ":"):
                commas.append(comma)
            stack.pop()
            if not stack:
                return _Span(start, token.end(), token.end(), tuple(commas))
        elif mark in "{[":
            stack.append(mark)
            if len(stack) > DEEPEST:
                raise NotOneValue(f"the reply's JSON nests over {DEEPEST} deep")
        elif mark == ",":
            comma = token.end() - 1
        earlier, before = before, mark
        at = token.end()
    return _Span(start, 0, max(at, start + 1), depth=stack.count("{"))


_NOTHING: Any = object()


def _loads_span(text: str, span: _Span) -> Any:
    """The value of a balanced stretch, `_NOTHING` where it only looked like JSON."""
    edges = [span.start, *span.commas, span.end]
    parts = [text[a + (n > 0) : b] for n, (a, b) in enumerate(pairwise(edges))]
    try:
        return _loads("".join(parts))
    except json.JSONDecodeError:
        return _NOTHING


def _loads(text: str, *, strict: bool = False) -> Any:
    """Strict JSON, but for raw line breaks in texts. Raises NotOneValue for what JSON lets pass."""
    value = json.loads(
        text,
        strict=strict,
        object_pairs_hook=_once,
        parse_constant=_no_constant,
        parse_float=_finite,
        parse_int=_whole,
    )
    if "\\u" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise NotOneValue(
                "the reply's JSON holds half a character (a lone surrogate)"
            ) from None
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise NotOneValue(f"the reply's JSON names {name[:40]!r} twice")
        found[name] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise NotOneValue(f"the reply's JSON holds {name}, which is no number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise NotOneValue(
            f"the reply's JSON holds {text[:20]}, which is no number that we can hold"
        )
    return value


def _whole(text: str) -> int:
    if len(text) > 300:
        raise NotOneValue("the reply's JSON holds a number of over 300 digits")
    return int(text)
