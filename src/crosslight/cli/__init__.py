"""The command line: one file a verb, each a thin call into a room."""

import sys

import typer

from crosslight import __version__
from crosslight.cli import (
    bench,
    build,
    compare,
    doctor,
    fake,
    judge,
    models,
    photos,
    policy,
    store,
)
from crosslight.cli.console import err, fail

app = typer.Typer(
    name="crosslight",
    help="Multimodal safety: risks that neither the image nor the text shows alone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"crosslight {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    """Crosslight."""


app.command("build")(build.build)
app.command("compare")(compare.compare)
app.command("doctor")(doctor.doctor)
app.add_typer(bench.app, name="bench")
app.add_typer(judge.app, name="judge")
app.add_typer(models.app, name="models")
app.add_typer(photos.app, name="photos")
app.add_typer(store.app, name="store")
app.add_typer(policy.app, name="policy")
app.add_typer(fake.app, name="fake")


def main() -> None:
    """Run the command line; what a person can mend ends in one clear message, not a traceback."""
    # File names may hold bytes that are no UTF-8: printing one must not end the program.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except SystemExit as end:
        if end.code == 130:  # what typer makes of Ctrl-C, without a word
            err.print("interrupted; all answers so far are kept, the same command goes on")
        raise
    except Exception as error:
        fail(error)
