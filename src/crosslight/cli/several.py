"""`crosslight bench` with several models: what is told of each, and one table of all."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer
from rich.text import Text

from crosslight.cli.bench_console import tell
from crosslight.cli.compare import tell_pair
from crosslight.cli.console import out, say_error, watching
from crosslight.cli.leaderboard import files_of, show_leaderboard


def run_several(
    jobs: Sequence[Any], folder: Path, quiet: bool, *, before_after: bool = False
) -> None:
    """Run them one after the other; then a leaderboard in their folder, and of a model `before` and
    `after` its tuning the differences. Exits with their code."""
    from crosslight.bench import exit_code, run_benches
    from crosslight.flow import run_main
    from crosslight.view import write_bench_report

    def begins(at: int, job: Any) -> None:
        out.print(Text(f"model {at + 1} of {len(jobs)}: {job.model.spec}", style="bold"))

    ends = run_main(
        run_benches(
            jobs,
            watching(quiet),
            pages=write_bench_report,
            console=True,
            begins=begins,
            ended=_ended,
        )
    )
    _board(ends, folder)
    if before_after and len(ends) == len(jobs):
        _differences(ends, folder / "before-after")
    left = [job.model.spec for job in jobs[len(ends) :]]
    if left:
        out.print(Text(f"not begun: {', '.join(left)}; run the same command again to go on"))
    if code := exit_code(ends) or (3 if left else 0):
        raise typer.Exit(code)


def _ended(one: Any) -> None:
    if one.result is None:
        say_error(f"{one.spec}: {one.error}", one.hint)
        return
    with suppress(typer.Exit):  # the others go on
        tell(one.result, one.out)


def _differences(ends: Sequence[Any], folder: Path) -> None:
    """What the tuning changed, on both sides, over the items that both have a score for."""
    from crosslight.bench import compare_runs, read_bench, write_comparison
    from crosslight.records import BadSetting
    from crosslight.runs import RunError
    from crosslight.view import write_comparison_report

    try:
        pairs = compare_runs([read_bench(one.out) for one in ends])
    except (BadSetting, RunError) as error:  # one has no numbers, which was said of it
        out.print(Text(f"no comparison: {error.message}"))
        return
    for pair in pairs:
        tell_pair(pair)
    write_comparison(folder, pairs)
    out.print(Text(f"look at it: {write_comparison_report(folder, pairs)}"))


def _board(ends: Sequence[Any], folder: Path) -> None:
    """All models beside each other, also those of an earlier call of the same command."""
    from crosslight.bench import read_leaderboard
    from crosslight.records import BadSetting
    from crosslight.store import write_text

    try:
        found = read_leaderboard([one.out for one in ends if one.out.is_dir()])
    except BadSetting as error:  # none of them has numbers, which was said of each
        out.print(Text(f"no leaderboard: {error.message}"))
        return
    for name, text in files_of(found).items():
        write_text(folder / name, text)
    show_leaderboard(found)
    out.print(Text(f"look at it: {folder / 'leaderboard.html'}"))
