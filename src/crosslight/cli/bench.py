"""`crosslight bench SUITE --data FOLDER --model SPEC -o DIR`, `bench list`, `bench show SUITE`."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from crosslight.cli import options as opt
from crosslight.cli.bench_console import tell
from crosslight.cli.console import err, out, watching

app = typer.Typer(
    cls=opt.DefaultGroup,
    help="Benchmark a model: bench SUITE --data FOLDER --model SPEC -o DIR.",
    no_args_is_help=True,
)


@app.callback()
def root() -> None:
    """Is a model unsafe, is it over-cautious: benchmarks with numbers that can be trusted."""


@app.command("run")
@opt.with_call_options
def run(
    suite: Annotated[str, typer.Argument(help="A name of `bench list`, or your suite.yaml.")],
    data: Annotated[
        Path | None, typer.Option(help="The folder with the authors' files, if not fetched.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="The model under test; several get a folder each in -o.",
            show_default="embedded",
        ),
    ] = None,
    output: opt.Output = Path("runs/bench"),
    subset: Annotated[
        list[str] | None, typer.Option(help="Only items of this subset; may be repeated.")
    ] = None,
    judge: Annotated[
        list[str] | None, typer.Option(help="Who reads free answers; several for a jury.")
    ] = None,
    judge_as: Annotated[
        str,
        typer.Option(
            help="class, llama-guard-3, llama-guard-4, md-judge, qwen3guard, guardreasoner-vl, "
            "jury, pairwise-harm or pairwise-help."
        ),
    ] = "class",
    against: Annotated[
        Path | None, typer.Option(help="A bench run to compare answers with (pairwise).")
    ] = None,
    protocol: Annotated[str, typer.Option(help="strict or published.")] = "strict",
    remedy: Annotated[
        str, typer.Option(help="light, safety, defence, vcd, coca, or tuned:SPEC beside its base.")
    ] = "",
    image: Annotated[
        str, typer.Option(help="'as is', or an ablation: blank, caption, none, shuffled.")
    ] = "as is",
    captioner: Annotated[
        str | None, typer.Option(help="Who describes pictures for --image caption.")
    ] = None,
    system: Annotated[
        Path | None, typer.Option(help="A text file: the system prompt of every question.")
    ] = None,
    epochs: Annotated[
        int, typer.Option(help="Ask every item so often, each time with a seed of its own.", min=1)
    ] = 1,
    temperature: Annotated[
        float, typer.Option(help="Of free answers; above 0 they are drawn.", min=0, max=2)
    ] = 0.0,
    max_tokens: Annotated[int, typer.Option(help="Bound of a free answer.", min=1)] = 512,
    canary: Annotated[
        bool, typer.Option(help="Ask first whether the model sees, by four tiny pictures.")
    ] = True,
    require_sight: Annotated[
        bool,
        typer.Option("--require-sight", help="Stop before the first item if the model is blind."),
    ] = False,
    side: opt.Side = 768,
    column: Annotated[
        str, typer.Option(help="The field with the picture, in the table of a suite of your own.")
    ] = "",
    dry_run: opt.DryRun = False,
    quiet: opt.Quiet = False,
    *,
    calls: Any,
) -> None:
    """Ask a model every item of a suite, and score its answers by a named protocol."""
    from crosslight.api import bench_job, bench_jobs
    from crosslight.bench import BenchConfig, read_system, tuned_spec

    models, tuned = model or ["embedded"], tuned_spec(remedy)
    job = bench_job(
        suite,
        output,
        model=models[0],
        data=data,
        judges=tuple(judge or ()),
        captioner=captioner,
        against=against,
        subset=tuple(subset or ()),
        column=column,
        canary=canary,
        require_sight=require_sight,
        config=BenchConfig(
            suite,
            protocol,  # type: ignore[arg-type]
            judge_as,
            "" if tuned else remedy,
            image,  # type: ignore[arg-type]
            max_tokens=max_tokens,
            side=side,
            epochs=epochs,
            temperature=temperature,
            system=None if system is None else read_system(system),
        ),
        **calls,
    )
    jobs = _beside_base(job, models, tuned) if tuned else bench_jobs(job, models)
    if dry_run:
        from crosslight.bench import estimate_benches
        from crosslight.flow import run_main

        out.print(str(run_main(estimate_benches(jobs))), markup=False)
    elif len(jobs) > 1:
        from crosslight.cli.several import run_several

        run_several(jobs, output, quiet, before_after=bool(tuned))
    else:
        _run(jobs[0], quiet)


def _beside_base(job: Any, models: list[str], tuned: str) -> list[Any]:
    """The base in `--model`, and what was tuned from it. Raises `BadSetting`."""
    from crosslight.bench import before_and_after, check_base
    from crosslight.models import parse
    from crosslight.records import BadSetting

    if len(models) > 1:
        raise BadSetting("--remedy tuned and several models", "name the base alone as --model")
    if note := check_base(models[0], tuned):
        err.print(f"note: {note}", markup=False)
    return before_and_after(job, parse(tuned))


def _run(job: Any, quiet: bool) -> None:
    from crosslight.bench import run_bench
    from crosslight.flow import run_main
    from crosslight.view import write_bench_report

    result = run_main(run_bench(job, watching(quiet), pages=write_bench_report, console=True))
    tell(result, job.out)


@app.command("fetch")
def fetch(
    suite: Annotated[str, typer.Argument(help="A name of `bench list`.")],
    data: Annotated[Path | None, typer.Option(help="Where to.")] = None,
    revision: Annotated[str, typer.Option(help="Of the dataset repository.")] = "",
) -> None:
    """Fetch a suite from the Hugging Face hub (extra hf; many sets are gated)."""
    from crosslight.bench import fetch_suite, find_suite

    place = fetch_suite(find_suite(suite), data, revision=revision)
    out.print(f"{place}", markup=False, soft_wrap=True)


@app.command("list")
def list_suites() -> None:
    """The suites there are."""
    from crosslight.bench import all_suites

    table = Table("suite", "what", "size", "protocols", "verified on", box=None, pad_edge=False)
    for each in all_suites():
        table.add_row(each.name, each.title, each.size, ", ".join(each.protocols), each.verified)
    out.print(table)


@app.command("show")
def show(suite: Annotated[str, typer.Argument(help="A name of `bench list`.")]) -> None:
    """One suite: source, licence, files, subsets, quirks, and the published scorer's defects."""
    from crosslight.bench import find_suite, published_scorer

    each = find_suite(suite)
    authors = published_scorer(each.name)
    lines = [
        ("title", each.title),
        ("paper", each.paper),
        ("licence", each.licence),
        ("size", each.size),
        ("files", ", ".join(each.files)),
        ("schema", each.schema),
        ("hub", each.hub),
        ("protocols", ", ".join(each.protocols)),
        ("verified on", each.verified),
        ("example", str(dict(each.example))),
        *[("subset", f"{part.value}: {part.says}") for part in each.subsets],
        *[("quirk", quirk) for quirk in each.quirks],
        ("published trust", authors.trust if authors else ""),
        *[("published defect", defect) for defect in (authors.defects if authors else ())],
        *[("defect of their tables", defect) for defect in (authors.of_tables if authors else ())],
    ]
    for name, value in lines:
        if value:
            out.print(f"{name}: {value}", markup=False)
