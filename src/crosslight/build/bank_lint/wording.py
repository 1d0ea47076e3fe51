"""Words and sentences of English prose, as far as a linter needs them."""

import re
from collections.abc import Iterator
from functools import lru_cache

_TOKEN = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_END = re.compile(r"(?<=[.!?])[\"'”’)]*\s+(?=[\"'“‘({A-Z0-9])")


def words(text: str) -> list[str]:
    """Lower-case words; "don't" and "two-year-old" are one each."""
    return [word.replace("’", "'") for word in _TOKEN.findall(text.lower())]


def word_count(text: str) -> int:
    """Words as an editor counts them: what stands between blanks and holds a letter or digit."""
    return sum(any(c.isalnum() for c in part) for part in text.split())


def sentences(text: str) -> list[str]:
    """A text cut after `.`, `!` or `?` where a new sentence begins."""
    return [part for part in _END.split(text.strip()) if part]


def opening(text: str, n: int) -> tuple[str, ...]:
    """The first `n` words."""
    return tuple(words(text)[:n])


def has_phrase(text: str, phrase: str) -> bool:
    """Whether the words of `phrase` stand in the text one after the other."""
    return f" {plain(phrase)} " in f" {plain(text)} "


@lru_cache(maxsize=1 << 14)
def plain(text: str) -> str:
    """The text without case and punctuation, to tell whether two are the same."""
    return " ".join(words(text))


def quoted(text: str, n: int = 60) -> str:
    """The beginning of a text, in quotes."""
    short = text if len(text) <= n else text[: n - 3].rstrip() + "..."
    return f'"{short}"'


def slots(text: str, slot: str) -> Iterator[int]:
    """Where each slot begins."""
    at = text.find(slot)
    while at >= 0:
        yield at
        at = text.find(slot, at + len(slot))


def begins_sentence(text: str, at: int) -> bool:
    """Whether what stands at `at` is the first thing of a sentence."""
    before = text[:at].rstrip().rstrip("\"'“‘(")
    return not before.rstrip() or before.rstrip()[-1] in ".!?"
