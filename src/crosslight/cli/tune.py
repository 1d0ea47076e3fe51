"""`crosslight tune sft|dpo|reward|judge DATA -o DIR --base BASE`."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from crosslight.cli import options as opt
from crosslight.cli import tune_judge, tune_probe
from crosslight.cli.console import err, lost_in, out


class Methods(TyperGroup):
    """Says of a method that there is no more what takes its place."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Raises `BadSetting` for PPO."""
        if args and args[0].casefold() == "ppo":
            from crosslight.tune import no_ppo

            raise no_ppo()
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=Methods,
    help="Tune a model on pairs or guidance answers; always after a look at what it will see.",
    no_args_is_help=True,
)

Data = Annotated[
    Path, typer.Argument(help="A run of prefer or build, or a table in TRL's columns.")
]
Base = Annotated[str, typer.Option(help="The model to tune: OWNER/REPO or a folder.")]
Preset = Annotated[
    str, typer.Option(help="Settings by name (docs/tune.md), or a YAML file of the same form.")
]
Set = Annotated[
    list[str] | None, typer.Option("--set", help="A setting, e.g. --set learning_rate=1e-4.")
]


def _common(
    revision: Annotated[str, typer.Option(help="The base's revision on the hub.")] = "",
    set_: Set = None,
    steps: Annotated[int | None, typer.Option(help="So many steps, not epochs.", min=1)] = None,
    limit: Annotated[
        int | None, typer.Option(help="At most so many rows to train on.", min=1)
    ] = None,
    seed: opt.Seed = 0,
    held_out: Annotated[
        float,
        typer.Option(
            help="Share of photos kept from training, of data without splits.", min=0, max=0.9
        ),
    ] = 0.1,
    save_every: Annotated[int, typer.Option(help="Steps between checkpoints.", min=1)] = 50,
    image_column: Annotated[
        str, typer.Option(help="The column of a table with the pictures; default: images, image.")
    ] = "",
    allow_outside: opt.AllowOutside = False,
    include_sensitive: opt.IncludeSensitive = False,
    min_weight: Annotated[
        float, typer.Option(help="Leave out rows whose `weight` is lower.", min=0)
    ] = 0.0,
    preflight_only: Annotated[
        bool, typer.Option("--preflight-only", help="Look through the rows; train nothing.")
    ] = False,
    accelerate_config: Annotated[
        Path | None,
        typer.Option(help="accelerate's own config file: trains in the processes that it names."),
    ] = None,
    deepspeed: Annotated[Path | None, typer.Option(help="DeepSpeed's own config file.")] = None,
    report_to: Annotated[
        list[str] | None, typer.Option(help="Where logs go too: tensorboard, trackio.")
    ] = None,
    store: opt.Store = None,
    quiet: opt.Quiet = False,
) -> None:
    """The options of every method, in the order of its help."""


@app.command("sft")
@opt.with_options(_common)
def sft(
    data: Data,
    output: opt.Output,
    base: Base,
    preset: Preset = "sft-lora",
    target: Annotated[
        str,
        typer.Option(
            help="Of a run of build: response, chain (reasons, then the response), or chains (also "
            "over two photos and none)."
        ),
    ] = "response",
    *,
    options: Any,
) -> None:
    """Tune on answers: guidance responses, chains of reasoning, verdicts."""
    _tune("sft", data, output, base, preset, {**options, "target": target})


@app.command("dpo")
@opt.with_options(_common)
def dpo(
    data: Data, output: opt.Output, base: Base, preset: Preset = "spa-vl-dpo-lora", *, options: Any
) -> None:
    """Tune on pairs of a better and a worse answer."""
    _tune("dpo", data, output, base, preset, options)


@app.command("reward")
@opt.with_options(_common)
def reward(
    data: Data, output: opt.Output, base: Base, preset: Preset = "spa-vl-reward", *, options: Any
) -> None:
    """Tune a reward model: a number for an answer, with the picture seen."""
    _tune("reward", data, output, base, preset, options)


app.command("probe")(tune_probe.probe)


@app.command("grpo")
@opt.with_options(_common)
def grpo(
    data: Data,
    output: opt.Output,
    base: Base,
    reward: Annotated[
        list[str],
        typer.Option(
            help="What an answer is worth: model:RUN (of tune reward), grader:SPEC, rule:chain or "
            "rule:answers; several are summed."
        ),
    ],
    preset: Preset = "grpo",
    *,
    options: Any,
) -> None:
    """Tune by rewards for the model's own answers (TRL has no PPO any more)."""
    _tune("grpo", data, output, base, preset, {**options, "rewards": tuple(reward)})


app.command("judge")(tune_judge.judge)


def _tune(
    method: str, data: Path, output: Path, base: str, preset: str, options: dict[str, Any]
) -> None:
    from crosslight.api import tune_job
    from crosslight.tune import LAUNCHED, launch, run_tune
    from crosslight.view import write_tune_report

    config = options.pop("accelerate_config")
    if config is not None and LAUNCHED not in os.environ:
        if code := launch(config, sys.argv[1:], output):
            raise typer.Exit(code)
        return
    store = options.pop("store")
    images = opt.images_path(store)
    job = tune_job(
        data, output, base=base, method=method, preset=preset, images=images, **_plain(options)
    )
    _end(run_tune(job, lambda folder: write_tune_report(folder, images)), output)


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    """As the api names them; lists that were not given are empty."""
    sensitive = options.pop("include_sensitive")
    return {
        **options,
        "sensitive": sensitive,
        "set_": tuple(options["set_"] or ()),
        "report_to": tuple(options["report_to"] or ()),
    }


def _end(result: Any, folder: Path) -> None:
    from crosslight.tune import is_first

    if not is_first():
        raise typer.Exit(result.exit_code)
    told = result.summary
    if "training" in told:
        losses, figures = told["training"]["losses"], told["figures"]
        first, last = (f"{losses[at]:.4f}" if losses else "unknown" for at in (0, -1))
        out.print(f"{told['training']['steps']:,} steps; loss {first} at first, {last} at last")
        if rewards := [r for r in told["training"].get("rewards", ()) if r is not None]:
            out.print(f"reward {rewards[0]:.4f} at first, {rewards[-1]:.4f} at last")
        held = figures["held_out"]
        if held["rows"]:
            out.print(
                f"held out: {held['rows']:,} rows, {held['before']:.4f} before, "
                f"{held['after']:.4f} after, {held['rose']:,} rose"
            )
        for name in ("mirrored", "mirrored_blank"):
            if name in figures:
                title = "with grey pictures" if name.endswith("blank") else "mirrored pairs"
                one = figures[name]
                out.print(f"{title}: both rose in {one['both_rose']:,} of {one['couples']:,}")
    for note in told.get("notes", ()):
        out.print(f"note: {note}", style="dim", markup=False)
    if told.get("dropped") or told.get("failed"):
        out.print(lost_in(folder, told))
    if result.status != "complete":
        err.print(f"{result.status}: {result.reason}", markup=False, style="bold yellow")
        err.print(f"help: {result.hint}", markup=False)
    out.print(f"look at it: {folder / 'preflight.html'}", markup=False)
    if result.exit_code:
        raise typer.Exit(result.exit_code)
