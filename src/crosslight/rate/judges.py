"""What is trained: a head on vectors, a bag of words as its control, and a judge that saw none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from crosslight.rate.plan import Sample
from crosslight.rate.sets import Ints, RatedSet
from crosslight.stats import MOST_TERMS, bag

Floats = np.typing.NDArray[np.float64]
Fit = Callable[[Floats, Ints, Ints, int], Callable[[Floats], Floats]]
"""(vectors, labels, groups, seed) to what gives the probability of unsafe."""


class Judge(Protocol):
    """Learns from a sample, and scores rows: probabilities of unsafe."""

    @property
    def name(self) -> str:
        """What it is, with all that changes its scores: part of the key of a finished cell."""
        ...

    def scores(self, sample: Sample, asked: Sequence[tuple[int, Ints]], seed: int) -> list[Floats]:
        """Trained on the sample; for each (place of a set, rows of it) the scores."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class VectorJudge:
    """A head on given vectors, one array a set."""

    name: str
    sets: Sequence[RatedSet]
    vectors: Sequence[Floats]
    fit: Fit

    def scores(self, sample: Sample, asked: Sequence[tuple[int, Ints]], seed: int) -> list[Floats]:
        """One fit for all that is asked."""
        x = _gathered(self.vectors, sample)
        probability = self.fit(x, _labels(self.sets, sample), _groups(self.sets, sample), seed)
        return [np.asarray(probability(self.vectors[at][rows])) for at, rows in asked]


@dataclass(frozen=True, slots=True, eq=False)
class WordsJudge:
    """A logistic regression over TF-IDF weights of words and pairs of words."""

    sets: Sequence[RatedSet]
    name: str = "bag of words"

    def scores(self, sample: Sample, asked: Sequence[tuple[int, Ints]], seed: int) -> list[Floats]:
        """One fit for all that is asked; chance (0.5) where no text holds a word."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        texts = [
            self.sets[at].texts[row]
            for at, row in zip(sample.sets.tolist(), sample.rows.tolist(), strict=True)
        ]
        weigh = TfidfVectorizer(analyzer=bag, max_features=MOST_TERMS, sublinear_tf=True)
        try:
            x = weigh.fit_transform(texts)
        except ValueError:  # an empty vocabulary
            return [np.full(len(rows), 0.5) for _, rows in asked]
        model = LogisticRegression(solver="liblinear", class_weight="balanced", random_state=seed)
        model.fit(x, _labels(self.sets, sample))
        return [
            model.predict_proba(weigh.transform([self.sets[at].texts[row] for row in rows]))[:, 1]
            for at, rows in asked
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Untuned:
    """How much nearer a row lies to written examples of harm than to harmless ones: what the
    vectors know before anything was learnt. A score of 0.5 is as near to both."""

    name: str
    vectors: Sequence[Floats]
    harmful: Floats
    harmless: Floats

    def scores(self, sample: Sample, asked: Sequence[tuple[int, Ints]], seed: int) -> list[Floats]:
        """The sample teaches it nothing."""
        harmful, harmless = self.harmful.mean(axis=0), self.harmless.mean(axis=0)
        way, middle = harmful - harmless, (harmful + harmless) / 2
        known = np.isfinite(way) & (way != 0)
        return [
            _logistic((self.vectors[at][rows][:, known] - middle[known]) @ way[known])
            for at, rows in asked
        ]


def _logistic(x: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-np.clip(x, -500, 500)))
    return found


def _gathered(parts: Sequence[Any], sample: Sample) -> Any:
    """The rows of a sample, in its order."""
    found = [
        parts[at][row] for at, row in zip(sample.sets.tolist(), sample.rows.tolist(), strict=True)
    ]
    return np.array(found)


def _labels(sets: Sequence[RatedSet], sample: Sample) -> Ints:
    return np.asarray(_gathered([one.labels for one in sets], sample), dtype=np.int64)


def _groups(sets: Sequence[RatedSet], sample: Sample) -> Ints:
    """Clusters, with no number in two sets."""
    most = 1 + max(int(one.clusters.max()) for one in sets if len(one))
    found = _gathered([one.clusters for one in sets], sample) + sample.sets * most
    return np.unique(found, return_inverse=True)[1].astype(np.int64)
