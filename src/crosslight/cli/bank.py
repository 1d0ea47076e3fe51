"""`crosslight bank`: the pattern bank, checked against its laws."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from crosslight.cli.console import out

app = typer.Typer(
    help="The pattern bank of `build`: check files of your own or ours, add what a run found.",
    no_args_is_help=True,
)


@app.callback()
def root() -> None:
    """The pattern bank of `build`."""


@app.command("lint")
def lint(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder of pattern files, or one file; default: ours.")
    ] = None,
    warnings: Annotated[
        bool, typer.Option("--warnings/--no-warnings", help="Print what writers should look at.")
    ] = True,
) -> None:
    """Check a bank against its laws; print each breach with file, line and remedy."""
    from crosslight.build import BANK_FOLDER, lint_bank

    report = lint_bank(folder or BANK_FOLDER)
    for title, found in (("must be mended", report.must), ("look at", report.should)):
        if found and (warnings or found is report.must):
            out.print(f"[bold]{len(found):,} {title}[/]")
            for one in found:
                out.print(escape(str(one)), soft_wrap=True, highlight=False)
    if report.figures:
        for line in report.figures.lines():
            out.print(escape(line), highlight=False)
    if report.pairs:
        out.print(f"two-photo patterns: {report.pairs:,}", highlight=False)
    out.print(f"{len(report.must):,} breaches, {len(report.should):,} warnings")
    if report.must:
        raise typer.Exit(1)


@app.command("export")
def export(
    run: Annotated[Path, typer.Argument(help="The folder of a build.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write.")],
    ours: Annotated[
        bool, typer.Option("--ours", help="Copy our bank there first, and add to its files.")
    ] = False,
    only: Annotated[
        Literal["accepted"] | None,
        typer.Option(help="accepted: rows that somebody accepted in `view` and nobody rejected."),
    ] = None,
) -> None:
    """Write the patterns that a run found as bank files, for people to review."""
    from crosslight.build import export_bank, only_accepted, read_run
    from crosslight.runs import UNSEEN, Reviews, accepted_rows, reviewed_rows
    from crosslight.text import plural

    found = read_run(run)
    if only is not None:
        standing = Reviews(run).standing()
        reviewed, rows = reviewed_rows(standing), len(found.rows)
        why = Counter(reviewed.get(row.id, UNSEEN).why_not for row in found.rows)
        found = only_accepted(found, accepted_rows(standing))
        others = ", ".join(f"{n:,} {reason}" for reason, n in why.most_common() if reason)
        out.print(
            f"{len(found.rows):,} of {plural(rows, 'row')} accepted"
            + (f"; left out: {others}" if others else "")
        )
    done = export_bank(found, output, ours=ours)
    out.print(f"{plural(done.patterns, 'pattern')} to review in {plural(len(done.files), 'file')}")
    if done.known:
        out.print(f"{plural(done.known, 'pattern')} of the run were in our bank already")
    if done.left_out:
        out.print(f"{plural(done.left_out, 'pattern')} left out: a file holds 200 at most")
    if done.patterns:
        told = f"what is missing: crosslight bank lint {output}"
        out.print(escape(told), soft_wrap=True, highlight=False)
