"""`crosslight view`: look at rows, pictures and reviews in the browser."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.markup import escape

from crosslight.cli.console import end_served, err, out
from crosslight.cli.options import Store


def view(
    places: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[DIR]...",
            help="Runs, parquet files or folders of them; default: every run under ./runs.",
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            help="Of a table of others: PART=COLUMN; parts: id, text, image, category, sensitive.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="A folder of pictures that the tables only name: a benchmark's, judged photos."
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="The address to serve on; any but loopback wants a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.", min=0, max=65535)] = 8600,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", help="Another name under which browsers reach it."),
    ] = None,
    store: Store = None,
) -> None:
    """Serve pages of rows to look at and review: filters, search, pictures, by keyboard."""
    from crosslight.cli.options import answers_path, images_path
    from crosslight.models import home
    from crosslight.records import BadSetting
    from crosslight.store import ImageStore
    from crosslight.view import open_places, serve, take_address

    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        raise BadSetting("the viewer needs two packages", "pip install 'crosslight[web]'")
    mapping = dict(_part(said) for said in column or ())
    if data is not None and not data.is_dir():
        raise BadSetting(f"{data} is no folder", "--data names one with pictures")
    shown = places or _here()
    address = take_address(host, port)
    folder = images_path(store)
    images = ImageStore(folder) if folder.is_dir() else None

    def slow(line: str) -> None:
        err.print(escape(line), style="dim", highlight=False, soft_wrap=True)

    cache, answers = home() / "view", answers_path(store)
    runs = open_places(shown, images, cache, mapping, answers, slow, data)

    def told(address: str, token: str) -> None:
        out.print(f"[bold]{address}[/bold]", highlight=False, soft_wrap=True)
        if token:
            out.print(f"token: {token}", highlight=False, soft_wrap=True)
        err.print("Ctrl-C ends it; reviews are on the disk.")

    serve(
        runs,
        address,
        host=host,
        allow=tuple(allow_host or ()),
        told=told,
        stopped=lambda: _stopped([run.reviews.path for run in runs.values()]),
    )


def _stopped(reviews: list[Path]) -> NoReturn:
    """Says where the reviews are. Threads may read for a while yet, and write only what can be
    torn: nothing is waited for."""
    written = [path for path in reviews if path.is_file()]
    where = written[0] if len(written) == 1 else f"{reviews[0].name} beside each run"
    end_served(f"stopped; reviews are saved in {where}" if written else "stopped")


def _part(said: str) -> tuple[str, str]:
    from crosslight.records import BadSetting

    part, sign, name = said.partition("=")
    if not sign or not part or not name:
        raise BadSetting(f"--column {said!r} is not PART=COLUMN", "for example: text=question")
    return part, name


def _here() -> list[Path]:
    """The runs under ./runs, or this folder if it is one."""
    from crosslight.runs import RUN_FILE, NotARunFolder

    if Path(RUN_FILE).is_file():
        return [Path()]
    found = sorted(file.parent for file in Path("runs").glob(f"*/{RUN_FILE}"))
    if not found:
        raise NotARunFolder("there is no run under ./runs", "name a run's folder")
    return found
