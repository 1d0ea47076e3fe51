"""What `bench` prints of a run that has ended."""

from pathlib import Path
from typing import Any

from rich.table import Table

from crosslight.cli.console import end, out, why_failed


def tell(result: Any, folder: Path) -> None:
    """How a run ended, with its numbers; exits with its code."""
    told = result.summary
    statuses = told["statuses"]
    epochs = told["settings"].get("epochs", 1)
    what = f"answers ({told['rows'] // epochs:,} items x {epochs})" if epochs > 1 else "items"
    done = statuses.get("done", 0)
    out.print(f"[bold]{told['protocol']}[/]: {done:,} of {told['rows']:,} {what} scored")
    for reason, n in told["reasons"].items():
        out.print(f"  no score: {reason}: {n:,}", markup=False)
    out.print(numbers(result.estimates))
    if result.epochs:
        out.print(over_epochs(result.epochs))
    if told["failed"] and result.status != "failed":
        why_failed(folder)
    end(result, folder)


def numbers(estimates: Any) -> Table:
    """The metrics over all items, with interval, coverage and bounds."""
    from crosslight.bench import format_interval, format_value, headline, metric

    table = Table("metric", "value", "95% interval", "coverage", "bounds", box=None)
    for one in headline(estimates):
        table.add_row(
            metric(one.metric).title,
            format_value(one, one.value),
            format_interval(one),
            f"{100 * one.coverage:.1f}% of {one.wanted:,}",
            f"{format_value(one, one.least)} – {format_value(one, one.most)}",
        )
    return table


def over_epochs(found: Any) -> Table:
    """What the epochs of a run have in common, and how far they differ."""
    from crosslight.bench import format_interval, format_value, metric

    table = Table("metric", "over the epochs", "value", "95% interval", "of", box=None)
    for one in found:
        table.add_row(
            metric(one.metric).title,
            one.statistic,
            format_value(one, one.value),
            format_interval(one),
            f"{one.n:,} of {one.wanted:,}",
        )
    return table
