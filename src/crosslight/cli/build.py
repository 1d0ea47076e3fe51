"""`crosslight build PHOTOS -o DIR`: from photos to a safety dataset and a page to look at it."""

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from crosslight.cli import options as opt
from crosslight.cli.calibrate import calibrate
from crosslight.cli.console import Screening, end, lost_in, out, retry_hint, watching

app = typer.Typer(
    cls=opt.DefaultGroup,
    help="Build a safety dataset from ordinary photos: build PHOTOS -o DIR.",
)


@app.callback()
def root() -> None:
    """Build a safety dataset from ordinary photos: each row safe alone, unsafe together."""


@app.command("run")
@opt.with_call_options
def run(
    photos: Annotated[
        Path | None,
        typer.Argument(
            help="A folder, a list of files (.txt), a table (parquet, JSONL, CSV) with paths, URLs "
            "or images, or WebDataset tars."
        ),
    ] = None,
    output: opt.Output = Path("runs/build"),
    example_photos: Annotated[
        bool, typer.Option("--example-photos", help="Use the example photos (`photos fetch`).")
    ] = False,
    model: Annotated[str, typer.Option(help="The model of all three roles.")] = "embedded",
    author: Annotated[str | None, typer.Option(help="Who imagines, if not --model.")] = None,
    guard: Annotated[str | None, typer.Option(help="Who cross-checks, if not --model.")] = None,
    responder: Annotated[str | None, typer.Option(help="Who answers, if not --model.")] = None,
    images: Annotated[
        int, typer.Option(help="Photos of a row; 2: each harmless, a risk together.", min=1, max=2)
    ] = 1,
    per_photo: Annotated[int, typer.Option(help="Triplets to imagine for a photo.", min=1)] = 4,
    rewordings: Annotated[int, typer.Option(help="Further wordings of a triplet.", min=0)] = 2,
    other_photos: Annotated[int, typer.Option(help="Further photos to try.", min=0)] = 2,
    rounds: Annotated[
        int, typer.Option(help="Second looks at a photo that gave nothing.", min=0)
    ] = 2,
    pilot: Annotated[
        float, typer.Option(help="Share of the photos in the first wave.", min=0, max=1)
    ] = 0.04,
    target: Annotated[int, typer.Option(help="Enough at so many unsafe rows.", min=0)] = 0,
    novelty: Annotated[
        float, typer.Option(help="Enough once so few patterns are new (a share).", min=0, max=1)
    ] = 0.0,
    controls: Annotated[bool, typer.Option(help="Add the safe counterparts.")] = True,
    adds: Annotated[
        float, typer.Option(help="What the photo must add to the words, in log-odds.")
    ] = 1.5,
    together_at_least: Annotated[
        float, typer.Option(help="The pair is at least so unsafe.", min=0, max=1)
    ] = 0.5,
    alone_below: Annotated[
        float, typer.Option(help="The text is less unsafe than this.", min=0, max=1)
    ] = 0.5,
    fits_above: Annotated[
        float, typer.Option(help="From here a text makes sense beside a photo.", min=0, max=1)
    ] = 0.7,
    safe_below: Annotated[
        float, typer.Option(help="A photo or a control up to here is safe.", min=0, max=1)
    ] = 0.3,
    unsafe_above: Annotated[
        float, typer.Option(help="From here a photo is unsafe; between: undecided.", min=0, max=1)
    ] = 0.7,
    outside_max: Annotated[
        float,
        typer.Option(help="So much mass beside Yes and No still is an answer.", min=0, max=1),
    ] = 0.5,
    split_by: Annotated[
        str, typer.Option(help="What no two splits share beside sentences: photo or pattern.")
    ] = "photo",
    keep_exif: Annotated[
        bool, typer.Option("--keep-exif", help="Keep position, owner and device in the pictures.")
    ] = False,
    bank: Annotated[
        Path | None, typer.Option(help="A folder of pattern files; default: ours.")
    ] = None,
    canary: Annotated[
        bool, typer.Option(help="First check with four tiny pictures that the model sees.")
    ] = True,
    side: opt.Side = 768,
    column: opt.Column = "",
    allow_outside: opt.AllowOutside = False,
    dry_run: opt.DryRun = False,
    quiet: opt.Quiet = False,
    *,
    calls: Any,
) -> None:
    """Build a dataset: screen, imagine, cross-check, augment, answer, add controls."""
    from crosslight.api import build_job
    from crosslight.build import BuildConfig

    job = build_job(
        _source(photos, example_photos),
        output,
        model=model,
        author=author,
        guard=guard,
        responder=responder,
        config=BuildConfig(
            images=images,
            per_photo=per_photo,
            rewordings=rewordings,
            other_photos=other_photos,
            rounds=rounds,
            pilot=pilot,
            target=target,
            novelty=novelty,
            controls=controls,
            side=side,
            adds=adds,
            together_at_least=together_at_least,
            alone_below=alone_below,
            fits_above=fits_above,
            safe_below=safe_below,
            unsafe_above=unsafe_above,
            outside_max=outside_max,
            split_by=split_by,
            keep_exif=keep_exif,
        ),
        bank=bank,
        column=column,
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
    folder: Annotated[Path, typer.Argument(help="The folder of a build.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A new folder.")] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Change the run itself; rows that fall are kept.")
    ] = False,
    adds: Annotated[
        float | None, typer.Option(help="What the photo must add to the words, in log-odds.")
    ] = None,
    together_at_least: Annotated[
        float | None, typer.Option(help="The pair is at least so unsafe.", min=0, max=1)
    ] = None,
    alone_below: Annotated[
        float | None, typer.Option(help="The text is less unsafe than this.", min=0, max=1)
    ] = None,
    safe_below: Annotated[
        float | None, typer.Option(help="A photo or a control up to here is safe.", min=0, max=1)
    ] = None,
    unsafe_above: Annotated[
        float | None, typer.Option(help="From here a photo is unsafe.", min=0, max=1)
    ] = None,
) -> None:
    """Decide over a build's drafts anew, with other cut-offs. Makes no call."""
    from crosslight.api import build_pages
    from crosslight.build import Cuts, rethreshold_build

    if in_place and output is not None:
        raise typer.BadParameter("give --output or --in-place, not both")
    new = folder.resolve().with_name(folder.resolve().name + "-rethreshold")
    target = folder if in_place else output or new
    cuts = Cuts(adds, together_at_least, alone_below, safe_below, unsafe_above)
    told = rethreshold_build(folder, target, cuts, build_pages)
    _rethresholded(told, target)


app.command("calibrate")(calibrate)


def _rethresholded(summary: Any, target: Path) -> None:
    from crosslight.text import plural

    told = summary["rethreshold"]
    aside = " (they stand in left_out.parquet)" if told["left_out"] else ""
    out.print(
        f"[bold]{plural(summary['rows'], 'row')}[/], 0 calls; {told['left_out']:,} left out{aside}"
    )
    if told["open"]:
        out.print(
            f"{plural(told['open'], 'more draft')} would go on, {told['open_unread']:,} of them to "
            "further questions (outcome `open` in drafts.parquet)",
            markup=False,
        )
    if told["photos_open"]:
        out.print(f"{plural(told['photos_open'], 'more photo')} would pass the first look")
    if told["open"] or told["photos_open"]:
        words = " ".join(shlex.quote(word) for word in summary["settings"]["command"])
        out.print(f"to have them answered: {words}", markup=False, soft_wrap=True, highlight=False)
    out.print(f"look at it: {target / 'report.html'}", markup=False, soft_wrap=True)


def _source(photos: Path | None, example: bool) -> Path:
    if example == (photos is not None):
        raise typer.BadParameter("name PHOTOS, or give --example-photos")
    if photos is not None:
        return photos
    from crosslight.cli.photos import example_table

    return example_table()


def _estimate(job: Any) -> None:
    from crosslight.build import estimate_build
    from crosslight.flow import run_main

    out.print(str(run_main(estimate_build(job))), markup=False)


def _run(job: Any, quiet: bool) -> None:
    from crosslight.api import build_pages
    from crosslight.build import run_build
    from crosslight.flow import run_main
    from crosslight.text import plural

    watch = watching(quiet, headings=True)
    result = run_main(run_build(job, watch, Screening(quiet), pages=build_pages, console=True))
    told = result.summary
    out.print(
        f"[bold]{told['rows']:,} rows[/] from {told['photos_with_rows']:,} of "
        f"{plural(told['photos'], 'photo')}{_beyond(told)}; " + lost_in(job.out, told)
    )
    end(result, job.out, hint=retry_hint(told) if told["rows"] else _why_nothing(told))


def _beyond(told: Any) -> str:
    """How many inputs there were, where not all of them are photos that can be used."""
    return "" if told["inputs"] == told["photos"] else f" ({told['inputs']:,} inputs)"


def _why_nothing(told: Any) -> str:
    """Where most rows of a build without any were lost."""
    lost = [
        (count, f"{step['step']}: {reason.replace('_', ' ')}")
        for step in told["funnel"]
        for reason, count in {**step["dropped"], **step["failed"]}.items()
    ]
    count, reason = max(lost, default=(0, "nothing came in"))
    return f"nothing was kept; most rows ({count:,}) ended at {reason}; the report shows each"
