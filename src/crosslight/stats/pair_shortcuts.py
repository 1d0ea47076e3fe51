"""The shortcut audit of pairs: can the better of two replies be told without the picture?

Each figure is the share of pairs that a rule gets right; a rule that is learned never saw a pair of
the group that it is tried on. Where the same two replies change roles in a mirror, a rule that sees
the replies alone is right on one of the two: one half, whatever it learned.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from crosslight.stats.auc import MIN_GROUPS, MIN_ROWS, Ints
from crosslight.stats.bootstrap import Floats, bootstrap_interval
from crosslight.stats.held_out import FOLDS, MOST_TERMS, bag, opening, words_of
from crosslight.stats.shortcuts import TOO_TELLING

AUDITED_PAIRS = 2_000
ASKED = "prompt"
"""The rule that sees the question beside the replies."""


@dataclass(frozen=True, slots=True)
class PairTexts:
    """A pair as whoever sees no picture has it. `kind`: what was chosen over what; `mirrored`: the
    two replies change roles in another pair of the same group."""

    question: str
    chosen: str
    rejected: str
    group: str
    kind: str
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class RightShare:
    """The share of pairs that a rule gets right, an undecided one counted half, and its interval
    over whole groups; None where it is unknown, and then `reason` says why."""

    value: float | None
    low: float | None
    high: float | None
    pairs: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PairRule:
    """One thing that the better reply may be told by."""

    name: str
    title: str
    whole: RightShare
    mirrored: RightShare
    unmirrored: RightShare
    kinds: tuple[tuple[str, RightShare], ...]

    @property
    def loud(self) -> bool:
        """Above the bound, over all pairs. Not of rules that see the question: it may decide."""
        told = self.whole.value
        return self.name != ASKED and told is not None and told > TOO_TELLING


@dataclass(frozen=True, slots=True)
class PairAudit:
    """What was found. `of` is how many pairs there were, `pairs` how many were looked at."""

    of: int
    pairs: int
    groups: int
    mirrored: int
    rules: tuple[PairRule, ...]

    def rule(self, name: str) -> PairRule:
        """A rule by its name: length, opening, replies, prompt."""
        return next(one for one in self.rules if one.name == name)

    @property
    def loud(self) -> tuple[PairRule, ...]:
        """Rules by which too much is told."""
        return tuple(one for one in self.rules if one.loud)

    def as_json(self) -> dict[str, Any]:
        """All of it, for a file."""
        return asdict(self)


def audit_pairs(
    pairs: Sequence[PairTexts], *, most: int = AUDITED_PAIRS, seed: int = 0
) -> PairAudit:
    """Try every rule, over whole groups of more pairs than `most`."""
    looked = _whole_groups(pairs, most, seed)
    names = [pair.group for pair in looked]
    groups = np.unique(names, return_inverse=True)[1] if names else np.zeros(0, dtype=np.int64)
    tried = (
        ("length", "the longer (or the shorter) reply", _by_length(looked)),
        ("opening", "first words of the replies", _learned(looked, groups, _openings, seed)),
        ("replies", "words of the replies", _learned(looked, groups, _words, seed)),
        (ASKED, "words of the replies and the question", _learned(looked, groups, _asked, seed)),
    )
    return PairAudit(
        of=len(pairs),
        pairs=len(looked),
        groups=len(set(names)),
        mirrored=sum(pair.mirrored for pair in looked),
        rules=tuple(_rule(name, title, right, looked, groups) for name, title, right in tried),
    )


def _whole_groups(pairs: Sequence[PairTexts], most: int, seed: int) -> list[PairTexts]:
    """A mirror is only one with both of its pairs: groups are taken or left as a whole."""
    ordered = sorted(pairs, key=lambda p: (p.group, p.question, p.chosen, p.rejected))
    if len(ordered) <= most:
        return ordered
    names = sorted({pair.group for pair in ordered})
    sizes = dict.fromkeys(names, 0)
    for pair in ordered:
        sizes[pair.group] += 1
    taken: set[str] = set()
    room = most
    for at in np.random.default_rng(seed).permutation(len(names)):
        if sizes[names[at]] <= room:
            taken.add(names[at])
            room -= sizes[names[at]]
    # Where each is larger than all that is to be looked at, one is better than none.
    taken = taken or {min(names, key=lambda name: sizes[name])}
    return [pair for pair in ordered if pair.group in taken]


def _rule(
    name: str, title: str, right: Floats | str, pairs: Sequence[PairTexts], groups: Ints
) -> PairRule:
    mirrored = np.array([pair.mirrored for pair in pairs], dtype=bool)
    kinds = np.array([pair.kind for pair in pairs])
    return PairRule(
        name,
        title,
        _share(right, groups, np.ones(len(pairs), dtype=bool)),
        _share(right, groups, mirrored),
        _share(right, groups, ~mirrored),
        tuple((kind, _share(right, groups, kinds == kind)) for kind in sorted(set(kinds.tolist()))),
    )


def _share(right: Floats | str, groups: Ints, among: Any) -> RightShare:
    count = int(among.sum())
    if isinstance(right, str):
        return RightShare(None, None, None, count, right)
    if not count:
        return RightShare(None, None, None, 0, "no pairs")
    cells = np.stack([right[among], np.ones(count)], axis=1)
    clusters = np.unique(groups[among], return_inverse=True)[1]
    low, high = bootstrap_interval(cells, lambda sums: sums[:, 0] / sums[:, 1], clusters=clusters)
    return RightShare(float(right[among].mean()), low, high, count)


def _decided(scores: Floats) -> Floats:
    """1 where the chosen reply scores higher, 0 where the rejected one does, else one half."""
    settled = np.abs(scores) > 1e-9
    decided: Floats = np.where(settled, (scores > 0).astype(np.float64), 0.5)
    return decided


def _by_length(pairs: Sequence[PairTexts]) -> Floats:
    """The better of the two directions, over all pairs."""
    sizes = [len(p.chosen.split()) - len(p.rejected.split()) for p in pairs]
    right = _decided(np.array(sizes, dtype=np.float64))
    return right if not len(right) or right.mean() >= 0.5 else 1 - right


Features = Callable[[PairTexts, str], list[str]]
"""The features of one of the replies of a pair."""


def _words(pair: PairTexts, reply: str) -> list[str]:
    return sorted(set(bag(reply)))


def _openings(pair: PairTexts, reply: str) -> list[str]:
    return opening(reply)


def _asked(pair: PairTexts, reply: str) -> list[str]:
    """Words of a reply, each by itself and together with the form of the question; and how many
    words of the question it takes up."""
    words = _words(pair, reply)
    form = "?" if pair.question.rstrip(" \"'”’)").endswith("?") else "."
    shared = len(set(words_of(pair.question)) & set(words_of(reply)))
    return [*words, *(f"{form} {word}" for word in words), *["shared words"] * shared]


def _learned(
    pairs: Sequence[PairTexts], groups: Ints, features: Features, seed: int
) -> Floats | str:
    """A logistic regression on the difference of the two replies' features, groups held out.

    Without a constant: the order in which two replies stand tells nothing.
    """
    if len(pairs) < MIN_ROWS:
        return f"{len(pairs)} pairs, fewer than {MIN_ROWS}"
    if (held := len(np.unique(groups))) < MIN_GROUPS:
        return f"{held} groups, fewer than {MIN_GROUPS}"
    from scipy.sparse import diags
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    sides = [[features(p, p.chosen) for p in pairs], [features(p, p.rejected) for p in pairs]]
    # A term that stands in one reply alone tells nothing about the others.
    counter = CountVectorizer(analyzer=list, max_features=MOST_TERMS, min_df=2)
    try:
        counter.fit([*sides[0], *sides[1]])
    except ValueError:
        return "the replies have no word in common"
    apart = (counter.transform(sides[0]) - counter.transform(sides[1])).astype(np.float64).tocsr()
    # Every other pair is turned round, for a model wants to see both answers; the loss is the same.
    turned = np.where(np.arange(len(pairs)) % 2, -1.0, 1.0)
    shown, labels = diags(turned) @ apart, (turned > 0).astype(np.int64)
    scores = np.zeros(len(pairs))
    folds = GroupKFold(FOLDS, shuffle=True, random_state=seed)
    for train, test in folds.split(scores, groups=groups):
        model = LogisticRegression(
            solver="liblinear", fit_intercept=False, random_state=seed, tol=1e-2
        )
        model.fit(shown[train], labels[train])
        scores[test] = model.decision_function(apart[test])
    return _decided(scores)
