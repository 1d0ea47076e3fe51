"""Waves in a made-up world: calls until the scenarios are found, and what the interval covers.

    python -m benchmarks.waves [--runs 1000] [--seeds 20]

The world: 40 scenarios of Zipf frequency in 2,000 scenes (`tests/build/waves/world.py`). First
table: calls until 38 of 40 scenarios were accepted (95%), by asking every scene the same once and
by waves of at most 1,000 calls, for several worlds and for authors who follow hints in a share of
their looks. Second: how often the 95% interval of the missing mass holds the true one, beside
other intervals, for samples of several sizes.
"""

import argparse
import math
from collections.abc import Callable

import numpy as np
from tests.build.waves.world import (
    Draws,
    Found,
    World,
    ask_in_waves,
    ask_the_same,
    frequencies,
    plain_looks,
    unseen,
)

from crosslight.stats import LEAST_DRAWS, missing_mass

HALF = 1000
WANTED = 38
Interval = Callable[[Draws], tuple[float, float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=20)
    args = parser.parse_args()
    finding(args.seeds)
    covering(args.runs)


def finding(seeds: int) -> None:
    """Calls to 38 of 40, and what 1,000 calls found."""
    print(f"calls to {WANTED} of 40 scenarios (median of {seeds} runs; - where most never did)")
    print(
        "zipf obeys | the same: calls, found in 2000 | waves: calls, found in 1000, least | places"
    )
    for zipf in (1.0, 1.3, 1.6):
        same = [ask_the_same(World(zipf=zipf), seed) for seed in range(seeds)]
        for obeys in (1.0, 0.7, 0.4):
            world = World(zipf=zipf, obeys=obeys)
            waves = [ask_in_waves(world, seed, HALF) for seed in range(seeds)]
            print(
                f"{zipf:4} {obeys:5} | {_calls(same)} {_mean(same):5.1f} | {_calls(waves)} "
                f"{_mean(waves):5.1f} {min(one.scenarios for one in waves):3} | "
                f"{np.mean([one.places for one in waves]):.0f}"
            )


def _calls(runs: list[Found]) -> str:
    calls = float(np.median([one.reached.get(WANTED, math.inf) for one in runs]))
    return f"{calls:6.0f}" if math.isfinite(calls) else "     -"


def _mean(runs: list[Found]) -> float:
    return float(np.mean([one.scenarios for one in runs]))


def covering(runs: int) -> None:
    """How often each interval holds the truth, of the runs that have one."""
    print(f"\nshare of {runs} runs whose 95% interval holds the true missing mass; mean width")
    print("zipf species   photos | too few | ours        | Esty        | Chao-Jost")
    for zipf in (1.0, 1.3, 1.6):
        world = World(zipf=zipf)
        for patterns in (False, True):
            frequency = frequencies(world, patterns=patterns)
            for photos in (15, 30, 60, 120, 400):
                looks = [plain_looks(world, photos, s, patterns=patterns) for s in range(runs)]
                enough = [one for one in looks if len(one[0]) >= LEAST_DRAWS]
                shown = [_covered(enough, frequency, of) for of in (ours, esty, chao_jost)]
                print(
                    f"{zipf:4} {'patterns ' if patterns else 'scenarios'} {photos:6} | "
                    f"{1 - len(enough) / runs:7.2f} | {' | '.join(shown)}",
                    flush=True,
                )


def _covered(looks: list[Draws], frequency: np.ndarray, interval: Interval) -> str:
    if not looks:
        return "   -       "
    held, wide = 0, 0.0
    for one in looks:
        low, high = interval(one)
        held += low <= unseen(frequency, one[1]) <= high
        wide += high - low
    return f"{held / len(looks):.3f} {wide / len(looks):.3f}"


def ours(draws: Draws) -> tuple[float, float]:
    """The interval that the project prints."""
    found = missing_mass(*draws)
    return found.low, found.high


def esty(draws: Draws) -> tuple[float, float]:
    """The estimate and 1.96 of its standard error (Esty 1983)."""
    n, once, twice = _seen(draws)
    half = 1.96 * math.sqrt(max(once * (1 - once / n) + 2 * twice, 0.0)) / n
    return max(0.0, once / n - half), min(1.0, once / n + half)


def chao_jost(draws: Draws) -> tuple[float, float]:
    """The estimate of Chao and Jost (2012), with that standard error."""
    n, once, twice = _seen(draws)
    share = (n - 1) * once / ((n - 1) * once + 2 * twice) if once else 0.0
    half = 1.96 * math.sqrt(max(once * (1 - once / n) + 2 * twice, 0.0)) / n
    return max(0.0, once / n * share - half), min(1.0, once / n * share + half)


def _seen(draws: Draws) -> tuple[int, int, int]:
    counts = np.unique(draws[1], return_counts=True)[1]
    return len(draws[1]), int((counts == 1).sum()), int((counts == 2).sum())


if __name__ == "__main__":
    main()
