"""`crosslight compare A B [...]`: what differs in the set-up, by how much, and on which items."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from crosslight.cli.console import out

FLIPS_SHOWN = 20


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Folders of bench runs; the first is A.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Also write it: json, csv, md, html.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    agreement: Annotated[
        bool, typer.Option("--agreement", help="How far the verdicts of all runs agree.")
    ] = False,
) -> None:
    """Compare bench runs on the items that they have in common."""
    from crosslight.bench import agreement_of, read_bench
    from crosslight.bench import compare_runs as pairs_of

    read = [read_bench(folder) for folder in runs]
    pairs = pairs_of(read, seed=seed)
    for pair in pairs:
        _tell(pair)
    agreed = agreement_of(read) if agreement else None
    if agreed is not None:
        _agree(agreed)
    if output is not None:
        from crosslight.bench import write_comparison
        from crosslight.view import write_comparison_report

        write_comparison(output, pairs, agreed)
        out.print(f"look at it: {write_comparison_report(output, pairs)}")


def _agree(found: Any) -> None:
    shown = [
        f"{name} {'undefined' if value is None else f'{value:.3f}'}"
        for name, value in (
            ("raw", found.raw),
            ("Krippendorff's alpha", found.alpha),
            ("Fleiss' kappa", found.fleiss),
            ("Cohen's kappa", found.cohen),
        )
    ]
    out.print(f"agreement of {found.raters} runs: {', '.join(shown)}")
    out.print(
        f"  kappas over the {found.complete:,} of {found.items:,} items that all have a verdict for"
    )


def _tell(pair: Any) -> None:
    out.print(f"[bold]A[/] {escape(pair.a.label)} ({escape(str(pair.a.folder))})")
    out.print(f"[bold]B[/] {escape(pair.b.label)} ({escape(str(pair.b.folder))})")
    for name, a, b in pair.setup:
        out.print(f"  {name}: {a[:120]} -> {b[:120]}", markup=False)
    if not pair.setup:
        out.print("  the set-ups are the same")
    out.print(differences(pair))
    if pair.only_a or pair.only_b:
        out.print(f"left out: {pair.only_a:,} items only in A, {pair.only_b:,} only in B")
    moved = Counter(flip.change for flip in pair.flips)
    told = ", ".join(f"{n:,} {change}" for change, n in sorted(moved.items()))
    out.print(f"{len(pair.flips):,} of {pair.common:,} common items differ: {told or 'none'}")
    for flip in pair.flips[:FLIPS_SHOWN]:
        out.print(f"  {flip.item} ({flip.subset}): {flip.a} -> {flip.b}", markup=False)
    if len(pair.flips) > FLIPS_SHOWN:
        out.print(f"  and {len(pair.flips) - FLIPS_SHOWN:,} more (-o DIR writes flips.csv)")


def differences(pair: Any) -> Table:
    """The paired differences, in percentage points."""
    from crosslight.bench import metric

    table = Table("metric", "A", "B", "B - A", "95% interval", "items", "p", "Holm", "BH", box=None)
    for one in pair.differences:
        by = 1 if one.metric == "sri" else 100
        table.add_row(
            metric(one.metric).title,
            f"{by * one.a:.1f}",
            f"{by * one.b:.1f}",
            f"{by * one.difference:+.1f}",
            f"{by * one.low:+.1f} to {by * one.high:+.1f}",
            f"{one.n:,} of {one.n + one.lost:,}",
            f"{one.p:.3g}",
            f"{one.p_holm:.3g}",
            f"{one.p_bh:.3g}",
        )
    return table
