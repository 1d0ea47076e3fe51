"""A made-up family of datasets of which the right answer is known.

A and B hold the same idea in the same vectors, so each teaches the other. C has A's vectors and
labels by chance. D is like C, and holds B's test rows with their labels: it knows B by heart only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from crosslight.rate.config import RateConfig
from crosslight.rate.judges import Floats, VectorJudge
from crosslight.rate.matrix import Matrix
from crosslight.rate.plan import Plan, Sample, planned
from crosslight.rate.rows import Row, summed, trained_rows, untuned_row
from crosslight.rate.scores import Scores
from crosslight.rate.sets import TEST, Ints, RatedSet, cut, row_key

WIDTH, CLUSTER, AMP = 80, 2, 1.6
NAMES = ("A", "B", "C", "D")


def linear(x: Floats, y: Ints, groups: Ints, seed: int) -> Callable[[Floats], Floats]:
    """Ridge regression: quick, and as good as any on such vectors."""
    shaped = np.column_stack([x, np.ones(len(x))])
    w = np.linalg.solve(shaped.T @ shaped + 5 * np.eye(shaped.shape[1]), shaped.T @ (2 * y - 1))
    return lambda rows: 1 / (1 + np.exp(-(np.column_stack([rows, np.ones(len(rows))]) @ w)))


@dataclass(frozen=True, eq=False)
class Family:
    """The sets and their vectors."""

    sets: list[RatedSet]
    vectors: list[Floats]

    def judge(self) -> VectorJudge:
        return VectorJudge("ridge", self.sets, self.vectors, linear)


def words(rng: np.random.Generator) -> str:
    """A text of its own: no two are twins by chance."""
    return " ".join(f"{number:x}" for number in rng.integers(1 << 24, 1 << 32, 3).tolist())


def made_set(name: str, rng: np.random.Generator, n: int, learns: bool) -> tuple[RatedSet, Floats]:
    """`n` rows in clusters of two; their labels hang on the vectors, or on nothing."""
    clusters = np.repeat(np.arange(n // CLUSTER), CLUSTER)
    labels = np.arange(n) % 2
    level = rng.normal(size=(n // CLUSTER, WIDTH))[clusters]  # a cluster is alike
    x = rng.normal(size=(n, WIDTH)) + 0.7 * level
    if learns:
        x[:, 0] += AMP * (2 * labels - 1)
    texts = tuple(words(rng) for _ in range(n))
    none = ("",) * n
    return RatedSet(
        name=name,
        keys=tuple(row_key(name, text) for text in texts),
        texts=texts,
        labels=labels.astype(np.int64),
        clusters=clusters.astype(np.int64),
        pictures=none,
        looks=none,
        controls=np.zeros(n, dtype=bool),
        part=np.zeros(n, dtype=np.int64),
        read=n,
    ), x


def teaching(seed: int, names: str, n: int = 240) -> Family:
    """Sets of one idea, but those whose name is a small letter: their labels are chance."""
    rng = np.random.default_rng(seed)
    made = [made_set(name, rng, n, name.isupper()) for name in names]
    return Family([cut(one, 0, n, 10) for one, _ in made], [x for _, x in made])


def family(seed: int, n: int = 320, config: RateConfig | None = None) -> Family:
    """The four sets, cut. D's copies stand in its training part alone, with other white space."""
    config = config or RateConfig()
    rng = np.random.default_rng(seed)
    made = [made_set(name, rng, n, name in "AB") for name in NAMES]
    sets = [cut(one, config.seed, config.rows, config.slice_rows) for one, _ in made]
    vectors = [x for _, x in made]
    sets[3], vectors[3] = with_copies(sets[3], vectors[3], sets[1], vectors[1])
    return Family(sets, vectors)


def with_copies(one: RatedSet, x: Floats, of: RatedSet, theirs: Floats) -> tuple[RatedSet, Floats]:
    """`one` with the test rows of another set among its training rows."""
    rows = of.places(TEST)
    texts = tuple(f" {of.texts[row].upper()} " for row in rows)
    return replace(
        one,
        keys=one.keys + tuple(row_key(one.name, text) for text in texts),
        texts=one.texts + texts,
        labels=np.concatenate([one.labels, of.labels[rows]]),
        clusters=np.concatenate([one.clusters, 1_000 + of.clusters[rows]]),
        pictures=one.pictures + ("",) * len(rows),
        looks=one.looks + ("",) * len(rows),
        controls=np.concatenate([one.controls, np.zeros(len(rows), dtype=bool)]),
        part=np.concatenate([one.part, np.zeros(len(rows), dtype=np.int64)]),
    ), np.concatenate([x, theirs[rows]])


class Ignorant:
    """Scores by chance: the untuned judge of a made-up family."""

    name = "ignorant"

    def scores(self, sample: Sample, asked: Sequence[tuple[int, Ints]], seed: int) -> list[Floats]:
        """The same for each row, whatever the seed."""
        return [np.random.default_rng([at, 9]).random(len(rows)) for at, rows in asked]


def rated(made: Family, config: RateConfig) -> tuple[Plan, Matrix, list[Row], Row]:
    """The plan, the matrix, its rows summed up, and the untuned row."""
    plan = planned(made.sets, config)
    matrix = Matrix(plan, Scores(plan.sets, None), config.seeds, config.seed, config.draws)
    untuned = untuned_row(matrix, Ignorant())
    rows = trained_rows(matrix, made.judge(), lambda row, test: None)
    return plan, matrix, summed(rows, untuned), untuned
