"""`crosslight export DIR --to FORMAT -o OUT`: a run's rows for trainers, readers and reviewers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from crosslight.cli import options as opt
from crosslight.cli.console import err, out, tidied

if TYPE_CHECKING:
    from crosslight.export import Exported

MOST_FILES = 40
"""Shown by name before sending."""


def export(
    source: Annotated[
        Path,
        typer.Argument(help="The folder of a run of build, prefer, judge, assess or bench."),
    ],
    to: Annotated[
        str,
        typer.Option(help="hf, trl, llamafactory, msswift, webdataset, croissant or labelstudio."),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write.")],
    split: Annotated[
        list[str] | None,
        typer.Option(help="Only this split; may be repeated.", show_default="all"),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="Only rows of this kind (of build: unsafe, control_text, hard_negative, "
            "control_photo; of prefer its side: harmless, hidden_risk, harmful_intent; of judge "
            "unsafe, safe, undecided; of assess done, undecided; of bench the side of the item); "
            "may be repeated.",
            show_default="all",
        ),
    ] = None,
    include_sensitive: opt.IncludeSensitive = False,
    chosen_only: Annotated[
        bool, typer.Option("--chosen-only", help="Of pairs the better reply alone, for SFT.")
    ] = False,
    target: Annotated[
        str,
        typer.Option(
            help="Of a run of build: response, chain (reasons, then the response), or chains (also "
            "over two photos and none)."
        ),
    ] = "response",
    only: Annotated[
        str,
        typer.Option(
            help="accepted: only rows that reviewers accept (crosslight view), with their edits.",
            show_default="all",
        ),
    ] = "",
    split_by: Annotated[
        str,
        typer.Option(
            help="Split anew, so that no two splits share a value of this column (photo, pattern, "
            "cluster, licence).",
            show_default="as in the run",
        ),
    ] = "",
    data: Annotated[
        Path | None,
        typer.Option(help="Of a bench run: the benchmark's folder; its pictures go along."),
    ] = None,
    store: opt.Store = None,
    push: Annotated[
        str,
        typer.Option(
            help="OWNER/NAME on the Hugging Face hub: say what would be sent there.",
            show_default="nowhere",
        ),
    ] = "",
    send: Annotated[bool, typer.Option("--send", help="With --push: really send it.")] = False,
    public: Annotated[
        bool, typer.Option("--public", help="With --push: for everybody to see.")
    ] = False,
) -> None:
    """Write the rows of a run, with their pictures, for trainers, readers of data and reviewers."""
    from crosslight.export import Chosen, Places, checked_repo, export_run
    from crosslight.records import BadSetting

    if (send or public) and not push:
        raise BadSetting("--send and --public say how to push", "give --push OWNER/NAME too")
    if push:
        checked_repo(push)
    wanted = Chosen(
        tuple(split or ()),
        tuple(kind or ()),
        sensitive=include_sensitive,
        pairs=not chosen_only,
        target=target,
        only=only,
        split_by=split_by,
    )
    with tidied():
        done = export_run(source, to, output, wanted, Places(opt.images_path(store), data))
    for failed, word in ((False, "left out"), (True, "failed")):
        for reason, n in done.left_out(failed=failed).items():
            err.print(f"{word}: {n:,} rows, {reason}", markup=False)
    for note in done.notes:
        err.print(Text(f"note: {note}"))
    rows = ", ".join(f"{name} {n:,}" for name, n in sorted(done.rows.items()))
    out.print(f"{done.rows.total():,} rows ({rows}), {done.pictures:,} pictures", markup=False)
    out.print(Text(f"look at it: {output / 'README.md'}"))
    if push:
        _push(done, push, send=send, public=public)


def _push(done: "Exported", repo: str, *, send: bool, public: bool) -> None:
    from crosslight.export import plan_push, send_push

    plan = plan_push(done.out, done.files, repo, private=not public)
    seen = "private" if plan.private else "public"
    out.print(
        f"{'sending' if send else 'would send'} {len(plan.files):,} files, {plan.bytes:,} bytes, "
        f"to the {seen} dataset {plan.repo}:",
        markup=False,
        highlight=False,
    )
    for name, size in plan.files[:MOST_FILES]:
        out.print(f"  {name}  {size:,}", markup=False, highlight=False)
    if len(plan.files) > MOST_FILES:
        out.print(f"  and {len(plan.files) - MOST_FILES:,} more")
    if send:
        sent = send_push(plan)
        if sent.removed:
            out.print(f"{sent.removed:,} files of an earlier export were taken away there")
        out.print(Text(f"sent: {sent.url}"))
    else:
        out.print("nothing was sent: --send sends it")
