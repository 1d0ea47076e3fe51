"""Classifiers that see only words, or only given vectors, on rows whose groups they did not see.

scikit-learn is loaded here, where it is first needed, and only for rows that suffice.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from crosslight.stats.auc import Auc, Ints, grouped_auc, unknown_auc, why_unknown
from crosslight.stats.bootstrap import Floats

FOLDS = 5
MOST_TERMS = 20_000
MOST_CHARACTERS = 4_000
"""Of one text; words behind them are not looked at."""
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")

Terms = Callable[[str], list[str]]
Shape = Callable[[Any], Any]
"""Makes what a model takes of raw inputs, by what the training rows taught."""


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in small letters; punctuation is none."""
    return _words(text[:MOST_CHARACTERS])


@lru_cache(maxsize=2048)
def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.lower().replace("’", "'")))


def bag(text: str) -> list[str]:
    """Words and pairs of words."""
    words = words_of(text)
    return [*words, *map(" ".join, pairwise(words))]


def opening(text: str) -> list[str]:
    """The first word, and the first two."""
    words = words_of(text)[:2]
    return [words[0], " ".join(words)] if words else ["(none)"]


def terms_auc(
    texts: Sequence[str], labels: Ints, groups: Ints, terms: Terms, *, seed: int = 0
) -> Auc:
    """A logistic regression over the TF-IDF weights of `terms`, groups held out."""
    if reason := why_unknown(labels, groups):
        return unknown_auc(len(labels), reason)
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(analyzer=terms, max_features=MOST_TERMS)
    try:
        counts = counter.fit_transform(texts)
    except ValueError:
        return unknown_auc(len(labels), "the texts hold no word")
    return _held_out(counts, labels, groups, seed, _tfidf)


def vector_auc(vectors: Floats, labels: Ints, groups: Ints, *, seed: int = 0) -> Auc:
    """A logistic regression over given vectors (of pictures, say), groups held out."""
    if reason := why_unknown(labels, groups):
        return unknown_auc(len(labels), reason)
    if not np.isfinite(vectors).all():
        return unknown_auc(len(labels), "a vector holds a number that is none")
    return _held_out(vectors, labels, groups, seed, _standard)


def _held_out(
    inputs: Any,
    labels: Ints,
    groups: Ints,
    seed: int,
    fitted: Callable[[Any], Callable[[Any], Any]],
) -> Auc:
    """Each row is scored once, by a model that saw no row of its group."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    scores = np.zeros(len(labels))
    folds = np.zeros(len(labels), dtype=np.int64)
    parts = GroupKFold(FOLDS, shuffle=True, random_state=seed)
    for at, (train, test) in enumerate(parts.split(scores, labels, groups)):
        folds[test] = at
        if len(np.unique(labels[train])) < 2:
            continue
        shape = fitted(inputs[train])
        # Balanced: else the share of a label that is held out would be read off the others.
        model = LogisticRegression(
            solver="liblinear", class_weight="balanced", random_state=seed, tol=1e-3
        )
        model.fit(shape(inputs[train]), labels[train])
        scores[test] = model.decision_function(shape(inputs[test]))
    return grouped_auc(scores, labels, groups, folds=folds, seed=seed)


def _tfidf(train: Any) -> Shape:
    """Weights by the training rows alone; a term that none of them holds is left out."""
    from sklearn.feature_extraction.text import TfidfTransformer

    known = np.flatnonzero(np.asarray(train.sum(axis=0)).ravel())
    weigh = TfidfTransformer(sublinear_tf=True).fit(train[:, known])
    return lambda rows: weigh.transform(rows[:, known])


def _standard(train: Floats) -> Shape:
    """Each number in standard deviations of the training rows."""
    middle, spread = train.mean(axis=0), train.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    return lambda rows: (rows - middle) / spread
