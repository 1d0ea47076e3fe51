"""A reply split into its reasoning and its answer: the one place that knows how traces look.

A trace is what a model writes to itself. A server with a reasoning parser sends it in a field of
its own; others leave it in the text, between tags or before a closing tag alone (the chat template
had put the opening one into the prompt). A tag that an answer only speaks of is left where it is.
"""

import re
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from pydantic_core import from_json

from crosslight.models.errors import BadAnswer, Truncated
from crosslight.models.protocol import Finish, Thinks

_NAME = r"(?:seed:)?think(?:ing)?|thoughts?|reasoning"
_TAG = re.compile(
    rf"(?i:<\s{{0,8}}(?P<close>/?)\s{{0,8}}(?:{_NAME})(?P<more>\s[^<>]{{0,200}})?(?P<void>/?)>)"
    r"|\u25c1(?P<close2>/?)think\u25b7"  # Kimi-VL
    r"|\[(?P<close3>/?)THINK\]"  # Magistral
    r"|<\|(?:begin|(?P<close4>end))_of_thought\|>"
)
_FENCE = re.compile(r"^[ \t]{0,3}(?:```|~~~)", re.MULTILINE)
_QUOTES = frozenset("`'\"\u201c\u201d\u2018\u2019\u00ab\u00bb")
_SENTENCE_ENDS = frozenset(".!?:;)]}*\"'\u2026\u3002\uff01\uff1f")
MOST_TAGS = 1000
"""A reply with more of them is no reply: the rest is left as it is."""
TAG_LENGTH = 256
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said, and what it thought. `open`: the trace had no end, so nothing was said.

    `start` is where the answer begins in the text that was given, behind its first traces;
    `thinks`: where a trace came.
    """

    answer: str
    reasoning: str = ""
    open: bool = False
    start: int = 0
    thinks: Thinks = ""

    def settled(self, finish: Finish) -> "Reply":
        """Itself. Raises Truncated where the model had not come to its answer."""
        if self.open or (finish == "length" and not self.answer.strip()):
            thought = " while the model was thinking" if self.open or self.reasoning else ""
            raise Truncated(f"the answer hit the token limit{thought}", hint=Truncated.remedy)
        return self


def misplaced(field: str, said: str = "") -> BadAnswer:
    """The error of a reply whose content is empty while a trace stands in `field`: a reasoning
    parser took all of it for a trace.

    It is not taken as the answer: a trace may hold a draft. (lmstudio-bug-tracker#1602,
    sglang#4711.)
    """
    return BadAnswer(
        f"the model put its answer into {field} and left the content empty: try ?thinking=off",
        hint="?thinking=off in an openai: spec, or start the server without its reasoning parser",
        said=said,
    )


@dataclass(frozen=True, slots=True)
class _Tag:
    start: int
    end: int
    closing: bool
    void: bool
    quoted: bool
    line_start: bool


def split_reply(text: str, field: str = "") -> Reply:
    """Answer and reasoning. `field` is what the server sent as reasoning already."""
    tags = _tags(text)
    if not tags or _is_json(text):
        return Reply(text, field, thinks="field" if field else "")
    traces, open_ = _leading(text, tags)
    start = traces[-1][1] if traces else 0
    for opening, end in [] if open_ else _elements(tags, start):
        # A later trace that the limit cut: what stands before it is no whole answer.
        open_ = end is None
        traces.append((opening, len(text) if end is None else end))
    if not traces:
        return Reply(text, field, thinks="field" if field else "")
    reasoning = _joined(field, *(_bare(text[a:b]) for a, b in traces))
    if open_:
        return Reply("", reasoning, True, len(text), "text")
    edges = [0, *(edge for trace in traces for edge in trace), len(text)]
    answer = "".join(text[a:b] for a, b in list(pairwise(edges))[::2])
    return Reply(answer.strip(), reasoning, False, start, "text" if reasoning else "")


def left_open(prompt: str) -> str:
    """The opening tag that a prompt ends with, as some chat templates write it: what the model says
    then begins inside a trace. Empty without one."""
    tail = prompt.rstrip()[-TAG_LENGTH:]
    tags = [tag for tag in _TAG.finditer(tail) if tag.end() == len(tail)]
    closing = any(tags[0][f"close{n}"] for n in ("", 2, 3, 4)) if tags else True
    return "" if closing or tags[0]["void"] else tags[0].group()


def is_tag(token: str) -> bool:
    """Whether a token is the tag of a trace."""
    return _TAG.fullmatch(token.strip()) is not None


def may_open(token: str) -> bool:
    """Whether a reply that begins with this token may begin with the tag of a trace."""
    return token.lstrip()[:1] in ("<", "[", "\u25c1")


def _leading(text: str, tags: list[_Tag]) -> tuple[list[Span], bool]:
    """The traces at the beginning, and whether the last of them is open."""
    found: list[Span] = []
    at = 0
    while True:
        ahead = [tag for tag in tags if tag.start >= at]
        first = next((tag for tag in ahead if not tag.quoted), None)
        if first is None:
            return found, False
        if not first.closing and not text[at : first.start].strip():
            end = first.end if first.void else _end_of(ahead[ahead.index(first) :])
            found.append((at, len(text) if end is None else end))
            if end is None:
                return found, True
            at = end
        elif first.closing and _ends_a_trace(text, first):
            found.append((at, first.end))
            at = first.end
        else:
            return found, False


def _end_of(tags: list[_Tag]) -> int | None:
    """Where the trace that the first tag opens ends; None: nowhere."""
    depth = 0
    for tag in tags:
        if tag.quoted or tag.void:
            continue
        depth += -1 if tag.closing else 1
        if depth == 0:
            return tag.end
    # The trace speaks of tags, or quotes one: its end is the last that closes.
    closing = [tag for tag in tags if tag.closing and not tag.quoted]
    closing = closing or [tag for tag in tags if tag.closing]
    return closing[-1].end if closing else None


def _ends_a_trace(text: str, tag: _Tag) -> bool:
    """Whether a closing tag without an opening one ends a trace, or is spoken of in a sentence."""
    before = text[: tag.start].rstrip(" \t")
    after = text[tag.end :].lstrip(" \t")
    if tag.line_start or not after or after[0] in "\r\n" or before[-1] in _SENTENCE_ENDS:
        return True
    return not (before != text[: tag.start] and after != text[tag.end :])


def _elements(tags: list[_Tag], start: int) -> Iterator[tuple[int, int | None]]:
    """Where traces behind the beginning begin and end: whole ones from the start of a line; or, of
    a model that has shown a trace already, from anywhere. One without an end goes to the last."""
    at = start
    for number, tag in enumerate(tags):
        if tag.start < at or tag.quoted or tag.closing or tag.void:
            continue
        if not (start or tag.line_start):
            return  # a sentence speaks of tags
        end = _end_of(tags[number:])
        if end is not None:
            yield tag.start, end
            at = end
        elif start and tag.line_start:
            yield tag.start, None
            return


def _tags(text: str) -> list[_Tag]:
    found = []
    fences = [match.start() for match in _FENCE.finditer(text)] if "```" in text else []
    for number, match in enumerate(_TAG.finditer(text)):
        if number == MOST_TAGS:
            break
        start, end = match.span()
        line = text[text.rfind("\n", 0, start) + 1 : start]
        fenced = bisect(fences, start) % 2 == 1
        code = line.count("`") % 2 == 1 and "`" in text[end : end + 400].partition("\n")[0]
        marks = text[start - 1 : start] in _QUOTES and text[end : end + 1] in _QUOTES
        closing = any(match[f"close{n}"] for n in ("", 2, 3, 4))
        void = bool(match["void"]) or (match["more"] or "").endswith("/")
        found.append(_Tag(start, end, closing, void, fenced or code or marks, not line.strip()))
    return found


def _bare(trace: str) -> str:
    """The trace without the tags around it."""
    trace = trace.strip()
    tags = list(_TAG.finditer(trace[-TAG_LENGTH:]))
    if tags and tags[-1].end() == len(trace[-TAG_LENGTH:]):
        trace = trace[: len(trace) - len(tags[-1].group())]
    opening = _TAG.match(trace)
    return trace[opening.end() :].strip() if opening else trace.strip()


def _joined(*traces: str) -> str:
    return "\n\n".join(trace.strip() for trace in traces if trace.strip())


def _is_json(text: str) -> bool:
    """A JSON reply may hold any tag in its strings."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        from_json(text)
    except ValueError:
        return False
    return True
