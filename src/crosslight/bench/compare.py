"""Two or more runs of one suite: what differs in the set-up, by how much they differ, where."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from crosslight.bench.metrics import (
    Difference,
    Scores,
    differences,
    metric,
    metrics_for,
)
from crosslight.bench.results import heading
from crosslight.bench.summary import bench_run
from crosslight.records import BadSetting
from crosslight.runs import (
    RunSide,
    SetupDifference,
    heading_json,
    heading_markdown,
    setup_differences,
    write_compared,
)
from crosslight.stats import Agreement, benjamini_hochberg, holm, rater_agreement
from crosslight.store import read_table
from crosslight.text import csv_text, markdown


@dataclass(frozen=True, slots=True)
class BenchRun(RunSide):
    """A finished run with its rows."""

    table: pa.Table

    @property
    def label(self) -> str:
        """Model, remedy and ablation, for people."""
        head = heading(self.run)
        parts = [head["model"]]
        parts += [f"+ {head['remedy']}"] if head["remedy"] else []
        parts += [f"(system: {head['system']})"] if head.get("system") else []
        parts += [f"(image: {head['image']})"] if head["image"] != "as is" else []
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Flip:
    """An item on which two runs differ. A side without a verdict shows its status and reason."""

    item: str
    subset: str
    side: str
    a: str
    b: str
    change: str


@dataclass(frozen=True, slots=True)
class Pair:
    """The first run beside another one."""

    a: BenchRun
    b: BenchRun
    setup: tuple[SetupDifference, ...]
    common: int
    only_a: int
    only_b: int
    differences: tuple[Difference, ...]
    flips: tuple[Flip, ...]

    def as_json(self) -> dict[str, Any]:
        """For compare.json."""
        return {
            **heading_json(self.a, self.b, self.setup),
            "items": {"common": self.common, "only_a": self.only_a, "only_b": self.only_b},
            "differences": [one.as_json() for one in self.differences],
            "flips": len(self.flips),
        }


def read_bench(folder: Path) -> BenchRun:
    """A run from its folder. Raises `NotARunFolder`."""
    return BenchRun(folder, bench_run(folder), read_table(folder / "items.parquet"))


def compare_runs(runs: Sequence[BenchRun], *, seed: int = 0) -> list[Pair]:
    """The first run with each other one; p-values corrected over everything that is compared.

    Raises `BadSetting` for runs of different suites, or without a common item.
    """
    if len(runs) < 2:
        raise BadSetting("name two runs or more", "crosslight compare A B")
    suites = {run.run["suite"]["name"] for run in runs}
    if len(suites) > 1:
        raise BadSetting(
            f"runs of different suites: {', '.join(sorted(suites))}", "compare runs of one suite"
        )
    pairs = [_pair(runs[0], other, seed) for other in runs[1:]]
    values = [one.p for pair in pairs for one in pair.differences]
    corrected = iter(zip(holm(values), benjamini_hochberg(values), strict=True))
    return [
        replace(
            pair,
            differences=tuple(
                replace(one, p_holm=h, p_bh=b)
                for one, (h, b) in zip(pair.differences, corrected, strict=False)
            ),
        )
        for pair in pairs
    ]


def agreement_of(runs: Sequence[BenchRun]) -> Agreement:
    """How far the verdicts of runs agree: two judges of the same answers, or two models.

    Only a verdict is a label; an item without one is missing.
    """
    columns = ("status", "verdict")
    return rater_agreement(
        (str(at), unit, row["verdict"])
        for at, run in enumerate(runs)
        for unit, row in zip(
            map(str, units_of(run.table)), run.table.select(columns).to_pylist(), strict=True
        )
        if row["status"] == "done"
    )


def units_of(table: pa.Table) -> list[tuple[str, int]]:
    """(item, epoch) of each row: what two runs have in common. Asked once is the first epoch."""
    items = table["item"].to_pylist()
    if "epoch" not in table.column_names:
        return [(item, 1) for item in items]
    return list(zip(items, table["epoch"].to_pylist(), strict=True))


def _pair(a: BenchRun, b: BenchRun, seed: int) -> Pair:
    places = {unit: at for at, unit in enumerate(units_of(b.table))}
    matched = [(at, places[unit]) for at, unit in enumerate(units_of(a.table)) if unit in places]
    if not matched:
        raise BadSetting(f"{a.folder} and {b.folder} have no item in common")
    left_at, right_at = (np.array(side) for side in zip(*matched, strict=True))
    left, right = a.table.take(left_at), b.table.take(right_at)
    metrics = metrics_for(set(a.run["kinds"]) & set(b.run["kinds"]))
    return Pair(
        a,
        b,
        setup_differences(a.run, b.run),
        len(matched),
        len(a.table) - len(matched),
        len(b.table) - len(matched),
        tuple(differences(Scores.of(left), Scores.of(right), metrics, seed=seed)),
        tuple(_flips(left, right)),
    )


def _flips(a: pa.Table, b: pa.Table) -> list[Flip]:
    columns = ("subset", "side", "status", "verdict", "right", "reason")
    rows = zip(a.select(columns).to_pylist(), b.select(columns).to_pylist(), strict=True)
    several = "epoch" in a.column_names
    return [
        Flip(
            f"{item}, epoch {epoch}" if several else item,
            *(one["subset"], one["side"], _said(one), _said(two), _change(one, two)),
        )
        for (item, epoch), (one, two) in zip(units_of(a), rows, strict=True)
        if _said(one) != _said(two)
    ]


def _said(row: Mapping[str, Any]) -> str:
    return row["verdict"] if row["status"] == "done" else f"{row['status']}: {row['reason']}"


def _change(a: Mapping[str, Any], b: Mapping[str, Any]) -> str:
    def state(row: Mapping[str, Any]) -> str:
        if row["status"] != "done":
            return "no score"
        return {None: "scored", 1.0: "right", 0.0: "wrong"}[row["right"]]

    return f"{state(a)} -> {state(b)}"


def write_comparison(
    out: Path,
    pairs: Sequence[Pair],
    agreement: Agreement | None = None,
    more: Mapping[str, str] | None = None,
) -> None:
    """Into a new folder, or over an earlier comparison, with `more` files by their name.

    Raises `NotARunFolder`.
    """
    told: dict[str, Any] = {"pairs": [pair.as_json() for pair in pairs]}
    if agreement is not None:
        told["agreement"] = asdict(agreement)
    rows = [_named(pair, one.as_json()) for pair in pairs for one in pair.differences]
    flips = [_named(pair, asdict(flip)) for pair in pairs for flip in pair.flips]
    tables = {
        "differences.csv": _csv(rows, [field.name for field in fields(Difference)]),
        "flips.csv": _csv(flips, [field.name for field in fields(Flip)]),
    }
    write_compared(out, told, as_markdown(pairs), tables | dict(more or {}))


def as_markdown(pairs: Sequence[Pair]) -> str:
    """For a paper: set-up, differences, and how the items moved."""
    lines = []
    for pair in pairs:
        lines += [
            *heading_markdown(pair.a, pair.b, pair.setup),
            f"{pair.common:,} items in common ({pair.only_a:,} only in A, {pair.only_b:,} "
            f"only in B); {len(pair.flips):,} differ.",
            "",
            "| metric | A | B | B - A | 95% interval | items | p | Holm | BH |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        lines += [_line(one) for one in pair.differences]
        moved = Counter(flip.change for flip in pair.flips)
        lines += ["", *[f"- {markdown(change)}: {n:,}" for change, n in sorted(moved.items())], ""]
    return "\n".join(lines)


def _line(one: Difference) -> str:
    by = 1 if one.metric == "sri" else 100
    return (
        f"| {metric(one.metric).title} | {by * one.a:.1f} | {by * one.b:.1f} | "
        f"{by * one.difference:+.1f} | {by * one.low:+.1f} to {by * one.high:+.1f} | "
        f"{one.n} of {one.n + one.lost} | {one.p:.3g} | {one.p_holm:.3g} | {one.p_bh:.3g} |"
    )


def _named(pair: Pair, row: Mapping[str, Any]) -> dict[str, Any]:
    clash = {"a", "b"} & row.keys()
    renamed = {f"{k}_value" if k in clash else k: v for k, v in row.items()}
    return {"a": pair.a.name, "b": pair.b.name, **renamed}


def _csv(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    titles = ["a", "b", *[f"{name}_value" if name in ("a", "b") else name for name in names]]
    return csv_text(titles, rows)
