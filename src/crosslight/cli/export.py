"""`crosslight export DIR --to FORMAT -o OUT`: a run's rows for another trainer."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from crosslight.cli import options as opt
from crosslight.cli.console import err, out


def export(
    source: Annotated[Path, typer.Argument(help="The folder of a run of prefer or build.")],
    to: Annotated[str, typer.Option(help="trl, llamafactory or msswift.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write.")],
    split: Annotated[
        list[str] | None,
        typer.Option(help="Only this split; may be repeated.", show_default="all"),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="Only rows of this kind (of build: unsafe, control_text, hard_negative, "
            "control_photo; of prefer its side: harmless, hidden_risk, harmful_intent); may be "
            "repeated.",
            show_default="all",
        ),
    ] = None,
    include_sensitive: opt.IncludeSensitive = False,
    chosen_only: Annotated[
        bool, typer.Option("--chosen-only", help="Of pairs the better reply alone, for SFT.")
    ] = False,
    target: Annotated[
        str,
        typer.Option(
            help="Of a run of build: response, chain (reasons, then the response), or chains (also "
            "over two photos and none)."
        ),
    ] = "response",
) -> None:
    """Write pairs or rows for TRL, LLaMA-Factory or ms-swift, with their pictures."""
    from crosslight.export import Chosen, export_run

    wanted = Chosen(
        tuple(split or ()),
        tuple(kind or ()),
        sensitive=include_sensitive,
        pairs=not chosen_only,
        target=target,
    )
    done = export_run(source, to, output, wanted)
    for failed, word in ((False, "left out"), (True, "failed")):
        for reason, n in done.left_out(failed=failed).items():
            err.print(f"{word}: {n:,} rows, {reason}", markup=False)
    for note in done.notes:
        err.print(Text(f"note: {note}"))
    rows = ", ".join(f"{name} {n:,}" for name, n in sorted(done.rows.items()))
    out.print(f"{done.rows.total():,} rows ({rows}), {done.pictures:,} pictures", markup=False)
    out.print(Text(f"look at it: {output / 'README.md'}"))
