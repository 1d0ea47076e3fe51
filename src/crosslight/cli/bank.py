"""`crosslight bank`: the pattern bank, checked against its laws."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from crosslight.cli.console import out

app = typer.Typer(
    help="The pattern bank of `build`: check files of your own or ours.", no_args_is_help=True
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
    out.print(f"{len(report.must):,} breaches, {len(report.should):,} warnings")
    if report.must:
        raise typer.Exit(1)
