"""`crosslight build PHOTOS -o DIR`: from photos to a safety dataset and a page to look at it."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from crosslight.cli.console import end, err, out
from crosslight.cli.place import answers_path, images_path

Text = Annotated[str | None, typer.Option()]


def build(
    photos: Annotated[
        Path | None,
        typer.Argument(
            help="A folder, a list of files (.txt), a table (parquet, JSONL, CSV) with paths, URLs "
            "or images, or WebDataset tars."
        ),
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="The run directory.")] = Path(
        "runs/build"
    ),
    example_photos: Annotated[
        bool, typer.Option("--example-photos", help="Use the example photos (`photos fetch`).")
    ] = False,
    model: Annotated[str, typer.Option(help="The model of all three roles.")] = "embedded",
    author: Annotated[str | None, typer.Option(help="Who imagines, if not --model.")] = None,
    guard: Annotated[str | None, typer.Option(help="Who cross-checks, if not --model.")] = None,
    responder: Annotated[str | None, typer.Option(help="Who answers, if not --model.")] = None,
    per_photo: Annotated[int, typer.Option(help="Triplets to imagine for a photo.", min=1)] = 4,
    rewordings: Annotated[int, typer.Option(help="Further wordings of a triplet.", min=0)] = 2,
    other_photos: Annotated[int, typer.Option(help="Further photos to try.", min=0)] = 2,
    rounds: Annotated[int, typer.Option(help="Rounds that grow thin scenarios.", min=0)] = 2,
    per_scenario: Annotated[int, typer.Option(help="Rows below which one is thin.", min=0)] = 4,
    target: Annotated[int, typer.Option(help="Stop growing at so many unsafe rows.", min=0)] = 0,
    controls: Annotated[bool, typer.Option(help="Add the safe counterparts.")] = True,
    seed: Annotated[int, typer.Option(help="Decides every choice of chance.")] = 0,
    budget: Annotated[str | None, typer.Option(help="Stop before it is passed, e.g. 5usd.")] = None,
    max_calls: Annotated[int | None, typer.Option(help="Stop after so many calls.", min=0)] = None,
    concurrency: Annotated[
        int | None, typer.Option(help="Calls at a time; default: adapts to the endpoint.", min=1)
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds for one call.", min=0.1)] = 120.0,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Ask again what failed for good before.")
    ] = False,
    fail_on_error: Annotated[
        str | None, typer.Option(help="End when so many rows fail: a share (0.1) or a count (5).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only estimate the calls.")] = False,
    bank: Annotated[
        Path | None, typer.Option(help="A folder of pattern files; default: ours.")
    ] = None,
    store: Annotated[
        Path | None, typer.Option(help="Folder of the answer and image stores.")
    ] = None,
    column: Annotated[str, typer.Option(help="The column of a table with the images.")] = "",
    allow_outside: Annotated[
        bool, typer.Option("--allow-outside", help="Let a table name files outside its folder.")
    ] = False,
    canary: Annotated[
        bool, typer.Option(help="First check with four tiny pictures that the model sees.")
    ] = True,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Build a safety dataset from ordinary photos: each row safe alone, unsafe together."""
    from crosslight.build import BANK_FOLDER, BuildConfig, Job
    from crosslight.flow import Budget, CallPolicy

    source = _source(photos, example_photos)
    bound = Budget.parse(budget) if budget else Budget()
    job = Job(
        source=source,
        out=output,
        answers=answers_path(store),
        images=images_path(store),
        models={
            "author": author or model,
            "guard": guard or model,
            "responder": responder or model,
        },
        config=BuildConfig(
            per_photo=per_photo,
            rewordings=rewordings,
            other_photos=other_photos,
            rounds=rounds,
            per_scenario=per_scenario,
            target=target,
            controls=controls,
            seed=seed,
        ),
        policy=CallPolicy(
            timeout_s=timeout, retry_failed=retry_failed, concurrency=concurrency, seed=seed
        ),
        bank=bank or BANK_FOLDER,
        budget_usd=bound.usd,
        budget_calls=bound.calls if max_calls is None else max_calls,
        fail_on_error=_bound(fail_on_error),
        column=column,
        allow_outside=allow_outside,
        canary=canary,
    )
    if dry_run:
        _estimate(job)
    else:
        _run(job, quiet)


def _source(photos: Path | None, example: bool) -> Path:
    if example == (photos is not None):
        raise typer.BadParameter("name PHOTOS, or give --example-photos")
    if photos is not None:
        return photos
    from crosslight.cli.photos import example_table

    return example_table()


def _bound(text: str | None) -> float | int | None:
    """`0.1` is a share, `5` a count."""
    if text is None:
        return None
    try:
        return float(text) if "." in text else int(text)
    except ValueError as error:
        raise typer.BadParameter(f"--fail-on-error {text!r}: write 0.1 or 5") from error


def _estimate(job: Any) -> None:
    from crosslight.build import estimate_build
    from crosslight.flow import run_main

    out.print(str(run_main(estimate_build(job))), markup=False)


@dataclass(slots=True)
class _Show:
    """A line or a bar for each pass."""

    ledger: Any
    quiet: bool

    def __call__(self, name: str, runner: Any, total: int) -> Any:
        from crosslight.flow import Watch

        if not self.quiet:
            err.print(f"{name}: {total:,} rows", style="bold")
        return Watch(runner, self.ledger, total=total, quiet=self.quiet)


class _Looked:
    """A line about the screening every ten seconds: it can take as long as the calls."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._told = time.monotonic()

    def __call__(self, inputs: int) -> None:
        if not self._quiet and time.monotonic() - self._told > 10:
            self._told = time.monotonic()
            err.print(f"screen: {inputs:,} inputs so far")


def _run(job: Any, quiet: bool) -> None:
    from crosslight.build import run_build
    from crosslight.export import write_card
    from crosslight.flow import run_main
    from crosslight.view import write_report

    result = run_main(run_build(job, lambda ledger: _Show(ledger, quiet), _Looked(quiet)))
    write_card(job.out)
    _tell(result, job.out, write_report(job.out))


def _why_nothing(told: Any) -> str:
    """Where most rows of a build without any were lost."""
    if told["photos"] == 1:
        return "a sentence must be safe beside other photos too: give two photos or more"
    lost = [
        (count, f"{step['step']}: {reason.replace('_', ' ')}")
        for step in told["funnel"]
        for reason, count in {**step["dropped"], **step["failed"]}.items()
    ]
    count, reason = max(lost, default=(0, "nothing came in"))
    return f"nothing was kept; most rows ({count:,}) ended at {reason}; the report shows each"


def _tell(result: Any, folder: Path, page: Path) -> None:
    """What was made, what was lost, and what to do about it."""
    told = result.summary
    out.print(
        f"[bold]{told['rows']:,} rows[/] from {told['photos']:,} of {told['inputs']:,} inputs; "
        f"{told['dropped']:,} dropped, {told['failed']:,} failed "
        f"(with reasons, in {escape(str(folder))})"
    )
    help_ = ""
    if not told["rows"]:
        help_ = _why_nothing(told)
    elif told["failed"]:
        help_ = (
            "run the same command again to try what failed in passing; "
            "--retry-failed asks again for the rest too"
        )
    end(result, page, help_=help_)
