"""`crosslight prefer SOURCE -o DIR`: preference pairs, of a build's own replies or of models'."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from crosslight.cli import options as opt
from crosslight.cli.console import Screening, end, lost_in, out, watching


class Agreed(StrEnum):
    """Rules for two orders."""

    margin = "margin"
    strict = "strict"


class Drawn(StrEnum):
    """What two replies must differ in."""

    group = "group"
    item = "item"


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
    source: Annotated[
        Path,
        typer.Argument(help="A run of build, a folder of photos, or a table with questions."),
    ],
    output: opt.Output = Path("runs/pairs"),
    responder: Annotated[
        list[str] | None,
        typer.Option(help="A model that answers; twice or more. Without: a build's own replies."),
    ] = None,
    guard: Annotated[str, typer.Option(help="The model that reads questions and replies.")] = "",
    annotator: Annotated[str, typer.Option(help="The model that compares two replies.")] = "",
    author: Annotated[
        str, typer.Option(help="The model that writes questions; without, the guard.")
    ] = "",
    leaves: Annotated[
        list[str] | None,
        typer.Option(help="Only this subject of SPA-VL's tree; may be given several times."),
    ] = None,
    agreement: Annotated[
        Agreed, typer.Option(help="How both orders of a comparison become a verdict.")
    ] = Agreed.margin,
    margin: Annotated[
        float, typer.Option(help="Of margin: log-odds from which a reply is better.", min=0.01)
    ] = 1.0,
    draw: Annotated[Drawn, typer.Option(help="What two replies must differ in.")] = Drawn.group,
    probes: Annotated[int, typer.Option(help="Probes of the annotator, of each kind.", min=0)] = 10,
    labelled: Annotated[
        Path | None,
        typer.Option(help="A run of pairs that people wrote, to see the annotator's error on."),
    ] = None,
    question_column: Annotated[
        str, typer.Option(help="The column of a table with the questions; none: photos alone.")
    ] = "",
    column: opt.Column = "",
    allow_outside: opt.AllowOutside = False,
    side: opt.Side = 768,
    canary: Annotated[
        bool, typer.Option(help="Ask each model four tiny pictures first: is it seeing at all?")
    ] = True,
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
    dry_run: opt.DryRun = False,
    quiet: opt.Quiet = False,
    *,
    calls: Any,
) -> None:
    """Make preference pairs; every pair says who wrote its replies and who decided."""
    from crosslight.api import prefer_job
    from crosslight.prefer import PreferConfig

    config = PreferConfig(
        unmirrored=unmirrored,
        text_mirrors=text_mirrors,
        refusals=refusals,
        agreement=agreement,
        margin=margin,
        probes=probes,
        draw=draw,
        leaves=tuple(leaves or ()),
        side=side,
    )
    job = prefer_job(
        source,
        output,
        responders=responder or (),
        guard=guard,
        annotator=annotator,
        author=author,
        labelled=labelled,
        config=config,
        column=column,
        question_column=question_column,
        allow_outside=allow_outside,
        canary=canary,
        **calls,
    )
    if dry_run:
        _estimate(job)
    else:
        _run(job, quiet)


@app.command("rethreshold")
def rethreshold(
    folder: Annotated[Path, typer.Argument(help="The folder of a run with an annotator.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A new folder.")] = None,
    agreement: Annotated[
        Agreed | None, typer.Option(help="How both orders of a comparison become a verdict.")
    ] = None,
    margin: Annotated[
        float | None, typer.Option(help="Of margin: log-odds from which a reply is better.")
    ] = None,
    safe_above: Annotated[
        float | None, typer.Option(help="From this probability on a reply is safe.")
    ] = None,
    unsafe_below: Annotated[
        float | None, typer.Option(help="Up to this probability a reply is unsafe.")
    ] = None,
    refusals: Annotated[
        float | None, typer.Option(help="The largest share of pairs that choose a refusal.")
    ] = None,
    store: opt.Store = None,
) -> None:
    """Make pairs of a run's comparisons anew, with other thresholds. Makes no call."""
    from crosslight.api import prefer_pages
    from crosslight.prefer import Changed, rethreshold_pairs

    target = output or folder.resolve().with_name(folder.resolve().name + "-rethreshold")
    changed = Changed(agreement, margin, safe_above, unsafe_below, refusals)
    told = rethreshold_pairs(folder, target, opt.images_path(store), changed)
    prefer_pages(target)
    out.print(
        f"[bold]{told['rows']:,} pairs[/], 0 calls; "
        f"{told['rethreshold']['outcomes_changed']:,} comparisons have another outcome"
    )
    out.print(f"look at it: {target / 'report.html'}", soft_wrap=True)


def _estimate(job: Any) -> None:
    from crosslight.flow import run_main
    from crosslight.prefer import estimate_prefer

    out.print(str(run_main(estimate_prefer(job))), markup=False, soft_wrap=True)


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
