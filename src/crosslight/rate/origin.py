"""Which set is a text from? Where that is easy, the diagonal of the matrix measures style."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crosslight.rate.matrix import Figure
from crosslight.rate.sets import Ints, RatedSet
from crosslight.stats import MOST_TERMS, Resampled, bag, spread

FOLDS = 5
FEWEST, MOST = 20, 200
"""Rows of one label of a set."""


@dataclass(frozen=True, slots=True)
class Origin:
    """How often the set is told from the text alone, among rows of one label; `chance`: 1 in so
    many sets."""

    label: str
    sets: tuple[str, ...]
    rows: int
    accuracy: Figure
    chance: float


def origins(sets: Sequence[RatedSet], draws: int, seed: int) -> list[Origin]:
    """Of unsafe rows, and of safe ones, where two sets or more have enough."""
    found = [_origin(sets, label, draws, seed) for label in (1, 0)]
    return [each for each in found if each is not None]


def _origin(sets: Sequence[RatedSet], label: int, draws: int, seed: int) -> Origin | None:
    """A bag of words with whole clusters held out, as many rows of each set."""
    rows = {at: _rows(one, label, seed) for at, one in enumerate(sets)}
    rows = {at: each for at, each in rows.items() if len(each) >= FEWEST}
    if len(rows) < 2:
        return None
    size = min(MOST, *(len(each) for each in rows.values()))
    texts, source, clusters = [], [], []
    for at, each in rows.items():
        for row in each[:size].tolist():
            texts.append(sets[at].texts[row])
            source.append(at)
            clusters.append((at, int(sets[at].clusters[row])))
    codes = np.unique(np.array(clusters), axis=0, return_inverse=True)[1].ravel()
    told = _told(texts, np.array(source), codes, seed)
    if told is None:
        return None
    right = (told == np.array(source)).astype(np.int64)
    share = Resampled.of(np.ones(len(right), dtype=np.int64), codes, draws, seed).rates(right == 1)
    names = tuple(sets[at].name for at in rows)
    figure = Figure(*spread(share[0]))
    return Origin("unsafe" if label else "safe", names, len(right), figure, 1 / len(rows))


def _rows(one: RatedSet, label: int, seed: int) -> Ints:
    """Rows with a text and this label, that are no controls, in an order of chance."""
    rows = np.flatnonzero((one.labels == label) & ~one.controls)
    rows = np.array([row for row in rows if one.texts[row].strip()], dtype=np.int64)
    return rows[np.random.default_rng([seed, label]).permutation(len(rows))]


def _told(texts: Sequence[str], source: Ints, codes: Ints, seed: int) -> Ints | None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    told = np.full(len(texts), -1, dtype=np.int64)
    if len(np.unique(codes)) < FOLDS:
        return None
    parts = GroupKFold(FOLDS, shuffle=True, random_state=seed)
    for train, test in parts.split(told, source, codes):
        weigh = TfidfVectorizer(analyzer=bag, max_features=MOST_TERMS, sublinear_tf=True)
        try:
            x = weigh.fit_transform([texts[row] for row in train])
        except ValueError:  # no text holds a word
            return None
        model = LogisticRegression(max_iter=200, C=10.0).fit(x, source[train])
        told[test] = model.predict(weigh.transform([texts[row] for row in test]))
    return told
