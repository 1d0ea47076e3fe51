"""Does `rate` tell a dataset that teaches from one that does not, and do its intervals hold?

Run: python -m benchmarks.rate [FAMILIES]; a made-up family of four datasets for each: A and B hold
one idea, C has labels by chance, D is like C and holds B's test rows. Needs tests/ beside it.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from tests.rate.family import NAMES, Family, family, linear, made_set

from crosslight.rate.config import RateConfig
from crosslight.rate.matrix import Matrix
from crosslight.rate.plan import planned
from crosslight.rate.scores import Scores
from crosslight.stats import Resampled, wilson

A, B, C, D = range(4)
TRUTH_SEEDS, TRUTH_ROWS, WORKERS = 15, 2_000, 2
CONFIG = RateConfig(draws=400)
CELLS = ((A, B), (C, B), (D, B), (B, A))


@dataclass(frozen=True)
class Seen:
    """Of one family: figures on B by training set, whether D was flagged alone, coverage of the
    judges' own expected AUC by cell."""

    on_b: tuple[float, ...]
    means: tuple[float, ...]
    leaked: float
    flagged: bool
    covered: tuple[bool, ...]
    truths: tuple[float, ...]
    bounds: tuple[tuple[float, float], ...]


def truth(made: Family, plan: object, train: int, test: int, rng: np.random.Generator) -> float:
    """The mean AUC over many samples of the same training rows, on many rows like the test's."""
    fresh, x = made_set("fresh", rng, TRUTH_ROWS, NAMES[test] in "AB")
    whole = Resampled.of(fresh.labels, fresh.clusters, 0, 0)
    found = []
    for seed in range(1_000, 1_000 + TRUTH_SEEDS):
        sample = plan.sample([train], test, seed)  # type: ignore[attr-defined]
        rows = made.vectors[train][sample.rows]
        probability = linear(rows, made.sets[train].labels[sample.rows], sample.rows, seed)
        found.append(whole.areas(probability(x))[0])
    return float(np.mean(found))


def look(seed: int) -> Seen:
    """One family."""
    made = family(seed)
    plan, judge = planned(made.sets, CONFIG), made.judge()
    scores = Scores(plan.sets, None)
    matrix, plain = (Matrix(plan, scores, CONFIG.seeds, seed, n) for n in (CONFIG.draws, 1))
    cells = {
        (a, b): (matrix if (a, b) in CELLS else plain).cell(NAMES[a], judge, [a], b).figures["auc"]
        for a in range(4)
        for b in range(4)
        if a != b
    }
    rng = np.random.default_rng([seed, 1])
    truths = tuple(truth(made, plan, *cell, rng) for cell in CELLS)
    figures = [cells[cell] for cell in CELLS]
    flagged = {(one.train, one.test) for one in plan.overlaps.values() if one.flagged}
    leaked = plain.as_it_is(judge, D, B)
    assert leaked is not None
    return Seen(
        tuple(cells[a, B].value for a in (A, C, D)),
        tuple(float(np.mean([cells[a, b].value for b in range(4) if b != a])) for a in range(4)),
        leaked,
        flagged == {("D", "B")},
        tuple(one.low <= true <= one.high for one, true in zip(figures, truths, strict=True)),
        truths,
        tuple((one.low, one.high) for one in figures),
    )


def main(families: int = 200) -> None:
    """Print the order, the flags, and the coverage."""
    began = time.monotonic()
    with ProcessPoolExecutor(WORKERS) as pool:
        seen = list(pool.map(look, range(families)))
    first = sum(one.on_b[0] > max(one.on_b[1:]) for one in seen)
    ranked = sum(min(one.means[A], one.means[B]) > one.means[C] for one in seen)
    taken_in = sum(one.leaked > one.on_b[2] for one in seen)
    on_b = np.mean([one.on_b for one in seen], axis=0)
    print(f"{families} families, {time.monotonic() - began:.0f} s")
    print(
        f"on B: A {on_b[0]:.3f}, C {on_b[1]:.3f}, D {on_b[2]:.3f}, "
        f"D with its copies {np.mean([one.leaked for one in seen]):.3f}"
    )
    print(
        f"A is first on B: {first}; row means of A and B above C's: {ranked}; "
        f"D flagged, and nothing else: {sum(one.flagged for one in seen)}; "
        f"D's copies would have raised it: {taken_in}"
    )
    everywhere = np.mean([one.truths for one in seen], axis=0)
    for at, (a, b) in enumerate(CELLS):
        held = sum(one.covered[at] for one in seen)
        least, most = wilson(held / families, families)
        low, high = np.array([one.bounds[at] for one in seen]).T
        other = np.mean((low <= everywhere[at]) & (everywhere[at] <= high))
        print(
            f"{NAMES[a]} -> {NAMES[b]}: 95% intervals hold the expected AUC of the training set "
            f"in {held} of {families} ({least:.0%} to {most:.0%}), of the next one of its kind "
            f"in {other:.0%}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
