"""`crosslight compare A B [...]`: what differs in the set-up, by how much, and where; or a table of
many bench runs."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from crosslight.cli.console import out
from crosslight.cli.leaderboard import files_of, show_leaderboard, write_leaderboard

ROWS_SHOWN = 20
CELL = 120
"""Characters of a name or a value that are shown."""


def compare(
    runs: Annotated[
        list[Path], typer.Argument(help="Folders of runs of one kind; the first is A.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Also write it: json, md; of bench runs csv, html."),
    ] = None,
    board: Annotated[
        bool, typer.Option("--leaderboard", help="Bench runs as one table, a row a model.")
    ] = False,
    form: Annotated[
        str, typer.Option("--format", help="The leaderboard as md, csv, tex or html; to -o FILE.")
    ] = "",
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    agreement: Annotated[
        bool, typer.Option("--agreement", help="How far the verdicts of all bench runs agree.")
    ] = False,
) -> None:
    """Compare runs of build, judge, assess, bench or prefer: the set-up first, then the numbers."""
    if board or form or _folder_of_runs(runs) or (len(runs) > 2 and not _one_suite(runs)):
        _refuse_with_board(agreement)
        write_leaderboard(runs, form, output)
        return
    kind = kind_of(runs)
    if kind == "bench":
        _bench(runs, output, seed, agreement)
        return
    if agreement:
        from crosslight.records import BadSetting

        raise BadSetting("--agreement is only told of bench runs", "leave it out")
    pairs = KINDS[kind](runs, seed)
    for pair in pairs:
        _heading(pair)
        for section in pair.sections():
            _section(section)
    if output is not None:
        from crosslight.runs import as_markdown, write_compared

        write_compared(output, {"pairs": [pair.as_json() for pair in pairs]}, as_markdown(pairs))
        _say(f"look at it: {output / 'compare.md'}")


def _folder_of_runs(runs: Sequence[Path]) -> bool:
    """Whether one folder is named that is no run but holds some."""
    return (
        len(runs) == 1 and not (runs[0] / "run.json").exists() and any(runs[0].glob("*/run.json"))
    )


def _one_suite(runs: Sequence[Path]) -> bool:
    """Whether each of many runs can be told beside the first: not if most are of a bench and one
    is broken, or of another suite. Of other kinds `kind_of` speaks."""
    from crosslight.runs import NotARunFolder, read_run

    suites: set[str] = set()
    kinds: set[str] = set()
    for folder in runs:
        try:
            told = read_run(folder)
        except NotARunFolder:
            told = {}
        kinds.add(str(told.get("kind", "")))
        whole = "suite" in told and (folder / "items.parquet").is_file()
        suites.add(str(told["suite"].get("name", "")) if whole else "")
    return not (kinds <= {"bench", ""} and "bench" in kinds) or len(suites) == 1


def _refuse_with_board(agreement: bool) -> None:
    from crosslight.records import BadSetting

    if agreement:
        raise BadSetting("a leaderboard tells no agreement", "leave out --agreement")


def _builds(runs: Sequence[Path], seed: int) -> Sequence[Any]:
    from crosslight.build import compare_builds

    return compare_builds(runs)


def _judged(runs: Sequence[Path], seed: int) -> Sequence[Any]:
    from crosslight.judge import compare_judged

    return compare_judged(runs)


def _assessed(runs: Sequence[Path], seed: int) -> Sequence[Any]:
    from crosslight.judge import compare_assessed

    return compare_assessed(runs, seed=seed)


def _preferred(runs: Sequence[Path], seed: int) -> Sequence[Any]:
    from crosslight.prefer import compare_pairs

    return compare_pairs(runs)


KINDS: dict[str, Callable[[Sequence[Path], int], Sequence[Any]]] = {
    "build": _builds,
    "judge": _judged,
    "assess": _assessed,
    "prefer": _preferred,
}
"""What compares the runs of a kind; those of a bench have more to show than the others."""


def kind_of(runs: Sequence[Path]) -> str:
    """The one kind that all runs are of. Raises `NotARunFolder`, or `BadSetting` for several."""
    from crosslight.records import BadSetting
    from crosslight.runs import NotARunFolder, read_run

    known = (*KINDS, "bench")
    kinds = {folder: str(read_run(folder).get("kind", "")) for folder in runs}
    for folder, kind in kinds.items():
        if kind not in known:
            holds = f"a run of {kind}, which is not compared" if kind else "no run"
            raise NotARunFolder(
                f"{folder} holds {holds}", f"give folders of runs of one kind: {', '.join(known)}"
            )
    if len(set(kinds.values())) > 1:
        told = ", ".join(f"{folder} is a run of {kind}" for folder, kind in kinds.items())
        raise BadSetting(f"runs of different kinds: {told}", "compare runs of one kind")
    return kinds[runs[0]]


def _bench(runs: Sequence[Path], output: Path | None, seed: int, agreement: bool) -> None:
    from crosslight.bench import agreement_of, read_bench, read_leaderboard
    from crosslight.bench import compare_runs as pairs_of

    read = [read_bench(folder) for folder in runs]
    pairs = pairs_of(read, seed=seed)
    found = read_leaderboard(runs) if len(runs) > 2 else None
    if found is not None:
        show_leaderboard(found)
    for pair in pairs:
        tell_pair(pair)
    agreed = agreement_of(read) if agreement else None
    if agreed is not None:
        _agree(agreed)
    if output is not None:
        from crosslight.bench import write_comparison
        from crosslight.view import write_comparison_report

        write_comparison(output, pairs, agreed, files_of(found) if found is not None else None)
        _say(f"look at it: {write_comparison_report(output, pairs)}")


def shown(text: str, limit: int = CELL) -> Text:
    """One line of a text of strangers: no markup, nothing that moves a terminal's cursor."""
    from crosslight.text import visible

    return Text(visible(" ".join(text.split()), limit))


def _say(text: str) -> None:
    out.print(shown(text, 2000))


def _heading(pair: Any) -> None:
    """Who is compared, how each run ended, and what differs in the set-up."""
    for name, side in (("A", pair.a), ("B", pair.b)):
        line = Text.assemble((name, "bold"), " ", shown(f"{side.label} ({side.folder})", 2000))
        if side.ending:
            line.append(f" {shown(side.ending)}", "bold yellow")
        out.print(line)
    for one in pair.setup:
        out.print(Text.assemble("  ", shown(one.name), ": ", shown(one.a), " -> ", shown(one.b)))
    if not pair.setup:
        out.print("  the set-ups are the same")


def _section(section: Any) -> None:
    """A sentence and the first rows of its table."""
    _say(section.text)
    if not section.rows:
        return
    table = Table(*section.columns, box=None)
    for row in section.rows[:ROWS_SHOWN]:
        table.add_row(*(shown(cell) for cell in row))
    out.print(table)
    if len(section.rows) > ROWS_SHOWN:
        _say(f"and {len(section.rows) - ROWS_SHOWN:,} more (-o DIR writes all)")


def _agree(found: Any) -> None:
    told = [
        f"{name} {'undefined' if value is None else f'{value:.3f}'}"
        for name, value in (
            ("raw", found.raw),
            ("Krippendorff's alpha", found.alpha),
            ("Fleiss' kappa", found.fleiss),
            ("Cohen's kappa", found.cohen),
        )
    ]
    out.print(f"agreement of {found.raters} runs: {', '.join(told)}")
    out.print(
        f"  kappas over the {found.complete:,} of {found.items:,} items that all have a verdict for"
    )


def tell_pair(pair: Any) -> None:
    """Set-up, differences and flips of two bench runs."""
    _heading(pair)
    out.print(differences(pair))
    if pair.only_a or pair.only_b:
        out.print(f"left out: {pair.only_a:,} items only in A, {pair.only_b:,} only in B")
    moved = Counter(flip.change for flip in pair.flips)
    told = ", ".join(f"{n:,} {change}" for change, n in sorted(moved.items()))
    out.print(f"{len(pair.flips):,} of {pair.common:,} common items differ: {told or 'none'}")
    for flip in pair.flips[:ROWS_SHOWN]:
        out.print(
            Text("  ").append_text(shown(f"{flip.item} ({flip.subset}): {flip.a} -> {flip.b}", 400))
        )
    if len(pair.flips) > ROWS_SHOWN:
        out.print(f"  and {len(pair.flips) - ROWS_SHOWN:,} more (-o DIR writes flips.csv)")


def differences(pair: Any) -> Table:
    """The paired differences, in percentage points."""
    from crosslight.bench import metric

    table = Table("metric", "A", "B", "B - A", "95% interval", "items", "p", "Holm", "BH", box=None)
    for one in pair.differences:
        by = 1 if one.metric == "sri" else 100
        table.add_row(
            metric(one.metric).title,
            f"{by * one.a:.1f}",
            f"{by * one.b:.1f}",
            f"{by * one.difference:+.1f}",
            f"{by * one.low:+.1f} to {by * one.high:+.1f}",
            f"{one.n:,} of {one.n + one.lost:,}",
            f"{one.p:.3g}",
            f"{one.p_holm:.3g}",
            f"{one.p_bh:.3g}",
        )
    return table
