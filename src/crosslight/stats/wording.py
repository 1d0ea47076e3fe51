"""Words that tell a label, and openings and frames of sentences that come again.

A text counts once a group: a word that one group alone repeats tells nothing about the others.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from crosslight.stats.held_out import bag, words_of

MOST_TOLD = 10
MIN_TOLD_GROUPS = 3
TELLING = 2.5
"""Standard errors of the log odds from which a word is named."""
FRAME_WORDS = 5

# Determiners, pronouns, prepositions, conjunctions, auxiliaries, question words and the commonest
# adverbs: what is left of a sentence when its things and deeds are taken out.
_FUNCTION = frozenset(
    "a about after all also am an and any are aren't as at be because been before but by can can't "
    "could couldn't did didn't do does doesn't doing don't down each even every few for from going "
    "had has hasn't have haven't he he'd he'll he's her here hers him his how how's i i'd i'll i'm "
    "i've if in into is isn't it it'll it's its just let let's like many may maybe me might more "
    "most much must my near next no not nothing now of off on once one ones only onto or other our "
    "ours out over please quite rather really right same shall she she'd she'll she's should so "
    "some something soon still such than that that's the their them then there there's these they "
    "they'll they're this those though through to today tomorrow tonight too towards under until "
    "up upon us very was wasn't we we'd we'll we're we've well were what what's when where where's "
    "which while who who's whose why will with without won't would wouldn't yes yet you you'd "
    "you'll you're you've your yours".split()
)


@dataclass(frozen=True, slots=True)
class TellingWord:
    """A word or pair of words, with the groups in which texts of label 1 and of 0 hold it."""

    word: str
    unsafe: int
    safe: int


@dataclass(frozen=True, slots=True)
class Repeated:
    """An opening or a frame, with the rows and groups in which it stands."""

    form: str
    rows: int
    groups: int


def telling_words(
    texts: Sequence[str], labels: Sequence[int], groups: Sequence[str]
) -> tuple[tuple[TellingWord, ...], tuple[TellingWord, ...]]:
    """Those of label 1 and those of label 0, the most telling first.

    By the z of the log odds, each group counted once, half a group added to every cell.
    """
    seen = [_groups_of(texts, labels, groups, label) for label in (0, 1)]
    whole = [len({g for g, one in zip(groups, labels, strict=True) if one == at}) for at in (0, 1)]
    sides: tuple[list[tuple[float, TellingWord]], ...] = ([], [])
    for word in seen[0].keys() | seen[1].keys():
        safe, unsafe = (len(side.get(word, ())) for side in seen)
        if safe + unsafe < MIN_TOLD_GROUPS:
            continue
        cells = [unsafe + 0.5, whole[1] - unsafe + 0.5, safe + 0.5, whole[0] - safe + 0.5]
        odds = math.log(cells[0] / cells[1]) - math.log(cells[2] / cells[3])
        z = odds / math.sqrt(sum(1 / cell for cell in cells))
        if abs(z) >= TELLING:
            sides[z > 0].append((-abs(z), TellingWord(word, unsafe, safe)))
    safe_side, unsafe_side = (_best(side) for side in sides)
    return unsafe_side, safe_side


def _best(side: Iterable[tuple[float, TellingWord]]) -> tuple[TellingWord, ...]:
    ordered = sorted(side, key=lambda pair: (round(pair[0], 9), pair[1].word))
    return tuple(word for _, word in ordered[:MOST_TOLD])


def _groups_of(
    texts: Sequence[str], labels: Sequence[int], groups: Sequence[str], label: int
) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for text, one, group in zip(texts, labels, groups, strict=True):
        if one == label:
            for word in bag(text):
                found.setdefault(word, set()).add(group)
    return found


def first_words(text: str) -> str:
    """The first two words."""
    return " ".join(words_of(text)[:2])


def frame(text: str) -> str:
    """The first words with things and deeds masked: "i'll _ this in _".

    A word is masked when it is none of a written list of function words; masked ones that follow
    each other are one. Crude (it knows no grammar), and the same for every text.
    """
    kept: list[str] = []
    for word in words_of(text):
        shown = word if word in _FUNCTION else "_"
        if shown != "_" or kept[-1:] != ["_"]:
            kept.append(shown)
        if len(kept) == FRAME_WORDS:
            break
    end = text.rstrip(" \"'”’)")[-1:]
    return " ".join(kept) + ("?" if end == "?" else "")


def repeated(
    texts: Sequence[str], groups: Sequence[str], form: Callable[[str], str], most: int = 5
) -> tuple[Repeated, ...]:
    """The forms that stand in several groups, those of the most groups first."""
    rows: dict[str, int] = {}
    where: dict[str, set[str]] = {}
    for text, group in zip(texts, groups, strict=True):
        if made := form(text):
            rows[made] = rows.get(made, 0) + 1
            where.setdefault(made, set()).add(group)
    found = [Repeated(f, rows[f], len(held)) for f, held in where.items() if len(held) > 1]
    return tuple(sorted(found, key=lambda r: (-r.groups, -r.rows, r.form))[:most])
