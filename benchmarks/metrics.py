"""A million scored rows to all estimates with intervals: seconds and memory.

python benchmarks/metrics.py [ROWS]
"""

import resource
import sys
import time

import numpy as np
import pyarrow as pa

from crosslight.bench.metrics import METRICS, Scores, aggregate


def made(rows: int, seed: int = 0) -> pa.Table:
    """Rows of every kind: yes/no, responses, ratings of many values, pairs, 30 subsets."""
    rng = np.random.default_rng(seed)

    def pick(*names: str, p: list[float] | None = None) -> pa.Array:
        return pa.array(np.array(names)[rng.choice(len(names), rows, p=p)])

    verdict = pick("refuse", "warn", "comply", "win", "lose", "tie")
    value = 1 + 4 * rng.random(rows)  # a million different values: the slow path
    return pa.table(
        {
            "side": pick("unsafe", "safe"),
            "expected": pick("refuse", "warn", "comply"),
            "subset": pick(*(f"scenario {i}" for i in range(29)), "attack"),
            "status": pick("done", "unparsed", "failed", p=[0.94, 0.03, 0.03]),
            "verdict": verdict,
            "pair": pa.array([""] * rows),
            "right": (rng.random(rows) < 0.7).astype(float),
            "value": value,
        }
    )


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    table = made(rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.perf_counter()
    scores = Scores.of(table)
    found = aggregate(scores, METRICS, groups=[("subset", scores.subset)])
    took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{rows:,} rows, {len(found)} estimates: {took:.1f} s, peak {peak:,.0f} MB "
        f"({peak - before:,.0f} MB over the table)"
    )
    for one in found[:14]:
        print(
            f"  {one.metric:18} {one.value:8.4f} [{one.low:.4f}, {one.high:.4f}] "
            f"coverage {one.coverage:.3f} bounds [{one.least:.4f}, {one.most:.4f}]"
        )


if __name__ == "__main__":
    main()
