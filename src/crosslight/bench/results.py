"""The numbers of a run as JSON, CSV and Markdown. Each carries protocol, coverage and bounds."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from crosslight.bench.metrics import Estimate, Scores, aggregate, metric, metrics_for
from crosslight.bench.metrics.aggregate import ALL
from crosslight.bench.metrics.scores import Column
from crosslight.store import write_json, write_text
from crosslight.text import csv_text, markdown

MAX_CATEGORIES = 80
"""More values than this are no scenarios but free text."""
FIELDS = (
    "protocol",
    "model",
    "remedy",
    "image",
    "judge",
    "metric",
    "group",
    "value",
    "low",
    "high",
    "n",
    "wanted",
    "coverage",
    "least",
    "most",
    "method",
)


def estimates_of(items: Path, kinds: Sequence[str], seed: int) -> list[Estimate]:
    """All metrics that the run's kinds of verdicts allow, over all, by subset, by category."""
    table = pq.read_table(items)
    scores = Scores.of(table)
    groups = [("subset", scores.subset)]
    category = Column.of(table["category"])
    names = [name for name in category.names if name]
    if 1 < len(names) <= MAX_CATEGORIES and set(names) != set(scores.subset.names):
        groups.append(("category", category))
    return aggregate(scores, metrics_for(kinds), groups=groups, seed=seed)


def write_results(out: Path, run: Mapping[str, Any], estimates: Sequence[Estimate]) -> None:
    """results.json, results.csv and results.md of a run folder."""
    head = heading(run)
    rows = [one.as_json() for one in estimates]
    write_json(out / "results.json", {**head, "notes": run["notes"], "estimates": rows})
    write_text(out / "results.csv", as_csv([{**head, **row} for row in rows]))
    write_text(out / "results.md", as_markdown(run, estimates))


def heading(run: Mapping[str, Any]) -> dict[str, str]:
    """What every number of this run carries."""
    models = {model["role"]: model["spec"] for model in run["models"]}
    judges = [spec for role, spec in models.items() if role.startswith("judge")]
    told = run["settings"]["judge_as"]
    return {
        "protocol": run["protocol"],
        "model": models.get("model", ""),
        "remedy": run["settings"]["remedy"],
        "image": run["settings"]["picture"],
        "judge": f"{told}: {', '.join(judges)}" if judges else "",
    }


def as_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """One line a number."""
    return csv_text(FIELDS, rows)


def as_markdown(run: Mapping[str, Any], estimates: Sequence[Estimate]) -> str:
    """A table for a paper: the metrics over all items, then by group."""
    head = heading(run)
    lines = [f"# {markdown(head['protocol'])}", ""]
    lines += [f"- {name}: {markdown(value)}" for name, value in head.items() if value]
    lines += [f"- note: {markdown(note)}" for note in run["notes"]]
    lines += [
        "",
        "| metric | group | value | 95% interval | scored | coverage | bounds |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_line(one) for one in sorted(estimates, key=lambda e: e.group != ALL)]
    lines += [
        "",
        "Value and interval are over scored items. The bounds are the value if every "
        "missing item had gone one way, or the other.",
        "",
    ]
    return "\n".join(lines)


def _line(one: Estimate) -> str:
    known = one.low is not None
    interval = f"{format_value(one, one.low)} – {format_value(one, one.high)}" if known else ""
    return (
        f"| {metric(one.metric).title} | {markdown(one.group)} | {format_value(one, one.value)} | "
        f"{interval} | {one.n} of {one.wanted} | {100 * one.coverage:.1f}% | "
        f"{format_value(one, one.least)} – {format_value(one, one.most)} |"
    )


def format_value(one: Estimate, value: float | None) -> str:
    """Percent for shares, the index as it is; `unknown` is a word."""
    if value is None:
        return "unknown"
    return f"{value:.1f}" if one.metric == "sri" else f"{100 * value:.1f}%"
