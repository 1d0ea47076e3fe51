"""`crosslight doctor SPEC`: does this model see, give probabilities, obey a schema?"""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from crosslight.cli.console import err, out

COLOURS = {"ok": "green", "no": "red", "unknown": "yellow"}


def doctor(
    spec: Annotated[str, typer.Argument(help="A model, e.g. embedded or openai:NAME@URL.")],
) -> None:
    """Probe a model before money is spent: what works, and what that means for each verb."""
    from crosslight.flow import run_main
    from crosslight.models import probe_model

    with err.status(f"asking {escape(spec)} some short questions"):
        found = run_main(probe_model(spec))
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in ("check", "", "what was found", "what it means"):
        table.add_column(column, overflow="fold", no_wrap=column in ("check", ""))
    for line in found:
        detail = f"{line.detail} ({line.hint})" if line.hint else line.detail
        state = f"[{COLOURS[line.state]}]{line.state}[/]"
        table.add_row(line.name, state, escape(detail), escape(line.consequences))
    out.print(table)
    if any(line.name == "reach" and line.state != "ok" for line in found):
        raise typer.Exit(1)
