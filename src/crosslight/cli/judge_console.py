"""What the judge's verbs print."""

from collections import Counter
from pathlib import Path
from typing import Any

from rich.markup import escape

from crosslight.cli.console import end, err, out


def card_table(card: dict[str, Any]) -> Any:
    """The report card as a table."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "images", "coverage", "precision", "recall", "f1", "auroc"):
        table.add_column(column, justify="left" if not column else "right")
    for name, m in [("overall", card["overall"]), *card["rules"].items()]:
        shown = [_interval(m[metric]) for metric in ("precision", "recall", "f1", "auroc")]
        table.add_row(escape(name), str(m["images"]), f"{m['coverage']:.2f}", *shown)
    return table


def _interval(m: dict[str, Any]) -> str:
    return "-" if m["value"] is None else f"{m['value']:.2f} ({m['low']:.2f}-{m['high']:.2f})"


def say_cut(card: dict[str, Any]) -> None:
    """Print the cut of the score and the corrected share of unsafe images."""
    cut, p = card["cut"], card["prevalence"]
    if cut["at"] is None:
        out.print(f"cut of the score: none ({cut['note']})")
    else:
        out.print(f"cut of the score by {cut['how']}: {cut['at']:.3f} {cut['note']}".rstrip())
    if p["value"] is None:
        out.print(f"share of unsafe images: cannot be corrected ({p['note']})")
    else:
        out.print(
            f"share of unsafe images: {p['value']:.1%} ({p['low']:.1%} to {p['high']:.1%}), "
            f"corrected; the judge said {p['apparent']:.1%}"
        )


def verdicts(summary: dict[str, Any]) -> str:
    """Counts by verdict."""
    found = summary["verdicts"]
    return ", ".join(f"{found.get(v, 0):,} {v}" for v in ("unsafe", "safe", "undecided"))


def say_strangers(card: dict[str, Any]) -> None:
    """Print the labels that fit nothing of the run: a wrong name must not go by unseen."""
    gone = card["not_in_run"]
    if gone["count"]:
        out.print(
            f"{gone['count']:,} labelled images are not in this run, the first "
            f"{gone['images'][0]!r}",
            markup=False,
        )
    if gone["rules"]:
        out.print(f"no rule of this run: {', '.join(gone['rules'])}", markup=False)


def _why_failed(output: Path) -> None:
    """Print the most frequent failure and its remedy."""
    import pyarrow.parquet as pq

    rows = pq.read_table(output / "failed.parquet", columns=["error", "hint"]).to_pylist()
    (error, hint), count = Counter((r["error"], r["hint"]) for r in rows).most_common(1)[0]
    err.print(f"[bold yellow]failed:[/] {count:,} of {len(rows):,} by {escape(error[:300])}")
    if hint:
        err.print(f"[bold]help:[/] {escape(hint)}")


def tell(result: Any, output: Path, images: Path) -> None:
    """Print how a run ended, write its page, and end with the code that says so."""
    from crosslight.view import write_judge_report

    told, page = result.summary, write_judge_report(output, images)
    out.print(
        f"[bold]{told['rows']:,} of {told['inputs']:,} images judged[/]: {verdicts(told)}; "
        f"{told['dropped']:,} dropped, {told['failed']:,} failed (with reasons, in "
        f"{escape(str(output))})"
    )
    if told["failed"]:
        _why_failed(output)
    for note in told["notes"]:
        out.print(f"note: {note}", style="dim", markup=False)
    end(result, page)
