"""The numbers of a run as JSON, CSV and Markdown. Each carries protocol, coverage and bounds."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from crosslight.bench.config import BenchConfig
from crosslight.bench.metrics import (
    EpochNumber,
    Estimate,
    Scores,
    aggregate,
    epoch_numbers,
    metric,
    metrics_for,
)
from crosslight.bench.metrics.aggregate import ALL
from crosslight.bench.metrics.scores import COLUMNS, Column
from crosslight.store import read_table, write_json, write_text
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


def estimates_of(
    items: Path, kinds: Sequence[str], seed: int, *, epochs: int = 1
) -> list[Estimate]:
    """All metrics that the run's kinds of verdicts allow, over all, by subset, by category."""
    more = ("item", "epoch") if epochs > 1 else ()
    table = read_table(items, [*COLUMNS, "right", "value", "category", *more])
    scores = Scores.of(table)
    groups = [("subset", scores.subset)]
    category = Column.of(table["category"])
    names = [name for name in category.names if name]
    if 1 < len(names) <= MAX_CATEGORIES and set(names) != set(scores.subset.names):
        groups.append(("category", category))
    return aggregate(scores, metrics_for(kinds), groups=groups, seed=seed)


def epochs_of(items: Path, kinds: Sequence[str], config: BenchConfig) -> list[EpochNumber]:
    """Mean, spread, all and any of every metric, of a run that asked each item several times."""
    table = read_table(items, [*COLUMNS, "right", "value", "item", "epoch"])
    epoch = table["epoch"].to_numpy()
    return epoch_numbers(Scores.of(table), epoch, metrics_for(kinds), seed=config.seed)


def write_results(
    out: Path,
    run: Mapping[str, Any],
    estimates: Sequence[Estimate],
    epochs: Sequence[EpochNumber] = (),
) -> None:
    """results.json, results.csv and results.md of a run folder; epochs.csv where there are some."""
    head = heading(run)
    rows = [one.as_json() for one in estimates]
    told = {**head, "notes": run["notes"], "estimates": rows}
    if epochs:
        told["epochs"] = [one.as_json() for one in epochs]
        lines = [{**head, **one} for one in told["epochs"]]
        write_text(out / "epochs.csv", csv_text(_with_system(EPOCH_FIELDS, lines), lines))
    else:
        (out / "epochs.csv").unlink(missing_ok=True)
    write_json(out / "results.json", told)
    write_text(out / "results.csv", as_csv([{**head, **row} for row in rows]))
    write_text(out / "results.md", as_markdown(run, estimates, epochs))


EPOCH_FIELDS = (
    *("protocol", "model", "remedy", "image", "judge", "metric", "statistic"),
    *("value", "low", "high", "n", "wanted", "least", "most"),
)


def heading(run: Mapping[str, Any]) -> dict[str, str]:
    """What every number of this run carries; `system` only where there is a system prompt."""
    models = {model["role"]: model["spec"] for model in run["models"]}
    judges = [spec for role, spec in models.items() if role.startswith("judge")]
    told = run["settings"]["judge_as"]
    system = run["settings"].get("system") or {}
    named = f"{system['file']} ({system['sha256'][:8]})" if system else ""
    return {
        "protocol": run["protocol"],
        "model": models.get("model", ""),
        "remedy": run["settings"]["remedy"],
        "image": run["settings"]["picture"],
        "judge": f"{told}: {', '.join(judges)}" if judges else "",
    } | ({"system": named} if system else {})


def as_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """One line a number."""
    found = list(rows)
    return csv_text(_with_system(FIELDS, found), found)


def _with_system(fields: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The column `system` comes after `remedy`, where the run has a system prompt."""
    at = fields.index("remedy") + 1
    return [*fields[:at], *(["system"] if rows and "system" in rows[0] else []), *fields[at:]]


def as_markdown(
    run: Mapping[str, Any], estimates: Sequence[Estimate], epochs: Sequence[EpochNumber] = ()
) -> str:
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
    if epochs:
        lines += [
            "| metric | over the epochs | value | 95% interval | of |",
            "|---|---|---|---|---|",
        ]
        lines += [_epoch_line(one) for one in epochs]
        lines += ["", "Intervals count items, not answers. " + OF_EPOCHS, ""]
    return "\n".join(lines)


OF_EPOCHS = (
    "mean: over all answers; spread: the standard deviation from one epoch to another on these "
    "items; all, any: of the items with a score in every epoch, the share that counts in all of "
    "them, or in one at least."
)


def _epoch_line(one: EpochNumber) -> str:
    return (
        f"| {metric(one.metric).title} | {one.statistic} | {format_value(one, one.value)} | "
        f"{format_interval(one)} | {one.n} of {one.wanted} |"
    )


def _line(one: Estimate) -> str:
    return (
        f"| {metric(one.metric).title} | {markdown(one.group)} | {format_value(one, one.value)} | "
        f"{format_interval(one)} | {one.n} of {one.wanted} | {100 * one.coverage:.1f}% | "
        f"{format_value(one, one.least)} – {format_value(one, one.most)} |"
    )


def format_interval(one: Estimate | EpochNumber) -> str:
    """Its bounds as values; empty where there is no interval."""
    if one.low is None:
        return ""
    return f"{format_value(one, one.low)} – {format_value(one, one.high)}"


def format_value(one: Estimate | EpochNumber, value: float | None) -> str:
    """Percent for shares, the index as it is; `unknown` is a word."""
    if value is None:
        return "unknown"
    return f"{value:.1f}" if one.metric == "sri" else f"{100 * value:.1f}%"
