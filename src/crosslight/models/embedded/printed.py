"""Print as evidence: phrases, and patterns of words, found in what the text reader read.

A pattern is a row of items with spaces between them, each about whole words:

    store|keep        one of these words
    poison*           a word that begins so
    #  or  #2-4       a number; one of two to four digits
    ..3               at most three words of any kind

Patterns are walked item by item over all places at once, so no text can make one slow.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from crosslight.models.embedded.scene import Scene
from crosslight.models.errors import BadSpec
from crosslight.text import word_likeness, words_of

MAX_ITEMS, MAX_CHOICES, MAX_GAP = 12, 40, 10
MAX_WORDS = 2000
"""Of one picture: the reader gives far fewer; what comes after them is not looked at."""

_GAP = re.compile(r"\.\.([0-9]{1,2})", re.ASCII)
_NUMBER = re.compile(r"#(?:([0-9]{1,2})-([0-9]{1,2}))?", re.ASCII)
_CHOICES = re.compile(r"[^\W_]+\*?(?:\|[^\W_]+\*?)*")

Word = tuple[str, float]
"""What was read, and how sure the reader was."""


@dataclass(frozen=True, slots=True)
class _Gap:
    most: int


@dataclass(frozen=True, slots=True)
class _One:
    """One word; the function says how well a read word fits, 0 for not at all."""

    fits: Callable[[str], float]


def print_probability(
    scene: Scene, print_words: Sequence[str], print_patterns: Sequence[str] = ()
) -> float:
    """How sure the best of the phrases or patterns was read: the reader's confidence in its worst
    word, times how alike that word is. Both may run over line ends. Raises `BadSpec` for a
    pattern that is none."""
    read = [(word, sure) for line, sure in scene.text for word in words_of(line)][:MAX_WORDS]
    chances = [_phrase(read, words_of(phrase)) for phrase in print_words]
    chances += [_walk(read, read_pattern(pattern)) for pattern in print_patterns]
    return max(chances, default=0.0)


@cache
def read_pattern(pattern: str) -> tuple[_Gap | _One, ...]:
    """The items of a pattern. Raises `BadSpec` that names the item and says what it may be."""
    written = pattern.casefold().split()
    if not 0 < len(written) <= MAX_ITEMS:
        raise BadSpec(
            f"print pattern '{pattern[:80]}' has {len(written)} items",
            hint=f"between 1 and {MAX_ITEMS}, with spaces between them",
        )
    items = tuple(_item(text, pattern) for text in written)
    if isinstance(items[0], _Gap) or isinstance(items[-1], _Gap):
        raise BadSpec(f"print pattern '{pattern[:80]}' begins or ends with a gap", hint="remove it")
    return items


def _item(text: str, pattern: str) -> _Gap | _One:
    if gap := _GAP.fullmatch(text):
        if 1 <= int(gap[1]) <= MAX_GAP:
            return _Gap(int(gap[1]))
    elif number := _NUMBER.fullmatch(text):
        low, high = int(number[1] or 1), int(number[2] or 99)
        if low <= high:
            return _One(lambda word: float(word.isdecimal() and low <= len(word) <= high))
    elif _CHOICES.fullmatch(text) and text.count("|") < MAX_CHOICES:
        wanted = text.split("|")
        return _One(lambda word: max(_fits(word, w) for w in wanted))
    raise BadSpec(
        f"'{text[:40]}' in the print pattern '{pattern[:80]}' is no item",
        hint=f"word, word|word, begin*, #, #2-4 or ..3 (at most {MAX_GAP})",
    )


def _fits(word: str, wanted: str) -> float:
    if wanted.endswith("*"):
        return float(word.startswith(wanted[:-1]))
    return word_likeness(word, wanted)


def _walk(read: Sequence[Word], items: Sequence[_Gap | _One]) -> float:
    """The best way through the pattern: at every place, how sure the best way to it is."""
    best = [1.0] * (len(read) + 1)
    for item in items:
        if isinstance(item, _Gap):
            best = [max(best[max(0, at - item.most) : at + 1]) for at in range(len(best))]
        else:
            fits = [sure * item.fits(word) for word, sure in read]
            best = [0.0, *(min(b, f) for b, f in zip(best[:-1], fits, strict=True))]
    return max(best)


def _phrase(read: Sequence[Word], wanted: Sequence[str]) -> float:
    best = 0.0
    for start in range(len(read) - len(wanted) + 1 if wanted else 0):
        window = read[start : start + len(wanted)]
        best = max(
            best,
            min(c * word_likeness(word, w) for (word, c), w in zip(window, wanted, strict=True)),
        )
    return best
