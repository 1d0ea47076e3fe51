"""`crosslight report`: the one-file page of a run, and its plots as files."""

from pathlib import Path
from typing import Annotated

import typer

from crosslight.cli.console import out
from crosslight.cli.options import Store


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a run.")],
    data: Annotated[
        Path | None,
        typer.Option(help="The benchmark's folder: small copies of its pictures go on the page."),
    ] = None,
    store: Store = None,
) -> None:
    """Write the page of a run anew: one file of at most 5 MB, and its plots as SVG and PNG."""
    from crosslight.cli.options import images_path
    from crosslight.view import write_any_report

    page, *plots = write_any_report(folder, images_path(store), data)
    size = page.stat().st_size / 1e6
    out.print(f"{page} ({size:.1f} MB)", markup=False, highlight=False, soft_wrap=True)
    for plot in plots:
        out.print(str(plot), markup=False, highlight=False, soft_wrap=True)
