"""`crosslight tune judge DATA... -o DIR`."""

import typer

from crosslight.cli import tune_judge

app = typer.Typer(help="Tune a judge on labelled data.", no_args_is_help=True)


@app.callback()
def root() -> None:
    """Tune a judge on labelled data."""


app.command("judge")(tune_judge.judge)
