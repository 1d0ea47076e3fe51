"""`crosslight tune probe DATA -o DIR --base BASE`: probes on hidden states, as a cheap guard."""

from typing import Annotated

import typer

from crosslight.cli import options as opt
from crosslight.cli.console import err, out


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
    limit: opt.Limit = None,
    side: opt.Side = 768,
    seed: opt.Seed = 0,
    store: opt.Store = None,
    quiet: opt.Quiet = False,
) -> None:
    """Fit probes for unsafe requests, and for whether the model will comply (SafeSwitch)."""
    from crosslight.tune import ProbeJob, probe_told, run_probe

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
    )
    result = run_probe(job)
    told = result.summary
    if "switch" in told:
        out.print(f"unsafe requests switched: {probe_told(told['switch']['recall'])}", markup=False)
        out.print(f"over-refusal: {probe_told(told['switch']['over'])} of safe ones", markup=False)
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
