"""Two runs of prefer beside each other: common pairs, pairs by what they are, what was left out."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from crosslight.prefer.dataset import PairRow, PairsRun, read_pairs
from crosslight.runs import (
    RunSide,
    Section,
    SetupDifference,
    first_with_others,
    heading_json,
    read_side,
    setup_differences,
)

GROUPS: dict[str, Callable[[PairRow], str]] = {
    "kind": lambda row: " over ".join(row.kinds),
    "side": lambda row: row.side,
    "form": lambda row: row.form,
    "basis": lambda row: row.basis,
    "mirror": lambda row: "in a mirror" if row.mirror_of else "alone",
    "split": lambda row: row.split,
}


@dataclass(frozen=True, slots=True)
class PairCount:
    """How many pairs, or lost ones, each of the two runs has of something."""

    what: str
    name: str
    a: int
    b: int


@dataclass(frozen=True, slots=True)
class PreferPair:
    """The first run beside another one."""

    a: RunSide
    b: RunSide
    setup: tuple[SetupDifference, ...]
    common: int
    only_a: int
    only_b: int
    turned: int
    """Pairs of the same photo, question and replies of which the other reply was chosen."""
    rows: tuple[PairCount, ...]
    lost: tuple[PairCount, ...]

    def sections(self) -> list[Section]:
        """The numbers, ready to be shown; what is the same is left out."""
        columns = ("", "pairs", "A", "B", "B - A")
        rows, lost = (
            tuple(
                (one.what, one.name, f"{one.a:,}", f"{one.b:,}", f"{one.b - one.a:+,}")
                for one in table
                if one.a != one.b
            )
            for table in (self.rows, self.lost)
        )
        return [
            Section(
                f"{self.common:,} pairs in both, {self.only_a:,} only in A, {self.only_b:,} only "
                f"in B; of the latter {self.turned:,} choose the reply that A rejects"
            ),
            Section("pairs that differ in number" if rows else "as many of all", columns, rows),
            Section("what was left out" if lost else "as many left out", columns, lost),
        ]

    def as_json(self) -> dict[str, Any]:
        """For compare.json."""
        return {
            **heading_json(self.a, self.b, self.setup),
            "pairs": {
                "common": self.common,
                "only_a": self.only_a,
                "only_b": self.only_b,
                "turned": self.turned,
            },
            "rows": [asdict(one) for one in self.rows],
            "lost": [asdict(one) for one in self.lost],
        }


def compare_pairs(folders: Sequence[Path]) -> list[PreferPair]:
    """The first run with each other one. Raises `RunError`, `BadSetting` for one run only."""
    return [_pair(a, b) for a, b in first_with_others(folders)]


def _pair(first: Path, other: Path) -> PreferPair:
    a, b = (read_side(folder, "prefer", "dataset") for folder in (first, other))
    left, right = read_pairs(first), read_pairs(other)
    ids_a, ids_b = ({row.id for row in run.rows} for run in (left, right))
    turned = {(r.photo, r.question, r.rejected, r.chosen) for r in left.rows}
    return PreferPair(
        a,
        b,
        setup_differences(a.run, b.run),
        len(ids_a & ids_b),
        len(ids_a - ids_b),
        len(ids_b - ids_a),
        sum((r.photo, r.question, r.chosen, r.rejected) in turned for r in right.rows),
        tuple(
            one
            for what, name in GROUPS.items()
            for one in _counts(what, *(Counter(map(name, run.rows)) for run in (left, right)))
        ),
        tuple(_counts("left out", *(_lost(run) for run in (left, right)))),
    )


def _counts(what: str, a: Counter[str], b: Counter[str]) -> list[PairCount]:
    return [PairCount(what, name, a[name], b[name]) for name in sorted(a.keys() | b.keys())]


def _lost(run: PairsRun) -> Counter[str]:
    found = Counter({f"{one.step}: {one.reason}": one.count for one in run.dropped})
    return found + Counter({f"{one.step}: failed: {one.reason}": one.count for one in run.failed})
