"""`crosslight store stats|gc|export`: what was asked and answered so far."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Table

from crosslight.cli.console import out
from crosslight.cli.options import answers_path
from crosslight.models import Missing

if TYPE_CHECKING:
    from crosslight.store import AnswerStore

app = typer.Typer(help="The answer store that all commands share.", no_args_is_help=True)

Folder = typer.Option(None, "--store", help="Folder of the store; default: the cache folder.")


def _open(folder: Path | None) -> "AnswerStore":
    from crosslight.store import AnswerStore

    path = answers_path(folder)
    if not path.exists():
        raise Missing(f"there is no answer store at {path}", hint="run a build first, or --store")
    return AnswerStore(path)


@app.command("stats")
def stats(store: Path | None = Folder) -> None:
    """Count answers, faults, tokens and cost."""
    with _open(store) as answers:
        found = answers.stats()
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("model", "task", "answers"):
            table.add_column(column, justify="right" if column == "answers" else "left")
        for (model, task), number in found.tasks.items():
            table.add_row(escape(model), escape(task), f"{number:,}")
        out.print(table)
        faults = ", ".join(f"{kind} {n:,}" for kind, n in found.faults.items()) or "none"
        out.print(
            f"\n{found.answers:,} answers, faults: {faults}\n"
            f"{found.prompt_tokens:,} + {found.completion_tokens:,} tokens, "
            f"{found.cost_usd:.4f} usd, {found.bytes / 1e6:.1f} MB at {escape(str(answers.path))}"
        )


@app.command("gc")
def gc(
    store: Path | None = Folder,
    older_than: float = typer.Option(None, help="Only records older than so many days."),
    model: str = typer.Option(None, help="Only records of this model spec."),
    task: str = typer.Option(None, help="Only records of this task."),
    faults: bool = typer.Option(False, help="Only recorded faults; answers stay."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
) -> None:
    """Delete records that match all conditions. Deleted answers must be paid for again."""
    if not (yes or faults):
        typer.confirm("Delete answers? Asking them again costs what they cost", abort=True)
    with _open(store) as answers:
        gone = answers.gc(older_than_days=older_than, model=model, task=task, faults_only=faults)
    out.print(f"deleted {gone:,} records")


@app.command("export")
def export(
    path: Path = typer.Argument(..., help="A .jsonl file to write."), store: Path | None = Folder
) -> None:
    """Write all answers as JSON lines: key, request, answer, tokens."""
    with _open(store) as answers:
        out.print(f"wrote {answers.export(path):,} answers to {escape(str(path))}")
