"""`crosslight tune judge DATA... -o DIR`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from crosslight.cli import options as opt
from crosslight.cli.console import err, out
from crosslight.records import BadSetting

Datasets = Annotated[
    list[str],
    typer.Argument(help="SUITE=FOLDER, a run of build or prefer, or a table; several are one set."),
]


def judge(
    data: Datasets,
    output: opt.Output,
    base: Annotated[
        str, typer.Option(help="vectors (a linear head, seconds), or hf:OWNER/REPO (LoRA).")
    ] = "vectors",
    format_: Annotated[
        str, typer.Option("--format", help="Of hf: judges: llavaguard or llamaguard.")
    ] = "llavaguard",
    flips: Annotated[
        bool, typer.Option("--flips/--no-flips", help="Of hf: judges: rows under other policies.")
    ] = True,
    preset: Annotated[
        str, typer.Option(help="Of hf: judges: how they are tuned (docs/tune.md).")
    ] = "sft-lora",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Of hf: judges: a setting of the preset.")
    ] = None,
    most: Annotated[int, typer.Option(help="At most so many rows to train on.", min=20)] = 20_000,
    include_sensitive: opt.IncludeSensitive = False,
    seed: opt.Seed = 0,
    store: opt.Store = None,
    quiet: opt.Quiet = False,
) -> None:
    """Tune a judge: request, picture and answer to safe or unsafe; used as tuned:DIR."""
    from crosslight.api import judge_tune_job, language_judge_job
    from crosslight.flow import run_main
    from crosslight.tune import run_judge_tuning, run_language_judge

    job = judge_tune_job(
        *(data, output),
        base=base,
        format=format_,
        flips=flips,
        most=most,
        sensitive=include_sensitive,
        seed=seed,
        store=store,
    )
    if base == "vectors":
        _only_of_language(set_, preset, format_, flips)
        result = run_main(run_judge_tuning(job, looked=_looked(quiet), console=True))
    else:
        how = language_judge_job(job, preset=preset, set_=tuple(set_ or ()), quiet=quiet)
        result = run_language_judge(job, how)
    _end(result, output)


def _only_of_language(set_: Any, preset: str, format_: str, flips: bool) -> None:
    """An option that would say nothing is refused."""
    given = {
        "--set": bool(set_),
        "--preset": preset != "sft-lora",
        "--format": format_ != "llavaguard",
        "--no-flips": not flips,
    }
    for name, is_given in given.items():
        if is_given:
            raise BadSetting(f"{name} is for language models", "--base hf:OWNER/REPO")


def _looked(quiet: bool) -> Any:
    def tell(done: int, of: int) -> None:
        if not quiet and done and done % 50 == 0:
            err.print(f"looked at {done:,} of {of:,} pictures", style="dim")

    return tell


def _end(result: Any, folder: Path) -> None:
    told = result.summary
    if "report" in told:
        from crosslight.tune import auc_text

        report = told["report"]
        held = report["held_out"]
        out.print(f"[bold]{report['rows']:,} rows[/] in {report['groups']:,} groups")
        if held is not None:
            out.print(f"AUC on held-out groups: {auc_text(held['auc'])}", markup=False)
            out.print(f"AUC of words alone: {auc_text(report['words_alone'])}", markup=False)
        for name, other in report["other_sets"].items():
            text = auc_text(other["auc"]) if other["auc"] else f"unknown: {other['reason']}"
            out.print(f"AUC on {name}, tuned on the others: {text}", markup=False)
        out.print(report["reach"], style="dim", markup=False)
    for note in told.get("notes", ()):
        out.print(f"note: {note}", style="dim", markup=False)
    if result.status != "complete":
        err.print(f"{result.status}: {result.reason}", markup=False, style="bold yellow")
        err.print(f"help: {result.hint}", markup=False)
    else:
        out.print(f"look at it: {folder / 'README.md'}; use it: tuned:{folder}", markup=False)
    if result.exit_code:
        raise typer.Exit(result.exit_code)
