"""One dataset by itself: how well is it told apart on photos, and on texts, that were held out?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from crosslight.rate.judges import Fit, Floats, Judge, VectorJudge, WordsJudge
from crosslight.rate.plan import Sample
from crosslight.rate.sets import Ints, Mask, RatedSet
from crosslight.stats import Auc, grouped_auc, twin_texts

ALL, TEXT = "picture and text", "the text"
PICTURE, WORDS = "the picture alone", "words of the text alone"
FOLDS = 5
FEWEST = 6
"""Training rows of a class in a fold; with fewer the fold is left out."""


@dataclass(frozen=True, slots=True)
class Within:
    """An AUC over held-out rows: what was seen, what held out, and whether texts were too."""

    seen: str
    held: str
    texts: bool
    auc: Auc

    @property
    def title(self) -> str:
        """For a table."""
        return f"{self.seen}; {self.held} held out"


def within_set(
    one: RatedSet,
    vectors: Floats,
    pictures: Floats | None,
    fit: Fit,
    seed: int,
    check: Callable[[], None],
) -> list[Within]:
    """Of vectors, of the picture alone (where there are any) and of words alone: with whole photos
    held out, and with twin texts of the held-out rows left out of the training too."""
    groups, by = _groups(one)
    whole = TEXT if pictures is None else ALL
    judges: list[tuple[str, Judge]] = [(whole, VectorJudge("", [one], [vectors], fit))]
    if pictures is not None:
        judges.append((PICTURE, VectorJudge("", [one], [pictures], fit)))
    judges.append((WORDS, WordsJudge([one])))
    found = []
    for seen, judge in judges:
        for held, texts in ((by, False), (f"{by} and texts", True)):
            auc = held_out(one, judge, groups, texts, seed, check)
            found.append(Within(seen, held, texts, auc))
    return found


def _groups(one: RatedSet) -> tuple[Ints, str]:
    """By photo where most rows have one, else by pair."""
    if sum(map(bool, one.pictures)) * 2 > len(one):
        names = [picture or f"row {at}" for at, picture in enumerate(one.pictures)]
        return np.unique(names, return_inverse=True)[1].astype(np.int64), "photos"
    return one.clusters, "pairs"


def held_out(
    one: RatedSet, judge: Judge, groups: Ints, texts: bool, seed: int, check: Callable[[], None]
) -> Auc:
    """Each row is scored by a judge that saw no row of its group."""
    labels = one.labels
    scores = np.full(len(one), np.nan)
    folds = np.zeros(len(one), dtype=np.int64)
    for at, (train, test) in enumerate(_folds(labels, groups, seed)):
        check()
        folds[test] = at
        seen = train[~_twins(one, train, test)] if texts else train
        if min(int((labels[seen] == label).sum()) for label in (0, 1)) < FEWEST:
            continue
        sample = Sample(np.zeros(len(seen), dtype=np.int64), seen)
        scores[test] = judge.scores(sample, [(0, test)], seed)[0]
    known = np.isfinite(scores)
    return grouped_auc(scores[known], labels[known], groups[known], folds=folds[known], seed=seed)


def _folds(labels: Ints, groups: Ints, seed: int) -> Sequence[tuple[Any, Any]]:
    from sklearn.model_selection import GroupKFold

    if len(np.unique(groups)) < FOLDS:
        return ()
    return list(GroupKFold(FOLDS, shuffle=True, random_state=seed).split(labels, labels, groups))


def _twins(one: RatedSet, train: Ints, test: Ints) -> Mask:
    texts = [one.texts[row] for row in train], [one.texts[row] for row in test]
    return twin_texts(*texts)[0]
