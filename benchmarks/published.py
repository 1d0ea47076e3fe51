"""Ours beside theirs: every table that the files of a data folder can give.

    python benchmarks/published.py ../shared/data [--all]

Reads `benchmarks/`, `judged_outputs/` and `preferences/` of the folder, recomputes each table with
the suites' published scorers, and compares with the folder's EXPECTED.json, to the digit. Without
that file only ours is printed. Exit status 1 when a number differs or is missing.
"""

import argparse
import sys
from pathlib import Path

from crosslight.bench.published.check import Line, beside, expected
from crosslight.bench.published.recompute import recompute


def main() -> int:
    """Print one line a table, and each number that differs (or all with --all)."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true", help="print every number")
    options = parser.parse_args()
    ours, failed = recompute(options.folder)
    theirs = expected(options.folder)
    lines = beside(ours, theirs)
    wrong = 0
    for table in dict.fromkeys(line.table for line in lines):
        wrong += _table(table, [line for line in lines if line.table == table], options.all)
    for name, reason in failed.items():
        print(f"FAILED {name}: {reason}")
    if not theirs:
        print("no EXPECTED.json: only ours is printed")
    return 1 if wrong or failed or not lines else 0


def _table(name: str, lines: list[Line], everything: bool) -> bool:
    counts = {verdict: sum(line.verdict == verdict for line in lines) for verdict in ORDER}
    bad = counts["differs"] + counts["only theirs"] > 0
    compared = counts["equal"] + counts["differs"]
    state = "DIFFERS" if bad else "equal" if compared else "ours"
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    print(f"{state:8} {name}: {said}")
    for line in lines:
        if everything or line.verdict in ("differs", "only theirs") or not compared:
            where = " / ".join(line.path)
            print(f"    {line.verdict:12} {where}: ours {line.ours}, theirs {line.theirs}")
    return bad


ORDER = ("equal", "differs", "only ours", "only theirs", "reported")

if __name__ == "__main__":
    sys.exit(main())
