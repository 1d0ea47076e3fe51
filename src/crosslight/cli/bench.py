"""`crosslight bench SUITE --data FOLDER --model SPEC -o DIR`, `bench list`, `bench show SUITE`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from typer.core import TyperGroup

from crosslight.cli.console import end, out
from crosslight.cli.place import answers_path, images_path


class _Default(TyperGroup):
    """`bench SUITE ...` is `bench run SUITE ...`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Default,
    help="Benchmark a model: bench SUITE --data FOLDER --model SPEC -o DIR.",
    no_args_is_help=True,
)


@app.callback()
def root() -> None:
    """Is a model unsafe, is it over-cautious: benchmarks with numbers that can be trusted."""


@app.command("run")
def run(
    suite: Annotated[str, typer.Argument(help="A name of `bench list`.")],
    data: Annotated[
        Path | None, typer.Option(help="The folder with the authors' files, if not fetched.")
    ] = None,
    model: Annotated[str, typer.Option(help="The model under test.")] = "embedded",
    output: Annotated[Path, typer.Option("-o", "--output", help="The run directory.")] = Path(
        "runs/bench"
    ),
    judge: Annotated[
        list[str] | None, typer.Option(help="Who reads free answers; several for a jury.")
    ] = None,
    judge_as: Annotated[
        str,
        typer.Option(
            help="class, llama-guard-3, llama-guard-4, md-judge, qwen3guard, "
            "guardreasoner-vl, jury, pairwise-harm or pairwise-help."
        ),
    ] = "class",
    against: Annotated[
        Path | None, typer.Option(help="A bench run to compare answers with (pairwise).")
    ] = None,
    protocol: Annotated[str, typer.Option(help="strict or published.")] = "strict",
    remedy: Annotated[str, typer.Option(help="light, safety, defence, vcd or coca.")] = "",
    image: Annotated[
        str, typer.Option(help="'as is', or an ablation: blank, caption, none, shuffled.")
    ] = "as is",
    captioner: Annotated[
        str | None, typer.Option(help="Who describes pictures for --image caption.")
    ] = None,
    max_tokens: Annotated[int, typer.Option(help="Bound of a free answer.", min=1)] = 512,
    seed: Annotated[int, typer.Option(help="Decides every choice of chance.")] = 0,
    budget: Annotated[str | None, typer.Option(help="Stop before it is passed, e.g. 5usd.")] = None,
    concurrency: Annotated[int | None, typer.Option(help="Calls at a time.", min=1)] = None,
    timeout: Annotated[float, typer.Option(help="Seconds for one call.", min=0.1)] = 120.0,
    attempts: Annotated[int, typer.Option(help="Requests for one answer.", min=1)] = 5,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Ask again what failed for good before.")
    ] = False,
    fail_on_error: Annotated[
        str | None, typer.Option(help="End when so many items fail: a share (0.1) or a count (5).")
    ] = None,
    store: Annotated[
        Path | None, typer.Option(help="Folder of the answer and image stores.")
    ] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Ask a model every item of a suite, and score its answers by a named protocol."""
    from crosslight.bench import BenchConfig, Job
    from crosslight.bench import find_suite as find
    from crosslight.flow import Budget, CallPolicy
    from crosslight.models import parse

    with _told():
        found = find(suite)
    config = BenchConfig(
        found.name,
        protocol,  # type: ignore[arg-type]
        judge_as,
        remedy,
        image,  # type: ignore[arg-type]
        max_tokens=max_tokens,
        seed=seed,
    )
    policy = CallPolicy(
        timeout_s=timeout,
        attempts=attempts,
        retry_failed=retry_failed,
        concurrency=concurrency,
        seed=seed,
    )
    job = Job(
        suite=found,
        folder=_folder(suite, found, data),
        out=output,
        answers=answers_path(store),
        images=images_path(store),
        model=parse(model),
        judges=[parse(spec) for spec in judge or ()],
        captioner=parse(captioner) if captioner else None,
        against=against,
        config=config,
        policy=policy,
        budget=Budget.parse(budget) if budget else None,
        fail_on_error=_bound(fail_on_error),
    )
    _run(job, quiet)


def _folder(name: str, suite: Any, data: Path | None) -> Path:
    """The folder that was named, that of a suite of your own, or what `bench fetch` fetched."""
    from crosslight.bench import default_folder
    from crosslight.records import BadSetting

    if data is not None:
        return data
    if name.endswith((".yaml", ".yml")):
        return Path(name).parent
    if (fetched := default_folder(suite)).is_dir():
        return fetched
    ways = [f"crosslight bench fetch {suite.name}"] if suite.hub else []
    raise BadSetting(f"where are the files of {suite.name}?", " or ".join(["--data FOLDER", *ways]))


@app.command("fetch")
def fetch(
    suite: Annotated[str, typer.Argument(help="A name of `bench list`.")],
    data: Annotated[Path | None, typer.Option(help="Where to.")] = None,
    revision: Annotated[str, typer.Option(help="Of the dataset repository.")] = "",
) -> None:
    """Fetch a suite from the Hugging Face hub (extra hf; many sets are gated)."""
    from crosslight.bench import fetch_suite as get
    from crosslight.bench import find_suite as find

    with _told():
        out.print(f"{get(find(suite), data, revision=revision)}", markup=False, soft_wrap=True)


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
    from crosslight.bench import find_suite as find
    from crosslight.bench import published_scorer

    with _told():
        each = find(suite)
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
        *[("published defect", defect) for defect in (authors.defects if authors else ())],
    ]
    for name, value in lines:
        if value:
            out.print(f"{name}: {value}", markup=False)


def _run(job: Any, quiet: bool) -> None:
    from crosslight.bench import run_bench
    from crosslight.flow import Watch, run_main
    from crosslight.view import write_bench_report

    def watching(ledger: Any) -> Any:
        return lambda runner, total: Watch(runner, ledger, total=total, quiet=quiet)

    with _told():
        result = run_main(run_bench(job, watching))
    page = write_bench_report(job.out)
    told = result.summary
    statuses = told["statuses"]
    out.print(
        f"[bold]{told['protocol']}[/]: {statuses.get('done', 0):,} of {told['rows']:,} items scored"
    )
    for reason, n in told["reasons"].items():
        out.print(f"  no score: {reason}: {n:,}", markup=False)
    out.print(numbers(result.estimates))
    for note in told["notes"]:
        out.print(f"note: {note}", style="dim", markup=False)
    end(result, page)


@contextmanager
def _told() -> Iterator[None]:
    """A benchmark's files that cannot be read are for a person to mend."""
    from crosslight.bench import SuiteError
    from crosslight.records import BadSetting

    try:
        yield
    except SuiteError as error:
        place = ", row ".join(str(part) for part in (error.file, error.row) if part)
        said = f"{place}: {error.cause}" if place else error.cause
        raise BadSetting(said, error.remedy) from error


def numbers(estimates: Any) -> Table:
    """The metrics over all items, with interval, coverage and bounds."""
    from crosslight.bench import format_value, headline, metric

    table = Table("metric", "value", "95% interval", "coverage", "bounds", box=None)
    for one in headline(estimates):
        known = one.low is not None
        table.add_row(
            metric(one.metric).title,
            format_value(one, one.value),
            f"{format_value(one, one.low)} – {format_value(one, one.high)}" if known else "",
            f"{100 * one.coverage:.1f}% of {one.wanted:,}",
            f"{format_value(one, one.least)} – {format_value(one, one.most)}",
        )
    return table


def _bound(text: str | None) -> float | int | None:
    """`0.1` is a share, `5` a count."""
    if text is None:
        return None
    try:
        return float(text) if "." in text else int(text)
    except ValueError as error:
        raise typer.BadParameter(f"--fail-on-error {text!r}: write 0.1 or 5") from error
