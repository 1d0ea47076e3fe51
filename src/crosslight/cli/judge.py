"""`crosslight judge IMAGES --constitution FILE --model SPEC -o DIR`, and what follows a run."""

from pathlib import Path
from typing import Annotated, Any

import typer

from crosslight.cli import options as opt
from crosslight.cli.console import Screening, end, lost_in, out, watching, why_failed
from crosslight.cli.judge_console import (
    card_table,
    print_cut,
    print_tests,
    print_unknown_labels,
    verdicts,
)

app = typer.Typer(
    cls=opt.DefaultGroup,
    help="Judge images against a written constitution: judge IMAGES --constitution FILE -o DIR.",
    no_args_is_help=True,
)

Images = Annotated[Path, typer.Argument(help="A folder, a list (.txt), a table, or tars.")]
Looks = Annotated[
    int,
    typer.Option(
        help="The most looks at one image: frames, pages, pieces of a strip; the worst counts.",
        min=1,
        max=1000,
    ),
]
Set = Annotated[
    list[str] | None, typer.Option("--set", help="A threshold, e.g. --set relevance_t=0.2.")
]


@app.callback()
def root() -> None:
    """Judge images against a written constitution."""


@app.command("run")
@opt.with_call_options
def run(
    images: Images,
    constitution: Annotated[
        str, typer.Option(help="A constitution: a YAML file, or a name of `policy list`.")
    ] = "household",
    model: Annotated[str, typer.Option(help="Who judges.")] = "embedded",
    output: opt.Output = Path("runs/judge"),
    encoder: Annotated[
        str | None, typer.Option(help="Image-text encoder for the relevance scan, e.g. hf:CLIP.")
    ] = None,
    detector: Annotated[
        str | None, typer.Option(help="Finds central objects: a model that answers with boxes.")
    ] = None,
    method: Annotated[
        str, typer.Option(help="clue-2, paper (CLUE as published), or a baseline; docs/judge.md.")
    ] = "clue-2",
    without: Annotated[
        list[str] | None,
        typer.Option(
            help="A part to leave out, e.g. cascade, floor, joint, print; docs/judge.md lists them."
        ),
    ] = None,
    set_: Set = None,
    guard_policy: Annotated[
        Path | None, typer.Option(help="A text file that a guard model is asked with.")
    ] = None,
    guard_words: Annotated[
        str, typer.Option(help="The guard's word for unsafe and for safe.")
    ] = "unsafe,safe",
    guard_field: Annotated[
        str, typer.Option(help="Of a guard that answers in JSON: the field with that word.")
    ] = "",
    flip_test: Annotated[
        bool, typer.Option("--flip-test", help="Judge unsafe images again, their rules allowed.")
    ] = False,
    allow: Annotated[list[str] | None, typer.Option(help="A rule to declare allowed.")] = None,
    eager: Annotated[bool, typer.Option("--eager", help="Ask all questions at once.")] = False,
    reason_tokens: Annotated[int, typer.Option(help="Tokens of one reasoning.", min=1)] = 768,
    injection: opt.Injection = "ocr",
    keep_copies: opt.KeepCopies = False,
    side: opt.Side = 768,
    looks: Looks = 16,
    column: opt.Column = "",
    allow_outside: opt.AllowOutside = False,
    dry_run: opt.DryRun = False,
    quiet: opt.Quiet = False,
    *,
    calls: Any,
) -> None:
    """Judge every image: unsafe, safe or undecided, with the evidence."""
    from crosslight.api import judge_job
    from crosslight.judge import JudgeConfig

    job = judge_job(
        images,
        output,
        constitution=constitution,
        model=model,
        encoder=encoder,
        detector=detector,
        config=JudgeConfig(
            method=method,
            without=tuple(without or ()),
            eager=eager,
            addressed=injection,
            reason_tokens=reason_tokens,
            side=side,
            looks=looks,
        ),
        thresholds=_values(set_),
        guard=_guard(guard_policy, guard_words, guard_field),
        allow=tuple(allow or ()),
        column=column,
        allow_outside=allow_outside,
        keep_copies=keep_copies,
        **calls,
    )
    if dry_run:
        from crosslight.judge import estimate_judge

        _estimate(estimate_judge(job))
    else:
        _run(job, quiet, flip_test)


def _estimate(estimate: Any) -> None:
    from crosslight.flow import run_main

    out.print(str(run_main(estimate)), markup=False)


def _run(job: Any, quiet: bool, flip: bool) -> None:
    from crosslight.api import judge_pages
    from crosslight.flow import run_main
    from crosslight.judge import flips_after, nothing_after, run_judge

    running = run_judge(
        job,
        watching(quiet),
        Screening(quiet),
        pages=judge_pages(job),
        after=flips_after if flip else nothing_after,
        console=True,
    )
    result = run_main(running)
    told = result.summary
    out.print(
        f"[bold]{told['rows']:,} of {told['inputs']:,} images judged[/]: {verdicts(told)}; "
        + lost_in(job.out, told)
    )
    if told["failed"] and result.status != "failed":
        why_failed(job.out)
    print_tests(told)
    if "flips" in told:
        _print_flips(told["flips"])
    end(result, job.out)


def _print_flips(flips: Any) -> None:
    out.print(
        f"policy-flip test: {flips['flipped']:,} of {flips['flipped'] + flips['stayed']:,} unsafe "
        f"verdicts followed the policy, {flips['unknown']:,} unknown"
    )


@app.command("rethreshold")
def rethreshold(
    folder: Annotated[Path, typer.Argument(help="The folder of a judging run.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A new folder.")] = None,
    set_: Set = None,
    store: opt.Store = None,
) -> None:
    """Read the evidence of a run with other thresholds. Makes no call."""
    from crosslight.judge import rethreshold_run
    from crosslight.view import write_judge_report

    target = output or folder.resolve().with_name(folder.resolve().name + "-rethreshold")
    summary = rethreshold_run(folder, target, _values(set_))
    told = summary["rethreshold"]
    page = write_judge_report(target, opt.images_path(store))
    out.print(
        f"{told['flipped']:,} of {summary['rows']:,} verdicts changed, 0 calls; "
        f"{told['not_asked']:,} questions would need a measurement that was never made"
    )
    out.print(verdicts(summary))
    out.print(f"look at it: {page}")


@app.command("report")
def report(
    labels: Annotated[Path, typer.Argument(help="CSV, JSONL or parquet: image, label, rule.")],
    folder: Annotated[Path, typer.Option("--run", help="The judging run.")] = Path("runs/judge"),
    missed_at_most: Annotated[
        float | None,
        typer.Option(help="Choose the cut so that at most this share of violations is missed."),
    ] = None,
    share: Annotated[float, typer.Option(help="Labels that the cut is chosen on.")] = 0.5,
    seed: Annotated[int, typer.Option(help="Of the split and the bootstrap.")] = 0,
    queue: Annotated[int, typer.Option(help="Images to propose for labelling.", min=0)] = 50,
    store: opt.Store = None,
) -> None:
    """The judge's report card against labels of people, and what to label next."""
    from crosslight.judge import (
        images_to_label,
        read_labels,
        read_verdicts,
        report_card,
        write_queue,
    )
    from crosslight.runs import held_folder
    from crosslight.view import write_judge_report

    if missed_at_most is not None and not 0 < missed_at_most < 1:
        raise typer.BadParameter("--missed-at-most is a share between 0 and 1")
    known = read_labels(labels)
    with held_folder(folder, "judge"):
        card = report_card(
            folder, known, missed_at_most=missed_at_most, calibration_share=share, seed=seed
        )
        rows = images_to_label(read_verdicts(folder), known, queue)
        write_queue(folder / "label_next.csv", rows)
        page = write_judge_report(folder, opt.images_path(store))
    out.print(card_table(card))
    print_cut(card)
    print_unknown_labels(card)
    out.print(f"label next: {len(rows):,} images in {folder / 'label_next.csv'}")
    out.print(f"look at it: {page}")


@app.command("assess")
@opt.with_call_options
def assess(
    images: Images,
    model: Annotated[str, typer.Option(help="Who grades.")],
    scale: Annotated[
        str, typer.Option(help="general, crossing, or a YAML file with question and marks.")
    ] = "general",
    output: opt.Output = Path("runs/assess"),
    injection: opt.Injection = "ocr",
    keep_copies: opt.KeepCopies = False,
    side: opt.Side = 768,
    looks: Looks = 16,
    column: opt.Column = "",
    allow_outside: opt.AllowOutside = False,
    dry_run: opt.DryRun = False,
    quiet: opt.Quiet = False,
    *,
    calls: Any,
) -> None:
    """Grade scenes from 0 to 10 with a description, instead of by rules."""
    from crosslight.api import assess_job
    from crosslight.judge import AssessConfig

    job = assess_job(
        images,
        output,
        model=model,
        scale=scale,
        config=AssessConfig(addressed=injection, side=side, looks=looks),
        column=column,
        allow_outside=allow_outside,
        keep_copies=keep_copies,
        **calls,
    )
    if dry_run:
        from crosslight.judge import estimate_assess

        _estimate(estimate_assess(job))
    else:
        _grade(job, quiet)


def _grade(job: Any, quiet: bool) -> None:
    from crosslight.flow import run_main
    from crosslight.judge import run_assess

    result = run_main(run_assess(job, watching(quiet), Screening(quiet), console=True))
    told, grades = result.summary, result.summary["grades"]
    out.print(
        f"[bold]{grades['done']:,} graded[/], {grades['undecided']:,} undecided of "
        f"{told['inputs']:,} images; " + lost_in(job.out, told)
    )
    if told["failed"] and result.status != "failed":
        why_failed(job.out)
    end(result, job.out)


def _values(pairs: list[str] | None) -> dict[str, float]:
    """`name=number` pairs."""
    found = {}
    for pair in pairs or ():
        name, equals, number = pair.partition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError:
            equals = ""
        if not equals:
            raise typer.BadParameter(f"--set {pair!r}: write name=number")
    return found


def _guard(policy: Path | None, words: str, field: str) -> Any:
    from crosslight.judge import GuardFormat
    from crosslight.policy import read_policy_text

    unsafe, comma, safe = words.partition(",")
    if not comma:
        raise typer.BadParameter("--guard-words: write UNSAFE,SAFE")
    text = read_policy_text(policy).strip() if policy is not None else ""
    return GuardFormat(text, unsafe.strip(), safe.strip(), field)
