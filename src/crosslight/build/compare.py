"""Two builds beside each other: yield, common rows, rows by what they are, why rows were lost."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from crosslight.build.dataset import Run, read_run
from crosslight.runs import (
    LostReason,
    RunSide,
    Section,
    SetupDifference,
    first_with_others,
    heading_json,
    read_side,
    setup_differences,
)

GROUPS = ("kind", "label", "scenario", "category")
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of each of the two builds; None is unknown."""

    what: str
    name: str
    a: int | None
    b: int | None

    @property
    def change(self) -> int | None:
        """B minus A; None where one of them is unknown."""
        return None if self.a is None or self.b is None else self.b - self.a


@dataclass(frozen=True, slots=True)
class Yield:
    """Photos with a row out of all inputs; None where the run does not say how many there were."""

    photos: int
    inputs: int | None

    @property
    def share(self) -> float | None:
        """Photos by inputs."""
        return self.photos / self.inputs if self.inputs else None


@dataclass(frozen=True, slots=True)
class BuildPair:
    """The first build beside another one."""

    a: RunSide
    b: RunSide
    setup: tuple[SetupDifference, ...]
    yields: tuple[Yield, Yield]
    common: int
    only_a: int
    only_b: int
    rows: tuple[Amount, ...]
    """Rows of each kind, label, scenario and category."""
    lost: tuple[Amount, ...]
    """Rows that each step dropped or failed, by reason, what changed most first."""

    @property
    def unknown(self) -> tuple[str, ...]:
        """Tables of lost rows that a side does not have."""
        return tuple(
            f"{name} has no {file}"
            for name, side in (("A", self.a), ("B", self.b))
            for file in ("dropped.parquet", "failed.parquet")
            if not (side.folder / file).is_file()
        )

    def sections(self) -> list[Section]:
        """The numbers, ready to be shown; groups and reasons that are the same are left out."""
        told = ", ".join(f"{name} {_yield(y)}" for name, y in zip("AB", self.yields, strict=True))
        overlap = (
            f"{self.common:,} rows in both, {self.only_a:,} only in A, {self.only_b:,} only in B"
        )
        rows, lost = (
            tuple(
                (one.what, one.name, _told(one.a), _told(one.b), _change(one))
                for one in table
                if one.a != one.b
            )
            for table in (self.rows, self.lost)
        )
        same = "what was lost cannot be told" if self.unknown else "no difference in what was lost"
        doubt = f" ({'; '.join(self.unknown)})" if self.unknown else ""
        return [
            Section(f"photos with a row: {told}"),
            Section(overlap),
            Section(
                "rows that differ in number"
                if rows
                else "as many rows of every kind, label, scenario and category",
                ("", "rows", "A", "B", "B - A"),
                rows,
            ),
            Section(
                ("rows that were lost, the largest change first" if lost else same) + doubt,
                ("step", "reason", "A", "B", "B - A"),
                lost,
            ),
        ]

    def as_json(self) -> dict[str, Any]:
        """For compare.json."""
        return {
            **heading_json(self.a, self.b, self.setup),
            "yield": [{**asdict(one), "share": one.share} for one in self.yields],
            "row_ids": {"common": self.common, "only_a": self.only_a, "only_b": self.only_b},
            "rows": [asdict(one) for one in self.rows],
            "lost": [asdict(one) for one in self.lost],
            "unknown": list(self.unknown),
        }


def compare_builds(folders: Sequence[Path]) -> list[BuildPair]:
    """The first build with each other one. Raises `RunError`, `BadSetting` for one build only."""
    return [_pair(a, b) for a, b in first_with_others(folders)]


def _pair(first: Path, other: Path) -> BuildPair:
    a, b = (read_side(folder, "build", "dataset") for folder in (first, other))
    left, right = read_run(first), read_run(other)
    ids_a, ids_b = ({row.id for row in run.rows} for run in (left, right))
    return BuildPair(
        a,
        b,
        setup_differences(a.run, b.run),
        (_yield_of(a, left), _yield_of(b, right)),
        len(ids_a & ids_b),
        len(ids_a - ids_b),
        len(ids_b - ids_a),
        tuple(amount for group in GROUPS for amount in _rows(group, left, right)),
        _lost(left, right),
    )


def _yield_of(side: RunSide, run: Run) -> Yield:
    account = side.run.get("account")
    inputs = account.get("inputs") if isinstance(account, Mapping) else side.run.get("inputs")
    return Yield(len({row.photo for row in run.rows}), inputs if isinstance(inputs, int) else None)


def _rows(group: str, left: Run, right: Run) -> list[Amount]:
    a, b = (Counter(getattr(row, group) for row in run.rows) for run in (left, right))
    return [Amount(group, name, a[name], b[name]) for name in sorted(a.keys() | b.keys())]


def _lost(left: Run, right: Run) -> tuple[Amount, ...]:
    found: list[Amount] = []
    for file, how in (("dropped.parquet", ""), ("failed.parquet", "failed: ")):
        tables = [
            _by_reason(run.failed if how else run.dropped)
            if (run.folder / file).is_file()
            else None
            for run in (left, right)
        ]
        for step, reason in sorted({key for table in tables for key in table or ()}):
            a, b = (None if table is None else table[step, reason] for table in tables)
            found.append(Amount(step, how + reason, a, b))
    return tuple(sorted(found, key=lambda one: (-abs(one.change or 0), one.what, one.name)))


def _by_reason(reasons: Iterable[LostReason]) -> Counter[tuple[str, str]]:
    return Counter({(one.step, one.reason): one.count for one in reasons})


def _yield(one: Yield) -> str:
    if one.share is None:
        return f"{one.photos:,} of an unknown number of inputs"
    return f"{one.photos:,} of {one.inputs:,} inputs ({one.share:.1%})"


def _told(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value:,}"


def _change(one: Amount) -> str:
    return UNKNOWN if one.change is None else f"{one.change:+,}"
