"""What a phrase asks of a photo: the things it names, and what of it is not measured."""

import re
from dataclasses import dataclass
from itertools import pairwise

from crosslight.models.embedded.coco import PERSON
from crosslight.models.embedded.scene import SAFETY
from crosslight.models.embedded.vocabulary import Sense, Words, singular, unseen_words, vocabulary
from crosslight.text import words_of

LONGEST = 4
"""Words of one name."""
_SILENT = frozenset(
    "a an the of and some any is are there this that it its photo picture image shows showing "
    "seen visible scene word words text says saying reads printed written label one".split()
)
_NEGATION = frozenset(
    "no not without never none nobody nothing neither nor lack lacks lacking missing absent "
    "absence except unless instead cannot free don doesn didn isn aren wasn weren hasn haven "
    "won".split()
)
"""`don`, `isn`, ...: what words_of makes of don't and isn't."""
_NEGATION_PAIRS = frozenset({("other", "than"), ("rather", "than"), ("free", "of"), ("but", "no")})
_UNMEASURED = frozenset(
    "on at in by with near next to beside behind under over above below between around inside "
    "outside front against into onto from through across along holding wearing carrying riding "
    "two three four five six seven eight nine ten several few many more than less least most "
    "small big large tiny huge red green blue yellow orange black white brown grey gray pink "
    "purple wooden metal plastic glass other only".split()
)
"""Relations, numbers, sizes, colours and stuffs: where the things are there these stay open, where
one of the things is not there they have no say."""
_PRINTED = re.compile(r"[\"“]([^\"”]{2,80})[\"”]")


@dataclass(frozen=True, slots=True)
class Phrase:
    """`printed`: quoted parts, to be read. `things`: what shows each named thing. `unknown`: words
    that no class, label or print explains. `unmeasured`: such of relations, numbers and colours.
    `negated`: the phrase speaks of an absence, which nothing here answers."""

    printed: tuple[str, ...]
    things: tuple[Sense, ...]
    unknown: tuple[str, ...]
    unmeasured: tuple[str, ...]
    negated: bool
    sorted_by: str = ""
    """The opinion of the safety classifier, sexual or graphic, that puts the phrase's photos in an
    order and never decides them."""

    @property
    def known(self) -> int:
        """How many parts perception looks for."""
        return len(self.printed) + len(self.things)


def read_phrase(phrase: str) -> Phrase:
    """Take a phrase apart."""
    printed = tuple(_PRINTED.findall(phrase))
    words = words_of(_PRINTED.sub(" ", phrase))
    negated = bool(_NEGATION & set(words)) or any(
        pair in _NEGATION_PAIRS for pair in pairwise(words)
    )
    things, unknown, unmeasured = _named(singular(words))
    kinds = [kind for kind in _unseen(singular(words)).values() if kind in SAFETY]
    parts = tuple(things), tuple(unknown), tuple(unmeasured)
    return Phrase(printed, *parts, negated, kinds[0] if kinds else "")


@dataclass(frozen=True, slots=True)
class Reach:
    """How far perception can answer a phrase, and why no further."""

    yes: bool
    no: bool
    why: str
    gone: bool = False
    """Whether a No is sure enough to say that the thing is absent: persons alone."""


def reach_of(phrase: str) -> Reach:
    """Whether perception could ever say Yes, or No, to a phrase (`policy check`)."""
    asked = read_phrase(phrase)
    if why := _why_not(phrase, asked):
        return Reach(False, False, why)
    if asked.unmeasured:
        return Reach(False, True, f"not measured: {', '.join(asked.unmeasured)}")
    if any(sense.wider for sense in asked.things):
        return Reach(False, True, "seen as a wider thing only (a child as a person)")
    seen = ["by print"] if asked.printed else []
    why = ", ".join([*seen, *_seen_by(asked.things)])
    gone = not asked.printed and all(PERSON in sense.labels for sense in asked.things)
    return Reach(True, True, why, gone)


def _why_not(phrase: str, asked: Phrase) -> str:
    if asked.negated:
        return "speaks of an absence: ask for the thing, with `absent: true`"
    if unseen := not_seen(phrase):
        return f"not seen: {', '.join(unseen)}"
    if asked.unknown:
        return f"words that nothing explains: {', '.join(asked.unknown)}"
    return "" if asked.known else "names nothing that is seen"


def _seen_by(things: tuple[Sense, ...]) -> list[str]:
    found = ["by box"] if any(sense.labels for sense in things) else []
    return [*found, "by class"] if any(sense.classes for sense in things) else found


def not_seen(phrase: str) -> list[str]:
    """Words of a phrase that people expect to be seen and that no part sees, with what they are."""
    found = _unseen(singular(words_of(phrase)))
    return sorted(f"{' '.join(words)} ({kind})" for words, kind in found.items())


def _unseen(words: Words) -> dict[Words, str]:
    spans = {words[i:j] for i in range(len(words)) for j in range(i + 1, i + 1 + LONGEST)}
    return {known: kind for known, kind in unseen_words().items() if known in spans}


def _named(words: Words) -> tuple[list[Sense], list[str], list[str]]:
    """The longest known names, the words that stay unexplained, and those that are unmeasured."""
    known, at = vocabulary(), 0
    things, unknown, unmeasured = list[Sense](), list[str](), list[str]()
    while at < len(words):
        if words[at] in _SILENT:
            at += 1
            continue
        for end in range(min(len(words), at + LONGEST), at, -1):
            sense = known.get(words[at:end])
            if sense is not None:
                things.append(sense)
                at = end
                break
        else:
            (unmeasured if words[at] in _UNMEASURED else unknown).append(words[at])
            at += 1
    return things, unknown, unmeasured
