"""`crosslight prompts`: the questions that a build asks of models, to read."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from crosslight.cli.console import out

app = typer.Typer(help="The questions that a build asks of models, to read.", no_args_is_help=True)


@app.callback()
def root() -> None:
    """The questions that a build asks of models."""


@app.command("list")
def list_prompts() -> None:
    """Name the prompts and the version (sha256) of each file, as run.json holds it."""
    from crosslight.build import prompt_names

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("prompt", "sha256"):
        table.add_column(column)
    for name, sha in prompt_names().items():
        table.add_row(name, sha[:16])
    out.print(table)


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="A name of `prompts list`, e.g. build/imagine.")],
    photo: Annotated[
        Path | None, typer.Option(help="A picture file: what would be sent with it.")
    ] = None,
) -> None:
    """Print a prompt as it would be sent, with sample values in its slots."""
    from crosslight.build import shown_prompt

    out.print(shown_prompt(name, photo), markup=False, highlight=False, soft_wrap=True)
