"""`crosslight compare RUNS --leaderboard`: many bench runs as one table, in four forms."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from crosslight.cli.console import out

SUFFIXES = {".md": "md", ".csv": "csv", ".tex": "tex", ".html": "html"}
FORMATS = tuple(SUFFIXES.values())


def write_leaderboard(runs: Sequence[Path], form: str, output: Path | None) -> None:
    """Show it; with a form print that form, or write it to `output`: a file of that form, or a
    folder for all four. Raises `BadSetting`."""
    from crosslight.bench import read_leaderboard
    from crosslight.store import write_text

    form = form or (SUFFIXES.get(output.suffix.lower(), "") if output is not None else "")
    check_form(form)
    found = read_leaderboard(runs)
    if form and output is None:
        print(makers()[form](found), end="")
        return
    show_leaderboard(found)
    if output is None:
        return
    if form:
        out.print(Text(f"look at it: {write_text(output, makers()[form](found))}"))
        return
    write_folder(output, found)
    out.print(Text(f"look at it: {output / 'leaderboard.html'}"))


def write_folder(output: Path, found: Any) -> None:
    """All four forms, in a folder that a comparison may stand in."""
    from crosslight.bench import leaderboard_markdown
    from crosslight.runs import write_compared

    told = {"leaderboard": [place.model for place in found.places], "skipped": found.skipped}
    write_compared(output, told, leaderboard_markdown(found), files_of(found))


def files_of(found: Any) -> dict[str, str]:
    """The four forms by their file's name."""
    return {f"leaderboard.{form}": make(found) for form, make in makers().items()}


def makers() -> dict[str, Callable[[Any], str]]:
    """What writes each form."""
    from crosslight.bench import leaderboard_csv, leaderboard_latex, leaderboard_markdown
    from crosslight.view import leaderboard_page

    return {
        "md": leaderboard_markdown,
        "csv": leaderboard_csv,
        "tex": leaderboard_latex,
        "html": leaderboard_page,
    }


def check_form(form: str) -> None:
    """Raises `BadSetting` for a form that there is not."""
    from crosslight.records import BadSetting

    if form and form not in FORMATS:
        raise BadSetting(f"--format {form!r}", f"one of: {', '.join(FORMATS)}")


def show_leaderboard(found: Any) -> None:
    """On the console: a table, and what a reader of it must know."""
    from crosslight.bench import leaderboard_notes
    from crosslight.text import visible

    table = Table("model", box=None)
    for number, metric in found.heads:
        table.add_column(f"{number}: {metric.title}")
    for place in found.places:
        texts = ["\n".join(filter(None, one)) or "-" for one in place.cells(found.heads)]
        table.add_row(Text(visible(" ".join(place.model.split()), 120)), *map(Text, texts))
    out.print(table)
    for note in leaderboard_notes(found):
        out.print(Text(visible(" ".join(note.split()), 600)))
