"""Which classes and labels show the thing that a word names.

ImageNet's names, the COCO labels, the everyday words of kinds.yaml, and the synonyms of the trade.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from crosslight.models.embedded.coco import PERSON, labels
from crosslight.models.embedded.imagenet import classes, names
from crosslight.models.errors import BadSpec
from crosslight.store import UnreadableFile, read_fitted, read_yaml
from crosslight.text import words_of

KINDS = Path(__file__).with_name("kinds.yaml")
SYNONYMS = Path(__file__).with_name("synonyms.yaml")
MAX_BYTES = 1 << 20
_PLURAL = re.compile(r"(?<=[sxz])es$|(?<=ch)es$|(?<=sh)es$|(?<=[^su])s$")
_IRREGULAR = {
    **{"men": "man", "women": "woman", "children": "child", "knives": "knife", "mice": "mouse"},
    **{"policemen": "policeman", "people": "people", "persons": "person", "buses": "bus"},
    **{
        "babies": "baby",
        "puppies": "puppy",
        "kitties": "kitty",
        "ladies": "lady",
        "geese": "goose",
    },
}

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sense:
    """What shows a thing: any of the classes, a box of any of the labels. `wider`: they show that
    and more (a person for a child), so that only its absence can be known."""

    classes: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    wider: bool = False

    @property
    def only_boxes(self) -> bool:
        """Whether nothing but the detector can tell."""
        return not self.classes


class _Synonyms(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    same: dict[str, tuple[str, ...]]
    kinds: dict[str, tuple[str | tuple[str, ...], ...]]
    unseen: dict[str, tuple[str, ...]]


@cache
def vocabulary() -> dict[Words, Sense]:
    """Words, one or several in a row and in the singular, and what shows them."""
    found: dict[Words, set[str]] = {}
    for c in classes():
        for lemma in (*c.lemmas, c.name):
            found.setdefault(singular(words_of(lemma)), set()).add(c.name)
    for word, members in read_yaml(KINDS, MAX_BYTES).items():
        group = found.setdefault((word,), set())
        for member in members:
            if isinstance(member, str):
                group.add(member)
            else:
                group.update(names()[member[0] : member[1] + 1])
    senses = {words: Sense(frozenset(group)) for words, group in found.items() if words}
    for label in labels().values():
        if label.classes or label.name == PERSON:
            words = singular(words_of(label.name))
            known = senses.get(words, Sense()).classes
            senses[words] = Sense(known or label.classes, frozenset({label.name}))
    every = {**senses, **_synonyms(senses)}
    return {words: sense for words, sense in every.items() if words not in unseen_words()}


def _synonyms(senses: dict[Words, Sense]) -> dict[Words, Sense]:
    """The words of the table. Raises `BadSpec` where it speaks of a word that is none."""
    book = _book()
    more: dict[Words, Sense] = {}
    for word, others in book.same.items():
        sense = _sense_of(word, senses)
        for other in others:
            more[singular(words_of(other))] = sense
    for word, rows in book.kinds.items():
        sense = _sense_of(word, senses)
        wider = Sense(sense.classes, sense.labels, wider=True)
        for other in (one for row in rows for one in ([row] if isinstance(row, str) else row)):
            more.setdefault(singular(words_of(other)), wider)
    return more


def _sense_of(word: str, senses: dict[Words, Sense]) -> Sense:
    try:
        return senses[singular(words_of(word))]
    except KeyError as error:
        raise BadSpec(f"{SYNONYMS.name}: {word!r} is no word", hint="name a class") from error


@cache
def unseen_words() -> dict[Words, str]:
    """Words that people expect and no part sees, each with the kind of thing it is."""
    book = _book()
    return {singular(words_of(w)): kind for kind, words in book.unseen.items() for w in words}


def _book() -> _Synonyms:
    try:
        return read_fitted(_Synonyms, SYNONYMS, MAX_BYTES)
    except UnreadableFile as error:
        raise BadSpec(error.message, hint=f"mend {SYNONYMS.name}") from error


def singular(words: list[str]) -> Words:
    """Plain plurals become singular, the same way in phrases and labels."""
    return tuple(
        _IRREGULAR.get(word) or (_PLURAL.sub("", word) if len(word) > 3 else word) for word in words
    )
