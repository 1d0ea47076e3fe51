"""`crosslight build calibrate --guard SPEC`: how a guard reads what people wrote."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from crosslight.cli import options as opt
from crosslight.cli.console import err, out, tell
from crosslight.cli.json_file import check_json_file

BARS = " ▁▂▃▄▅▆▇█"


@opt.with_call_options
def calibrate(
    guard: Annotated[str, typer.Option(help="The guard that is asked.")],
    photos: Annotated[
        Path | None,
        typer.Option(
            help="Pairs too: of a build's folder, or of photos (the embedded model makes them)."
        ),
    ] = None,
    bank: Annotated[
        Path | None, typer.Option(help="A folder of pattern files; default: ours.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Also write it: a .json file.")
    ] = None,
    side: opt.Side = 768,
    dry_run: opt.DryRun = False,
    quiet: opt.Quiet = False,
    *,
    calls: Any,
) -> None:
    """Ask a guard about the bank's sentences and pairs, and propose its cut-offs."""
    from crosslight.api import CallSettings
    from crosslight.build import (
        BANK_FOLDER,
        BuildConfig,
        CalibrateJob,
        calibrate_guard,
        estimate_calibration,
    )
    from crosslight.flow import run_main
    from crosslight.store import write_json

    if output is not None and output.suffix != ".json":
        raise typer.BadParameter(f"--output {output}: name a .json file")
    before: Mapping[str, Any] = {}
    if output is not None:
        before = check_json_file(
            output, "calibration", lambda found: found.get("kind") == "calibration"
        )
    given = CallSettings.of(calls)
    job = CalibrateJob(
        guard,
        given.answers,
        given.images,
        photos,
        given.limit or 200,
        given.policy,
        given.budget,
        BuildConfig(seed=given.seed, side=side),
        bank or BANK_FOLDER,
    )
    if dry_run:
        out.print(str(run_main(estimate_calibration(job))), markup=False)
        return

    def told(done: int, of: int) -> None:
        if not quiet:
            tell(f"{done:,} of {of:,} questions answered", style="dim")

    found = run_main(calibrate_guard(job, told, console=True))
    _print(found)
    if output is not None:
        if found.status == "complete" or before.get("status") != "complete":
            write_json(output, found.as_json())
        else:
            err.print(f"{output} stays as it is: it is of a run that was complete", markup=False)
    _end(found, given.fail_on_error)


def _print(found: Any) -> None:
    figures = found.figures
    out.print(f"how {found.guard} reads, from 0 to 1 (log-odds for what the photo adds):")
    for name, spread in figures.spreads.items():
        values = "  ".join(f"{value:6.3f}" for value in spread.quantiles) or "nothing is known"
        bars = _bars(spread.histogram)
        told = f"{name:<27} {values}  {bars}  n={spread.n:,}, unknown {spread.unknown:,}"
        out.print(told, markup=False, highlight=False, soft_wrap=True)
    out.print(" " * 27 + "     5%     25%     50%     75%     95%", style="dim")
    fitted = {one.what: one for one in figures.fitted}
    if figures.errors:
        more = " (and at the proposed ones)" if fitted else ""
        out.print(f"\nread wrongly, at the cut-offs that come along{more}:")
    for one in figures.errors:
        more = f" ({_share(fitted[one.what])})" if one.what in fitted else ""
        told = f"{one.what:<42} {_share(one)} of {one.n:,}{more}"
        out.print(told, markup=False, highlight=False, soft_wrap=True)
    if figures.proposals:
        out.print("\nproposed (with a 95% interval):")
    for one in figures.proposals:
        flag = f"--{one.name.replace('_', '-')} {one.value:g}"
        told = f"{flag:<27} as it comes along"
        if one.low is not None and one.high is not None:
            told = f"{flag:<27} {one.low:.3f} to {one.high:.3f}; comes along: {one.shipped:g}"
        out.print(told, markup=False, highlight=False, soft_wrap=True)
    for note in found.notes:
        out.print(f"note: {note}", style="dim", markup=False, soft_wrap=True)
    if figures.proposals:
        flags = [f"--{p.name.replace('_', '-')} {p.value:g}" for p in figures.proposals]
        told = f"crosslight build PHOTOS -o DIR --guard {found.guard} {' '.join(flags)}"
        out.print(f"use them: {told}", markup=False, highlight=False, soft_wrap=True)


def _share(one: Any) -> str:
    return f"{100 * one.share:5.1f}% [{100 * one.low:.1f} to {100 * one.high:.1f}]"


def _bars(counts: Any) -> str:
    top = max(counts, default=0)
    return "".join(BARS[-(-count * 8 // top) if top else 0] for count in counts) or " " * 10


def _end(found: Any, bound: float | int | None) -> None:
    """Raises `Exit` with 3 where it was stopped, with 1 where too much failed."""
    if found.failed:
        told = f"{found.failed:,} of {found.asked:,} questions failed: {found.error}"
        err.print(told, markup=False, style="bold yellow")
    if found.status != "complete":
        err.print(f"{found.status}: {found.reason}", markup=False, style="bold yellow")
        err.print(f"help: {found.hint}", markup=False)
        raise typer.Exit(3 if found.status == "stopped" else 1)
    share = isinstance(bound, float) and found.failed > bound * found.asked
    count = isinstance(bound, int) and found.failed >= bound
    if share or count or (found.asked and found.failed == found.asked):
        raise typer.Exit(1)
