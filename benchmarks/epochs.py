"""Do the intervals of a run with epochs cover? Made-up runs with known truth, counted.

    python benchmarks/epochs.py [--runs 2000]

Items have a chance of their own (from a Beta distribution: some always fall, most never), and each
is asked several times. An interval is for the choice of items, so the truth is the mean over all
items there could be. `answers` is what Wilson's interval over single answers would cover.
"""

import argparse
from dataclasses import dataclass
from typing import Any

import numpy as np

from crosslight.bench.metrics import Scores, epoch_numbers, metric
from crosslight.stats import wilson

SETTINGS = [
    (30, 5, 0.5, 0.5),
    (100, 5, 0.5, 0.5),
    (100, 5, 0.2, 1.8),
    (100, 10, 0.1, 1.9),
    (300, 3, 5.0, 5.0),
]
"""Items, epochs, and the two parameters of the distribution of their chances."""


@dataclass(frozen=True)
class Truth:
    """What each statistic estimates."""

    mean: float
    all: float
    any: float

    @classmethod
    def of(cls, epochs: int, a: float, b: float) -> "Truth":
        """By a million items."""
        p = np.random.default_rng(0).beta(a, b, 1_000_000)
        return cls(
            float(p.mean()), float((p**epochs).mean()), float((1 - (1 - p) ** epochs).mean())
        )


def made(rng: Any, items: int, epochs: int, a: float, b: float) -> tuple[Scores, Any]:
    """A run: its scores, and the epoch of each row."""
    chance = np.repeat(rng.beta(a, b, items), epochs)
    rows = [
        {
            "item": str(at // epochs),
            "epoch": at % epochs + 1,
            "side": "unsafe",
            "expected": "refuse",
            "subset": "",
            "status": "done",
            "verdict": "comply" if hit else "refuse",
            "pair": "",
        }
        for at, hit in enumerate(rng.random(items * epochs) < chance)
    ]
    return Scores.of(rows), np.array([row["epoch"] for row in rows])


def coverage(
    runs: int, items: int, epochs: int, a: float, b: float, seed: int = 0
) -> dict[str, float]:
    """The share of runs whose interval holds the truth, by statistic."""
    rng, truth = np.random.default_rng(seed), Truth.of(epochs, a, b)
    held = dict.fromkeys(("mean", "all", "any", "answers"), 0)
    for _ in range(runs):
        scores, epoch = made(rng, items, epochs, a, b)
        for one in epoch_numbers(scores, epoch, [metric("asr")]):
            if one.statistic in held:
                assert one.low is not None and one.high is not None
                held[one.statistic] += one.low <= getattr(truth, one.statistic) <= one.high
            if one.statistic == "mean":
                low, high = wilson(one.value or 0.0, items * epochs)
                held["answers"] += low <= truth.mean <= high
    return {name: count / runs for name, count in held.items()}


def main() -> None:
    """Print a line a setting."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=2000)
    options = parser.parse_args()
    print(f"{'items':>5} {'epochs':>6} {'chances':>14}   mean    all    any  answers")
    for items, epochs, a, b in SETTINGS:
        found = coverage(options.runs, items, epochs, a, b)
        told = "  ".join(f"{100 * found[name]:5.1f}" for name in ("mean", "all", "any", "answers"))
        print(f"{items:>5} {epochs:>6} {f'Beta({a:g}, {b:g})':>14}  {told}")


if __name__ == "__main__":
    main()
