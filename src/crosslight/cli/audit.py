"""`crosslight audit DATASET`: can its labels be read off its texts, without the picture?"""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from crosslight.cli.console import err, out
from crosslight.cli.json_file import check_json_file
from crosslight.cli.options import Seed

CELL = 300
"""Characters of a line of the data's words that are shown."""


def audit(
    dataset: Annotated[
        Path,
        typer.Argument(
            help="A run of build or prefer, a .parquet or .jsonl file, a folder of parquet."
        ),
    ],
    text: Annotated[
        str, typer.Option("--text-column", help="The text that is looked at; default: text.")
    ] = "",
    label: Annotated[
        str, typer.Option("--label-column", help="unsafe or safe, 1 or 0; default: label.")
    ] = "",
    group: Annotated[
        str,
        typer.Option(
            "--group-column",
            help="What is held out together: a pattern, a photo; default: equal texts.",
        ),
    ] = "",
    act: Annotated[
        str, typer.Option("--act-column", help="Also tell the words apart within each act.")
    ] = "",
    unsafe: Annotated[
        str, typer.Option("--unsafe-label", help="The label that counts as unsafe, of any others.")
    ] = "",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Also write it: a .json file.")
    ] = None,
    rows: Annotated[
        int, typer.Option(help="Rows that are looked at; of more, a sample by the seed.", min=20)
    ] = 2_000,
    seed: Seed = 0,
) -> None:
    """Measure how far texts alone tell unsafe rows from safe ones, or a pair's better reply."""
    from crosslight.stats import audit_texts
    from crosslight.store import write_json

    if output is not None:
        check_json_file(output, "audit", lambda found: bool(found.keys() & {"texts", "warnings"}))
    mapped = any((text, label, group, act, unsafe))
    if (dataset / "run.json").is_file() and not mapped:
        told = _run(dataset, rows, seed)
    else:
        from crosslight.export import AuditColumns, audit_file, warning

        columns = AuditColumns(text or "text", label or "label", group, act, unsafe)
        found = audit_file(dataset, columns)
        for reason, n in found.left_out.items():
            err.print(f"left out: {n:,} rows, {reason}", markup=False)
        if not group:
            err.print("no --group-column: wordings of one idea may help to tell each other")
        made = audit_texts(found.rows, most=rows, seed=seed)
        show("texts", made)
        if made.loud:
            _say(warning("text", made.loud))
        told = {"texts": made.as_json(), "left_out": found.left_out}
    if output is not None:
        write_json(output, told)
        out.print(Text(f"look at it: {output}"))


def _run(folder: Path, rows: int, seed: int) -> dict[str, Any]:
    """The three comparisons of a build; of a run of prefer, its pairs."""
    from crosslight.build import open_stored
    from crosslight.export import audit_run
    from crosslight.runs import read_run as record_of

    if record_of(folder).get("kind") == "prefer":
        return _pairs(folder, rows, seed)
    found = audit_run(open_stored(folder), most=rows, seed=seed)
    for name, each in found.columns:
        show(name, each)
    for line in found.warnings:
        _say(line)
    return {"warnings": list(found.warnings), **found.as_json()}


def _pairs(folder: Path, rows: int, seed: int) -> dict[str, Any]:
    """How often a rule without the picture finds the better reply."""
    from crosslight.export import audit_run_of_pairs, pair_warnings, share_told
    from crosslight.prefer import read_pairs
    from crosslight.text import visible

    found = audit_run_of_pairs(read_pairs(folder), most=rows, seed=seed)
    for rule in found.rules:
        table = Table(rule.title, "right, 95% interval", "pairs", box=None, pad_edge=False)
        parts = [("all", rule.whole), ("in a mirror", rule.mirrored)]
        parts += [("without a mirror", rule.unmirrored), *rule.kinds]
        for name, share in parts:
            cells = (visible(name, 80), share_told(share), f"{share.pairs:,}")
            table.add_row(*map(Text, cells))
        out.print(table)
        out.print()
    warnings = pair_warnings(found)
    for line in warnings:
        _say(line)
    return {"warnings": list(warnings), **found.as_json()}


def show(name: str, found: Any) -> None:
    """One audit as a table, and what words it found."""
    from crosslight.export import audit_facts, figure, interval
    from crosslight.text import visible

    table = Table(name, "AUC", "95% interval", "rows", box=None, pad_edge=False)
    for one in found.shortcuts:
        cells = (visible(one.title, 80), figure(one.auc), interval(one.auc), f"{one.auc.rows:,}")
        table.add_row(*map(Text, cells))
    out.print(table)
    for title, told in audit_facts(found):
        out.print(Text(f"{title}: {visible(told, CELL)}"))
    out.print()


def _say(line: str) -> None:
    out.print(Text(line, style="bold yellow"))
