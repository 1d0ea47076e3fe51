"""`crosslight judge IMAGES --constitution FILE --model SPEC -o DIR`, and what follows a run."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from crosslight.cli.console import out
from crosslight.cli.judge_console import card_table, say_cut, say_strangers, tell, verdicts
from crosslight.cli.judging import judge_images, screened
from crosslight.cli.place import answers_path, images_path


class _Default(TyperGroup):
    """`judge PHOTOS ...` is `judge run PHOTOS ...`; a folder named like a verb is `./report`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["run", *args]
        rest: list[str] = super().parse_args(ctx, args)
        return rest


app = typer.Typer(
    cls=_Default,
    help="Judge images against a written constitution: judge IMAGES --constitution FILE -o DIR.",
    no_args_is_help=True,
)

Set = Annotated[
    list[str] | None, typer.Option("--set", help="A threshold, e.g. --set relevance_t=0.2.")
]
Store = Annotated[Path | None, typer.Option(help="Folder of the answer and image stores.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")]


@app.callback()
def root() -> None:
    """Judge images against a written constitution."""


@app.command("run")
def run(
    images: Annotated[
        Path, typer.Argument(help="A folder, a list (.txt), a table with images, or tars.")
    ],
    constitution: Annotated[
        str, typer.Option(help="A constitution: a YAML file, or a name of `policy list`.")
    ] = "household",
    model: Annotated[str, typer.Option(help="Who judges.")] = "embedded",
    output: Annotated[Path, typer.Option("-o", "--output", help="The run directory.")] = Path(
        "runs/judge"
    ),
    encoder: Annotated[
        str | None, typer.Option(help="Image-text encoder for the relevance scan, e.g. hf:CLIP.")
    ] = None,
    detector: Annotated[
        str | None, typer.Option(help="Finds central objects: a model that answers with boxes.")
    ] = None,
    method: Annotated[str, typer.Option(help="clue, or a baseline; see docs/judge.md.")] = "clue",
    without: Annotated[
        list[str] | None,
        typer.Option(
            help="A part to leave out: preconditions, debias1, debias2, relevance, cascade."
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
    addressed: Annotated[
        str, typer.Option(help="How print that speaks to the judge is found: ocr, ask, off.")
    ] = "ocr",
    seed: Annotated[int, typer.Option(help="Decides every choice of chance.")] = 0,
    budget: Annotated[str | None, typer.Option(help="Stop before it is passed, e.g. 5usd.")] = None,
    concurrency: Annotated[int | None, typer.Option(help="Calls at a time.", min=1)] = None,
    timeout: Annotated[float, typer.Option(help="Seconds for one call.", min=0.1)] = 120.0,
    attempts: Annotated[int, typer.Option(help="Requests for one answer.", min=1)] = 5,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Ask again what failed for good before.")
    ] = False,
    fail_on_error: Annotated[
        str | None, typer.Option(help="End when so many images fail: a share (0.1) or a count (5).")
    ] = None,
    keep_copies: Annotated[
        bool, typer.Option("--keep-copies", help="Judge near copies too.")
    ] = False,
    store: Store = None,
    allow_outside: Annotated[
        bool, typer.Option("--allow-outside", help="Let a table name files outside its folder.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Judge every image: unsafe, safe or undecided, with the evidence."""
    from crosslight.flow import Budget, CallPolicy, run_main
    from crosslight.judge import JudgeConfig
    from crosslight.policy import read_policy

    written, compiled = read_policy(constitution)
    config = JudgeConfig(
        method=method,
        without=tuple(without or ()),
        eager=eager,
        addressed=addressed,
        seed=seed,
        reason_tokens=reason_tokens,
    )
    config = _with(config, set_)
    policy = CallPolicy(
        timeout_s=timeout,
        attempts=attempts,
        retry_failed=retry_failed,
        concurrency=concurrency,
        seed=seed,
    )
    settings: dict[str, Any] = {
        "out": output,
        "answers": answers_path(store),
        "images": images_path(store),
        "constitution": written.allowing(*(allow or ())),
        "compiled": compiled,
        "judge": _parse(model),
        "encoder": _parse(encoder),
        "detector": _parse(detector),
        "guard": _guard(guard_policy, guard_words, guard_field),
        "config": config,
        "policy": policy,
        "budget": Budget.parse(budget) if budget else None,
        "fail_on_error": _bound(fail_on_error),
    }
    result = run_main(judge_images(images, settings, keep_copies, allow_outside, quiet, flip_test))
    tell(result, output, images_path(store))


@app.command("rethreshold")
def rethreshold(
    folder: Annotated[Path, typer.Argument(help="The folder of a judging run.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A new folder.")] = None,
    set_: Set = None,
    store: Store = None,
) -> None:
    """Read the evidence of a run with other thresholds. Makes no call."""
    from crosslight.judge import rethreshold_run as again
    from crosslight.view import write_judge_report

    target = output or folder.with_name(folder.name + "-rethreshold")
    summary = again(folder, target, _values(set_))
    told = summary["rethreshold"]
    page = write_judge_report(target, images_path(store))
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
    store: Store = None,
) -> None:
    """The judge's report card against labels of people, and what to label next."""
    from crosslight.judge import images_to_label as to_label
    from crosslight.judge import read_labels, read_verdicts, report_card, write_queue
    from crosslight.view import write_judge_report

    if missed_at_most is not None and not 0 < missed_at_most < 1:
        raise typer.BadParameter("--missed-at-most is a share between 0 and 1")
    known = read_labels(labels)
    card = report_card(
        folder, known, missed_at_most=missed_at_most, calibration_share=share, seed=seed
    )
    rows = to_label(read_verdicts(folder), known, queue)
    write_queue(folder / "label_next.csv", rows)
    out.print(card_table(card))
    say_cut(card)
    say_strangers(card)
    out.print(f"label next: {len(rows):,} images in {folder / 'label_next.csv'}")
    out.print(f"look at it: {write_judge_report(folder, images_path(store))}")


@app.command("assess")
def assess(
    images: Annotated[Path, typer.Argument(help="A folder, a list, a table, or tars.")],
    model: Annotated[str, typer.Option(help="Who grades.")],
    scale: Annotated[
        str, typer.Option(help="general, crossing, or a YAML file with question and marks.")
    ] = "general",
    output: Annotated[Path, typer.Option("-o", "--output", help="The run directory.")] = Path(
        "runs/assess"
    ),
    addressed: Annotated[str, typer.Option(help="ocr, ask or off.")] = "ocr",
    store: Store = None,
) -> None:
    """Grade scenes from 0 to 10 with a description, instead of by rules."""
    from crosslight.flow import run_main
    from crosslight.judge import AssessConfig, AssessJob, read_scale, run_assess

    read, backend = read_scale(scale), _parse(model)

    async def both() -> Any:
        targets, lost = await screened(images, images_path(store), False, False)
        config = AssessConfig(addressed=addressed)
        return await run_assess(
            AssessJob(
                targets,
                output,
                answers_path(store),
                images_path(store),
                backend,
                read,
                config,
                lost=lost,
            )
        )

    told = run_main(both())
    grades = told["grades"]
    out.print(
        f"{grades['done']:,} graded, {grades['undecided']:,} undecided, {told['failed']:,} failed, "
        f"{told['dropped']:,} dropped: {output / 'assessed.parquet'}"
    )
    if told["status"] != "complete":
        raise typer.Exit(3)


def _with(config: Any, values: list[str] | None) -> Any:
    from dataclasses import replace

    return replace(config, thresholds=config.thresholds.changed(_values(values)))


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


def _parse(spec: str | None) -> Any:
    from crosslight.models import parse

    return None if spec is None else parse(spec)


def _guard(policy: Path | None, words: str, field: str) -> Any:
    from crosslight.judge import GuardFormat
    from crosslight.policy import MAX_YAML_BYTES

    unsafe, comma, safe = words.partition(",")
    if not comma:
        raise typer.BadParameter("--guard-words: write UNSAFE,SAFE")
    text = ""
    if policy is not None:
        with policy.open("rb") as file:
            text = file.read(MAX_YAML_BYTES).decode("utf-8").strip()
    return GuardFormat(text, unsafe.strip(), safe.strip(), field)


def _bound(text: str | None) -> float | int | None:
    """`0.1` is a share, `5` a count."""
    if text is None:
        return None
    try:
        return float(text) if "." in text else int(text)
    except ValueError as error:
        raise typer.BadParameter(f"--fail-on-error {text!r}: write 0.1 or 5") from error
