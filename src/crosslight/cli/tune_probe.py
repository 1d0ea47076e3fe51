"""`crosslight tune probe DATA -o DIR --base BASE`: probes on hidden states, as a cheap guard."""

from pathlib import Path
from typing import Annotated, Any

import typer

from crosslight.cli import options as opt
from crosslight.cli.console import err, out
from crosslight.records import BadSetting


def probe(
    data: Annotated[
        str, typer.Argument(help="Labelled requests: a run of build, a table, or SUITE=FOLDER.")
    ],
    output: opt.Output,
    base: Annotated[
        str, typer.Option(help="The model whose states are read: OWNER/REPO or a folder.")
    ],
    revision: Annotated[str, typer.Option(help="The base's revision on the hub.")] = "",
    mlp: Annotated[
        bool, typer.Option("--mlp", help="One hidden layer of 64, as published; else logistic.")
    ] = False,
    tokens: Annotated[
        int, typer.Option(help="Of its answer, to see whether the model declines.", min=3, max=512)
    ] = 32,
    refusal_head: Annotated[
        bool, typer.Option("--refusal-head", help="Also train the head that refuses (SafeSwitch).")
    ] = False,
    head_epochs: Annotated[
        float, typer.Option(help="Of --refusal-head; as published.", min=0.01, max=1000)
    ] = 5.0,
    head_rate: Annotated[
        float, typer.Option(help="Learning rate of --refusal-head; as published.")
    ] = 1e-5,
    include_sensitive: opt.IncludeSensitive = False,
    limit: opt.Limit = None,
    side: opt.Side = 768,
    seed: opt.Seed = 0,
    store: opt.Store = None,
    quiet: opt.Quiet = False,
) -> None:
    """Fit probes for unsafe requests, and for whether the model will comply (SafeSwitch)."""
    from crosslight.tune import HeadJob, ProbeJob, run_probe

    head = HeadJob(head_epochs, head_rate)
    if not refusal_head and head != HeadJob():
        raise BadSetting("--head-epochs and --head-rate are of a head", "--refusal-head")
    job = ProbeJob(
        data,
        output,
        base,
        opt.images_path(store),
        revision=revision,
        mlp=mlp,
        tokens=tokens,
        side=side,
        seed=seed,
        limit=limit,
        quiet=quiet,
        head=head if refusal_head else None,
        sensitive=include_sensitive,
    )
    _end(run_probe(job), output)


def _end(result: Any, output: Path) -> None:
    from crosslight.tune import probe_told

    told = result.summary
    if "switch" in told:
        out.print(f"unsafe requests switched: {probe_told(told['switch']['recall'])}", markup=False)
        out.print(f"over-refusal: {probe_told(told['switch']['over'])} of safe ones", markup=False)
    if "refusal_head" in told:
        losses = told["refusal_head"]["losses"]
        if losses:
            out.print(f"refusal head: loss {losses[0]:.4f} at first, {losses[-1]:.4f} at last")
        for side, share in told["refusal_head"]["refused"].items():
            before, after = (probe_told(share[name]) for name in ("without", "with"))
            line = f"{side} requests refused: {before} without the switch, {after} with it"
            out.print(line, markup=False)
    for note in told.get("notes", ()):
        out.print(f"note: {note}", style="dim", markup=False)
    for word in ("dropped", "failed"):
        if told.get(word):
            err.print(f"{told[word]:,} rows {word} (with reasons, in {word}.parquet)", markup=False)
    if result.status != "complete":
        err.print(f"{result.status}: {result.reason}", markup=False, style="bold yellow")
        err.print(f"help: {result.hint}", markup=False)
        raise typer.Exit(result.exit_code)
    out.print(f"look at it: {output / 'README.md'}", markup=False)
