"""`crosslight models list|fetch|verify`."""

from collections.abc import Iterable

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from crosslight.cli.console import err, out
from crosslight.models import Missing
from crosslight.models import fetch as files

app = typer.Typer(
    help="Model files of the embedded default: list, fetch, verify.", no_args_is_help=True
)

DEFAULT = ("efficientnet-lite0", "efficientnet-lite2", "ssd-mobilenet-v2", "image-safety")
"""What the embedded model needs. The small text model is fetched by name only."""


@app.command("list")
def list_models() -> None:
    """Show the manifest's model files and which of them are in the cache."""
    out.print(listing("model"))
    out.print(f"\ncache: {escape(str(files.home()))}", style="dim")


@app.command("fetch")
def fetch_models(
    names: list[str] = typer.Argument(None, help="Names from `models list`; none: the default."),
) -> None:
    """Fetch model files into the cache and check their hashes."""
    wanted = names or list(DEFAULT)
    fetch_all(wanted)
    for name in wanted:
        out.print(f"{name}: {escape(str(files.path_of(name)))}")


@app.command("verify")
def verify_models(
    names: list[str] = typer.Argument(None, help="Names from `models list`; none: all present."),
) -> None:
    """Hash cached files anew and compare with the manifest."""
    book = files.read_manifest()
    bad = 0
    for name in names or [n for n in book.files if files.state(n) != "missing"]:
        try:
            files.verify(name)
            out.print(f"[green]ok[/]      {name}")
        except Missing as error:
            bad += 1
            err.print(f"[red]wrong[/]   {name}: {escape(error.message)}")
            err.print(f"        {escape(error.hint)}", style="dim")
    raise typer.Exit(1 if bad else 0)


def fetch_all(names: Iterable[str]) -> None:
    """Fetch each file that the cache does not hold. Raises `FetchFailed`."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        for name in names:
            task = bar.add_task(name, total=None)

            def tell(progress: files.Progress, task: object = task) -> None:
                bar.update(task, completed=progress.done, total=progress.total)  # type: ignore[arg-type]

            files.fetch(name, tell)
            bar.remove_task(task)


def listing(kind: str) -> Table:
    """What the manifest holds of a kind, and what of it lies in the cache."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "state", "size", "licence", "what it is", "credit"):
        table.add_column(column, overflow="fold", no_wrap=column in ("name", "state", "size"))
    book = files.read_manifest()
    for name, entry in book.of_kind(kind).items():  # type: ignore[arg-type]
        size = f"{entry.size / 1e6:.1f} MB"
        table.add_row(name, files.state(name), size, entry.licence, entry.about, entry.credit)
    return table
