"""`crosslight import`: what people did elsewhere comes back."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from crosslight.cli.console import err, out

app = typer.Typer(
    help="Bring back what people did elsewhere: reviews out of Label Studio.",
    no_args_is_help=True,
)


@app.callback()
def root() -> None:
    """Bring back what people did elsewhere."""


@app.command("labelstudio")
def labelstudio(
    file: Annotated[Path, typer.Argument(help="What Label Studio exported, as JSON.")],
    run: Annotated[Path, typer.Argument(help="The folder of the run that was exported to it.")],
    reviewer: Annotated[
        list[str] | None,
        typer.Option(
            help="1=ann: number 1 there (or an address) is ann here; may be repeated.",
            show_default="labelstudio:1",
        ),
    ] = None,
) -> None:
    """Add the annotations of a Label Studio project to the reviews of a run."""
    from crosslight.export import import_labelstudio
    from crosslight.text import plural

    done = import_labelstudio(file, run, _names(reviewer or []))
    for reason, n in done.left_out.most_common():
        err.print(f"left out: {n:,}, {reason}", markup=False, highlight=False)
    told = ", ".join(f"{verdict} {n:,}" for verdict, n in sorted(done.acts.items()))
    counts = plural(done.acts.total(), "review") + (f" ({told})" if told else "")
    out.print(
        f"{counts} by {plural(len(done.reviewers), 'reviewer')} added to {run / 'reviews.jsonl'}",
        markup=False,
        highlight=False,
    )
    out.print(Text(f"look at them: crosslight view {run}"))


def _names(told: list[str]) -> dict[str, str]:
    """Raises `BadSetting`."""
    from crosslight.records import BadSetting

    names = {}
    for one in told:
        who, _, name = one.partition("=")
        if not who.strip() or not name.strip():
            raise BadSetting(f"--reviewer {one!r}", "write NUMBER=NAME, as in 1=ann")
        names[who.strip()] = name.strip()
    return names
