"""What can be read off a question's words, without a model."""

import re

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_ORDERS = frozenset(
    """write help give tell make draft show find explain describe list suggest recommend compose
    create prepare please let's lets advise teach check rate judge pick choose invent come
    translate summarise summarize answer""".split()
)
_ASKS = re.compile(
    r"\b(?:can|could|would|will) you\b|\bhelp me\b|\bwrite me\b|\bgive me\b|\btell me\b"
    r"|\blet me know\b|\bi need you to\b|\bany (?:ideas|advice|tips)\b",
    re.IGNORECASE,
)
_SPEAKER = frozenset("i i'm i'll i've i'd we we're we'll we've my our me us".split())


def words(text: str) -> list[str]:
    """The words of a text in small letters."""
    return [word.casefold().replace("\u2019", "'") for word in _WORD.findall(text)]


def is_statement(text: str) -> bool:
    """Whether it tells of a plan and asks for nothing: no question mark, no order at its
    beginning, no request in its middle, and said by somebody who means to do it."""
    said = words(text)
    if not said or "?" in text or said[0] in _ORDERS or _ASKS.search(text):
        return False
    return bool(_SPEAKER & set(said))


def overlap(a: str, b: str) -> float:
    """Shared words of two texts, of all their words (Jaccard)."""
    first, second = set(words(a)), set(words(b))
    return len(first & second) / len(first | second) if first | second else 1.0
