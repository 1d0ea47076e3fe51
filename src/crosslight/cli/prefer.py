"""`crosslight prefer SOURCE -o DIR`: preference pairs, of a build's own replies or of models'."""

from pathlib import Path
from typing import Annotated, Any

import typer

from crosslight.cli import options as opt
from crosslight.cli.console import Screening, end, lost_in, out, watching

app = typer.Typer(
    cls=opt.DefaultGroup,
    help="Preference pairs out of photos or a dataset: prefer SOURCE -o DIR.",
)


@app.callback()
def root() -> None:
    """Preference pairs: a photo, a question, the better and the worse of two replies."""


@app.command("run")
@opt.with_call_options
def run(
    source: Annotated[Path, typer.Argument(help="A run of build (its own replies are paired).")],
    output: opt.Output = Path("runs/pairs"),
    unmirrored: Annotated[
        float,
        typer.Option(help="The largest share of pairs that stand without a mirror.", min=0, max=1),
    ] = 0.3,
    text_mirrors: Annotated[
        int, typer.Option(help="Mirrors by text of one pattern, at most.", min=0)
    ] = 2,
    refusals: Annotated[
        float,
        typer.Option(help="The largest share of pairs that choose a refusal.", min=0, max=1),
    ] = 0.1,
    quiet: opt.Quiet = False,
    *,
    calls: Any,
) -> None:
    """Make preference pairs; every pair says who wrote its replies and who decided."""
    from crosslight.api import prefer_job
    from crosslight.prefer import PreferConfig

    config = PreferConfig(unmirrored=unmirrored, text_mirrors=text_mirrors, refusals=refusals)
    _run(prefer_job(source, output, config=config, **calls), quiet)


def _run(job: Any, quiet: bool) -> None:
    from crosslight.api import prefer_pages
    from crosslight.flow import run_main
    from crosslight.prefer import run_prefer

    watch = watching(quiet, headings=True)
    result = run_main(run_prefer(job, watch, Screening(quiet), pages=prefer_pages, console=True))
    told = result.summary
    out.print(
        f"[bold]{told['rows']:,} pairs[/] from {told['account']['finished']:,} of "
        f"{told['inputs']:,} inputs; {told.get('mirrored', 0):,} stand in a mirror, "
        f"{told.get('need_the_picture', 0):,} need the picture; " + lost_in(job.out, told)
    )
    end(result, job.out, hint="" if told["rows"] else "dropped.parquet says why there is no pair")
