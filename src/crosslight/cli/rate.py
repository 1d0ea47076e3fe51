"""`crosslight rate DATASET ... -o DIR`: what does a judge learn from a dataset?"""

import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from crosslight.cli import options as opt
from crosslight.cli.console import err, out

EVERY_S = 10
VECTORS = "vectors"


def rate(
    datasets: Annotated[
        list[str],
        typer.Argument(
            help="SUITE=FOLDER (a benchmark's files), a run of build, or a table with the columns "
            "text and label; several, to measure each on all others."
        ),
    ],
    output: opt.Output = Path("runs/rate"),
    control_pool: Annotated[
        str | None,
        typer.Option(
            "--control-pool",
            help="A dataset whose rows complete those with one label, the same for all of them.",
        ),
    ] = None,
    judge: Annotated[
        str,
        typer.Option(
            help="What is trained on each: vectors (a head on frozen vectors), or hf:OWNER/REPO or "
            "hf:FOLDER (LoRA on a vision-language model, extra train)."
        ),
    ] = "vectors",
    preset: Annotated[
        str, typer.Option(help="Of hf: judges: how they are tuned (docs/tune.md).")
    ] = "sft-lora",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Of hf: judges: a setting of the preset.")
    ] = None,
    per_class: Annotated[
        int | None,
        typer.Option(
            "--per-class", help="Training rows of a class; default: what all sets have.", min=1
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option(help="Training samples of each set, 3 or more (of hf: judges 2).")
    ] = 3,
    rows: Annotated[
        int, typer.Option(help="Rows of a dataset that are used; of more, a sample.", min=50)
    ] = 2_000,
    curves: Annotated[
        bool | None,
        typer.Option(
            "--curves/--no-curves",
            help="Also train on a half and a quarter; default: with vectors only.",
        ),
    ] = None,
    others: Annotated[
        bool | None,
        typer.Option(
            "--others/--no-others",
            help="Also train on all sets but the tested one; default: with vectors only.",
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            "--mixture-steps",
            help="Sets that a greedy mixture adds; with vectors only, and 3 there.",
            min=0,
        ),
    ] = None,
    seed: opt.Seed = 0,
    store: opt.Store = None,
    quiet: opt.Quiet = False,
) -> None:
    """Rate datasets: train one judge on each, test it on every other, with intervals."""
    from crosslight.api import rate_job, rate_pages
    from crosslight.flow import run_main
    from crosslight.rate import RateConfig, run_rate

    usual = RateConfig() if judge == VECTORS else RateConfig.of_networks()
    config = RateConfig(
        per_class,
        seeds,
        seed,
        rows,
        curves=usual.curves if curves is None else curves,
        steps=usual.steps if steps is None else steps,
        others=usual.others if others is None else others,
    )
    job = rate_job(
        datasets,
        output,
        pool=control_pool,
        judge=judge,
        preset=preset,
        set_=tuple(set_ or ()),
        config=config,
        store=store,
        quiet=quiet,
    )
    began = time.monotonic()
    result = run_main(run_rate(job, _Told(quiet), pages=rate_pages, console=True))
    _end(result, output, time.monotonic() - began)


class _Told:
    """A line every ten seconds, and one when another part begins."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._last, self._what = 0.0, ""

    def __call__(self, what: str, done: int, of: int) -> None:
        if self._quiet or (what == self._what and time.monotonic() - self._last < EVERY_S):
            return
        self._last, self._what = time.monotonic(), what
        try:
            err.print(f"{what}: {done:,} of {of:,}", markup=False)
        except (OSError, ValueError):
            self._quiet = True  # nobody reads it any more: no reason to break off


def _end(result: Any, folder: Path, seconds: float) -> None:
    """The row means and the sentence, then how it ended."""
    told = result.summary
    if told.get("sentence") and result.status == "complete":
        _means(folder)
        out.print(Text(told["sentence"], style="bold"))
    for note in told.get("notes", ()):
        out.print(f"note: {note}", style="dim", markup=False)
    out.print(
        f"{told['rows']:,} of {told['inputs']:,} pairs of training and test set have figures, "
        f"{told['dropped']:,} have none (reasons in {escape(str(folder))}); {seconds:.1f} s"
    )
    if result.status != "complete":
        err.print(f"[bold yellow]{result.status}:[/] {escape(result.reason)}")
    if result.hint:
        err.print(f"[bold]help:[/] {escape(result.hint)}")
    page = folder / "report.html"
    out.print(f"look at it: {escape(str(page if page.is_file() else folder))}")
    if result.exit_code:
        raise typer.Exit(result.exit_code)


def _means(folder: Path) -> None:
    """A line a training set; of one set alone a line a judge."""
    from crosslight.rate import gain_text, number_text, p_text, read_rating, within_text
    from crosslight.text import visible

    report = read_rating(folder)
    if report.within:
        table = Table("within the set", "AUC", "rows", box=None, pad_edge=False)
        for one in report.within:
            table.add_row(*map(Text, (one.title, within_text(one), f"{one.rows:,}")))
    else:
        heads = ("trained on", "mean AUC on other sets", "gain", "p (Holm)", "bag of words")
        table = Table(*heads, box=None, pad_edge=False)
        for line in report.lines:
            cells = (
                number_text(line.mean),
                gain_text(line.gain),
                p_text(line.p_holm),
                number_text(line.words),
            )
            table.add_row(*map(Text, (visible(" ".join(line.name.split()), 60), *cells)))
    out.print(table)
