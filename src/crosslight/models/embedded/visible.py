"""Is a phrase visible in a photo? Yes or no as far as tags and text reach, and how far they do.

Perception knows 1,000 classes and printed words. It does not see people's acts, ages, moods or
intent, nor states such as open, lit or wet. What a phrase says of those is `outside`.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crosslight.models.embedded.evidence import element_probability
from crosslight.models.embedded.imagenet import classes, names
from crosslight.models.embedded.printed import print_probability, words_of
from crosslight.models.embedded.scene import Scene
from crosslight.store import read_yaml

KINDS = Path(__file__).with_name("kinds.yaml")
MAX_BYTES = 1 << 20
MISSED = 0.35
"""Share of an answer No that stays open: small things are missed about so often (docs)."""
UNKNOWN = 0.95
"""Outside mass of a phrase that no class and no printed word explains."""

_SILENT = frozenset(
    "a an the of in on at by with and or some any is are there this that it its to from near next "
    "beside behind under over above below photo picture image shows showing seen visible scene "
    "one two three several many few small big large red green blue yellow orange black white "
    "brown grey gray wooden metal word words text sign says saying reads printed written "
    "label".split()
)
_PLURAL = re.compile(r"(?<=[sxz])es$|(?<=ch)es$|(?<=sh)es$|(?<=[^su])s$")
_PRINTED = re.compile(r"[\"“]([^\"”]{2,80})[\"”]")


@dataclass(frozen=True, slots=True)
class Sight:
    """`yes` is P(visible | perception can know); `outside` the share that it cannot know."""

    yes: float
    outside: float


@cache
def _vocabulary() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Words or word groups -> the classes that show them."""
    found: dict[tuple[str, ...], set[str]] = {}
    for c in classes():
        for lemma in (*c.lemmas, c.name):
            found.setdefault(_singular(words_of(lemma)), set()).add(c.name)
    kinds = read_yaml(KINDS, MAX_BYTES)
    for word, members in kinds.items():
        group = found.setdefault((word,), set())
        for member in members:
            if isinstance(member, str):
                group.add(member)
            else:
                group.update(names()[member[0] : member[1] + 1])
    return {words: tuple(sorted(group)) for words, group in found.items() if words}


def _singular(words: list[str]) -> tuple[str, ...]:
    """Plain plurals become singular, the same way in phrases and labels."""
    return tuple(_PLURAL.sub("", word) if len(word) > 3 else word for word in words)


def look_for(scene: Scene, phrase: str) -> Sight:
    """Whether the phrase is visible in the scene.

    Quoted parts must be readable; known things must all be there; every other content word adds
    to `outside`.
    """
    chances = [print_probability(scene, [quoted]) for quoted in _PRINTED.findall(phrase)]
    plain = _singular([w for w in words_of(_PRINTED.sub(" ", phrase)) if w not in _SILENT])
    groups, unknown = _explain(plain)
    chances += [element_probability(scene, group) for group in groups]
    if not chances:
        return Sight(0.5, UNKNOWN)
    yes = min(chances)
    dark = unknown / (unknown + len(chances))
    return Sight(yes, max(dark, MISSED * (1 - yes)))


def _explain(words: tuple[str, ...]) -> tuple[list[tuple[str, ...]], int]:
    """Classes for the longest known word groups, and how many words stay unexplained."""
    known, groups, unknown, at = _vocabulary(), [], 0, 0
    while at < len(words):
        for end in range(min(len(words), at + 4), at, -1):
            group = known.get(words[at:end])
            if group:
                groups.append(group)
                at = end
                break
        else:
            unknown += 1
            at += 1
    return groups, unknown
