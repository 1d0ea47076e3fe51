"""`crosslight judge IMAGES --constitution FILE --model SPEC -o DIR`, and what follows a run."""

from pathlib import Path
from typing import Annotated, Any

import typer

from crosslight.cli import options as opt
from crosslight.cli.console import Screening, end, lost_in, out, watching, why_failed
from crosslight.cli.judge_console import (
    print_card,
    print_flips,
    print_queue,
    print_rethreshold,
    print_tests,
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
    list[str] | None,
    typer.Option("--set", help="A threshold, e.g. --set alpha2=0.7; of one rule RULE.alpha2=0.7."),
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
    threshold: Annotated[
        list[str] | None,
        typer.Option(
            help="RULE=0.6: that rule is violated from this score on, and clear below it."
        ),
    ] = None,
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
        thresholds={**_cuts(threshold), **_values(set_)},
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
        print_flips(told["flips"])
    end(result, job.out)


@app.command("rethreshold")
def rethreshold(
    folder: Annotated[Path, typer.Argument(help="The folder of a judging run.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A new folder.")] = None,
    card: Annotated[
        Path | None,
        typer.Option(help="A card.json: its cuts are applied, its calibration is written beside."),
    ] = None,
    set_: Set = None,
    store: opt.Store = None,
) -> None:
    """Read the evidence of a run with other thresholds. Makes no call."""
    from crosslight.judge import read_card, rethreshold_run
    from crosslight.view import write_judge_report

    target = output or folder.resolve().with_name(folder.resolve().name + "-rethreshold")
    chosen = None if card is None else read_card(card)
    summary = rethreshold_run(folder, target, _values(set_), chosen)
    page = write_judge_report(target, opt.images_path(store))
    print_rethreshold(summary)
    out.print(f"look at it: {page}")


@app.command("report")
def report(
    labels: Annotated[
        list[Path] | None,
        typer.Argument(help="CSV, JSONL or parquet: image, label, rule. None: what to label."),
    ] = None,
    folder: Annotated[Path, typer.Option("--run", help="The judging run.")] = Path("runs/judge"),
    sample: Annotated[
        str,
        typer.Option(help="random: the labels of no queue were drawn by chance from the run."),
    ] = "",
    missed_at_most: Annotated[
        float | None,
        typer.Option(help="Choose the cut so that at most this share of violations is missed."),
    ] = None,
    share: Annotated[float, typer.Option(help="Labels that the cut is chosen on.")] = 0.5,
    seed: Annotated[int, typer.Option(help="Of the split and the draws.")] = 0,
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
    if sample not in ("", "random"):
        raise typer.BadParameter("--sample is random, or left out")
    known = read_labels(*labels) if labels else None
    with held_folder(folder, "judge"):
        card = known and report_card(
            folder,
            known,
            sample="random" if sample else "",
            missed_at_most=missed_at_most,
            calibration_share=share,
            seed=seed,
        )
        rows = images_to_label(read_verdicts(folder), known, queue)
        left = any(not row["label"] for row in rows)
        path = write_queue(folder, rows) if left else None
        page = write_judge_report(folder, opt.images_path(store))
    if card:
        print_card(card, folder)
    if queue:
        print_queue(rows, path)
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
    without: Annotated[
        list[str] | None, typer.Option(help="A part to leave out: debias, describe.")
    ] = None,
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
    """Grade scenes from 0 to 10 with a description, instead of by rules.

    The embedded model grades on the scale crossing alone: it warns, and clears nothing.
    """
    from crosslight.api import assess_job
    from crosslight.judge import AssessConfig

    job = assess_job(
        images,
        output,
        model=model,
        scale=scale,
        config=AssessConfig(
            without=tuple(without or ()), addressed=injection, side=side, looks=looks
        ),
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
    from crosslight.api import assess_pages
    from crosslight.flow import run_main
    from crosslight.judge import run_assess

    grading = run_assess(
        job, watching(quiet), Screening(quiet), pages=assess_pages(job), console=True
    )
    result = run_main(grading)
    told, grades = result.summary, result.summary["grades"]
    out.print(
        f"[bold]{grades['done']:,} graded[/], {grades['undecided']:,} undecided of "
        f"{told['inputs']:,} images; " + lost_in(job.out, told)
    )
    if told["failed"] and result.status != "failed":
        why_failed(job.out)
    end(result, job.out)


@app.command("agree")
def agree(
    grades: Annotated[Path, typer.Argument(help="CSV of people: image, grade (0 to 10), rater.")],
    folder: Annotated[Path, typer.Option("--run", help="The grading run.")] = Path("runs/assess"),
    queue: Annotated[int, typer.Option(help="Images to propose for grading.", min=0)] = 50,
    seed: Annotated[int, typer.Option(help="Of the images that are proposed.")] = 0,
    store: opt.Store = None,
) -> None:
    """How far a run of `judge assess` agrees with the grades of people, and what to grade next."""
    from crosslight.judge import grade_agreement, read_grades, run_images, write_grade_queue
    from crosslight.runs import held_folder
    from crosslight.view import write_assess_report

    known = read_grades(grades)
    with held_folder(folder, "assess"):
        found = grade_agreement(folder, known)
        places = folder / "grade_next.csv"
        proposed = write_grade_queue(places, run_images(folder), known, queue, seed)
        page = write_assess_report(folder, opt.images_path(store))
    for line in found.lines():
        out.print(line, markup=False)
    out.print(f"grade next: {proposed:,} images, drawn by chance, in {places}")
    out.print(f"look at it: {page}")


def _values(pairs: list[str] | None, option: str = "--set") -> dict[str, float]:
    """`name=number` pairs."""
    found = {}
    for pair in pairs or ():
        name, equals, number = pair.partition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError:
            equals = ""
        if not equals:
            raise typer.BadParameter(f"{option} {pair!r}: write name=number")
    return found


def _cuts(pairs: list[str] | None) -> dict[str, float]:
    """`RULE=score` pairs, as thresholds of these rules."""
    return {f"{rule}.score_cut": cut for rule, cut in _values(pairs, "--threshold").items()}


def _guard(policy: Path | None, words: str, field: str) -> Any:
    from crosslight.judge import GuardFormat
    from crosslight.policy import read_policy_text

    unsafe, comma, safe = words.partition(",")
    if not comma:
        raise typer.BadParameter("--guard-words: write UNSAFE,SAFE")
    text = read_policy_text(policy).strip() if policy is not None else ""
    return GuardFormat(text, unsafe.strip(), safe.strip(), field)
