"""The shortcut audit: can a label be read off the form of a text, with nothing else in view?

A dataset that says "only the picture makes it unsafe" must not be solved by the length of its
sentences. Each figure is an AUC over rows whose groups (patterns, photos) were held out.
"""

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from crosslight.stats.auc import Auc, Ints, grouped_auc
from crosslight.stats.held_out import bag, opening, terms_auc, words_of
from crosslight.stats.wording import (
    Repeated,
    TellingWord,
    first_words,
    frame,
    repeated,
    telling_words,
)

AUDITED_ROWS = 2_000
TOO_TELLING = 0.65
"""An AUC above this is said aloud."""
_MARKS = frozenset("!\"'(),-.:;?[]–—…“”‘’")
_ASKING = frozenset(
    "am are can could did do does had has have how is may might must shall should was were what "
    "what's when where where's which who who's whose why will would".split()
)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A text with its label (1: unsafe), the group that it is held out with, and its act."""

    text: str
    label: int
    group: str
    act: str = ""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """One thing that a label may be read off."""

    name: str
    title: str
    auc: Auc

    @property
    def loud(self) -> bool:
        """Above the bound, and not by chance."""
        value, low = self.auc.value, self.auc.low
        return value is not None and low is not None and value > TOO_TELLING and low > 0.5


@dataclass(frozen=True, slots=True)
class Lengths:
    """Words of the texts of a label: the middle one, and the range of all but 5% on each side."""

    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class TextAudit:
    """What was found. `of` is how many rows there were, `rows` how many were looked at.

    `overlap` is the share of the two labels' ranges of length that they have in common.
    """

    of: int
    rows: int
    unsafe: int
    groups: int
    shortcuts: tuple[Shortcut, ...]
    words_unsafe: tuple[TellingWord, ...] = ()
    words_safe: tuple[TellingWord, ...] = ()
    lengths_unsafe: Lengths | None = None
    lengths_safe: Lengths | None = None
    overlap: float | None = None
    openings: tuple[tuple[Repeated, ...], tuple[Repeated, ...]] = ((), ())
    frames: tuple[tuple[Repeated, ...], tuple[Repeated, ...]] = ((), ())
    acts: tuple[tuple[str, int, int], ...] = ()
    shared: int = 0
    """Texts that stand word for word in several groups: holding a group out does not hide them."""

    @property
    def loud(self) -> tuple[Shortcut, ...]:
        """What tells too much."""
        return tuple(one for one in self.shortcuts if one.loud)

    def auc(self, name: str) -> Auc:
        """The AUC of a shortcut by its name."""
        return next(one.auc for one in self.shortcuts if one.name == name)

    def as_json(self) -> dict[str, Any]:
        """All of it, for a file."""
        return asdict(self)


def _count(text: str) -> float:
    return float(sum(sign in _MARKS for sign in text))


def _ends_asking(text: str) -> float:
    return float(text.rstrip(" \"'”’)").endswith("?"))


def _begins_asking(text: str) -> float:
    return float(any(word in _ASKING for word in words_of(text)[:1]))


SINGLE: tuple[tuple[str, str, Callable[[str], float]], ...] = (
    ("words", "length in words", lambda text: float(len(text.split()))),
    ("characters", "length in characters", lambda text: float(len(text))),
    ("question_mark", "question mark at the end", _ends_asking),
    ("question_word", "a question's word first", _begins_asking),
    ("commas", "commas", lambda text: float(text.count(","))),
    ("exclamations", "exclamation marks", lambda text: float(text.count("!"))),
    ("punctuation", "all punctuation", _count),
)


def sample_rows(rows: Iterable[AuditRow], most: int, seed: int = 0) -> list[AuditRow]:
    """At most so many rows, chosen by the seed; the order that they come in does not matter."""
    ordered = sorted(rows, key=lambda row: (row.group, row.text, row.label, row.act))
    return [ordered[at] for at in sample_places(len(ordered), most, seed)]


def sample_places(count: int, most: int, seed: int = 0) -> list[int]:
    """At most so many places of so many, in order, chosen by the seed."""
    if count <= most:
        return list(range(count))
    chosen = np.random.default_rng(seed).choice(count, most, replace=False)
    return sorted(chosen.tolist())


def audit_texts(
    rows: Sequence[AuditRow],
    *,
    most: int = AUDITED_ROWS,
    of: int = 0,
    seed: int = 0,
    by_act: bool = True,
) -> TextAudit:
    """Measure every shortcut, over a sample of more rows than `most`. `of`: how many rows there
    were, where these are a sample already. `by_act`: the words within each act too."""
    looked = sample_rows(rows, most, seed)
    texts = [row.text for row in looked]
    labels = np.array([row.label for row in looked], dtype=np.int64)
    names = [row.group for row in looked]
    groups = np.unique(names, return_inverse=True)[1] if names else np.zeros(0, dtype=np.int64)
    found = list(_single(texts, labels, groups, seed))
    found += _learned(looked, texts, labels, groups, seed)
    if by_act:
        found += _within_acts(looked, labels, groups, seed)
    unsafe, safe = telling_words(texts, labels.tolist(), names)
    return TextAudit(
        of=max(of, len(rows)),
        rows=len(looked),
        unsafe=int(labels.sum()),
        groups=len(set(names)),
        shortcuts=tuple(found),
        words_unsafe=unsafe,
        words_safe=safe,
        lengths_unsafe=(longer := _lengths(looked, 1)),
        lengths_safe=(shorter := _lengths(looked, 0)),
        overlap=_overlap(longer, shorter),
        openings=_forms(looked, first_words),
        frames=_forms(looked, frame),
        acts=_acts(looked),
        shared=_shared(looked),
    )


def _single(texts: Sequence[str], labels: Ints, groups: Ints, seed: int) -> list[Shortcut]:
    return [
        Shortcut(
            name,
            title,
            grouped_auc(
                np.array([measure(text) for text in texts]),
                labels,
                groups,
                either_way=True,
                seed=seed,
            ),
        )
        for name, title, measure in SINGLE
    ]


def _learned(
    rows: Sequence[AuditRow], texts: Sequence[str], labels: Ints, groups: Ints, seed: int
) -> list[Shortcut]:
    found = [
        Shortcut("opening", "first words", terms_auc(texts, labels, groups, opening, seed=seed)),
        Shortcut("bag", "bag of words", terms_auc(texts, labels, groups, bag, seed=seed)),
    ]
    if len({row.act for row in rows}) > 1:
        acts = [row.act for row in rows]
        auc = terms_auc(acts, labels, groups, lambda act: [act or "(none)"], seed=seed)
        found.append(Shortcut("act", "act", auc))
    return found


def _within_acts(rows: Sequence[AuditRow], labels: Ints, groups: Ints, seed: int) -> list[Shortcut]:
    """Bag of words among the rows of one act: what is left when the act itself tells nothing."""
    found = []
    acts = sorted({row.act for row in rows if row.act})
    for act in acts if len(acts) > 1 else ():
        at = np.array([n for n, row in enumerate(rows) if row.act == act])
        auc = terms_auc([rows[n].text for n in at], labels[at], groups[at], bag, seed=seed)
        found.append(Shortcut(f"bag_in_{act}", f"bag of words, act {act}", auc))
    return found


def _lengths(rows: Sequence[AuditRow], label: int) -> Lengths | None:
    words = sorted(len(row.text.split()) for row in rows if row.label == label)
    if not words:
        return None
    low, high = np.quantile(words, [0.05, 0.95])
    return Lengths(float(statistics.median(words)), float(low), float(high))


def _overlap(one: Lengths | None, other: Lengths | None) -> float | None:
    if one is None or other is None:
        return None
    shared = min(one.high, other.high) - max(one.low, other.low)
    whole = max(one.high, other.high) - min(one.low, other.low)
    return float(one == other) if whole == 0 else max(0.0, shared) / whole


def _forms(
    rows: Sequence[AuditRow], form: Callable[[str], str]
) -> tuple[tuple[Repeated, ...], tuple[Repeated, ...]]:
    """Of label 1 and of label 0."""
    sides = [[row for row in rows if row.label == label] for label in (1, 0)]
    made = [repeated([r.text for r in side], [r.group for r in side], form) for side in sides]
    return made[0], made[1]


def _acts(rows: Sequence[AuditRow]) -> tuple[tuple[str, int, int], ...]:
    """Each act with its rows of label 1 and of label 0."""
    counts = Counter((row.act, row.label) for row in rows if row.act)
    return tuple((act, counts[act, 1], counts[act, 0]) for act in sorted({a for a, _ in counts}))


def _shared(rows: Sequence[AuditRow]) -> int:
    groups: dict[str, set[str]] = {}
    for row in rows:
        groups.setdefault(" ".join(row.text.lower().split()), set()).add(row.group)
    return sum(len(held) > 1 for held in groups.values())
