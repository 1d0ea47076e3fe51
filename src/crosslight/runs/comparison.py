"""Runs of one kind beside each other: the two sides, the parts that are told, the files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from crosslight.records import BadSetting
from crosslight.runs.differences import SetupDifference, models_by_role
from crosslight.runs.folder import RUN_FILE, NotARunFolder, RunError, begin, held_folder, read_run
from crosslight.store import TableError, TableFile, write_json, write_text
from crosslight.text import markdown, visible

KIND = "compare"
END_IT = "run the command that made it again, to its end"
OF_SOME_KINDS = (
    "differences.csv",
    "flips.csv",
    "report.html",
    "leaderboard.md",
    "leaderboard.csv",
    "leaderboard.tex",
    "leaderboard.html",
)
"""Files that not every comparison has: those of an earlier one in the same folder are removed."""


@dataclass(frozen=True, slots=True)
class RunSide:
    """One of the runs that are compared: its folder and its `run.json`."""

    folder: Path
    run: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The folder's name with its parent's, so that `mine/a` and `yours/a` stay apart; no path
        of this machine."""
        return visible("/".join(self.folder.resolve().parts[1:][-2:]))

    @property
    def label(self) -> str:
        """The models, for people."""
        specs = {role: str(card["spec"]) for role, card in models_by_role(self.run).items()}
        if len(set(specs.values())) == 1:
            return next(iter(specs.values()))
        return ", ".join(f"{role} {spec}" for role, spec in specs.items())

    @property
    def ending(self) -> str:
        """How a run ended that is not complete: its numbers are not those of all inputs."""
        status, reason = self.run.get("status", "complete"), self.run.get("reason", "")
        return "" if status == "complete" else f"{status}: {reason}" if reason else str(status)


@dataclass(frozen=True, slots=True)
class Section:
    """A sentence on the numbers, and the table that it introduces."""

    text: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class Compared(Protocol):
    """The first run beside another one, of whatever kind."""

    @property
    def a(self) -> RunSide:
        """The first run."""
        ...

    @property
    def b(self) -> RunSide:
        """The other one."""
        ...

    @property
    def setup(self) -> tuple[SetupDifference, ...]:
        """What differs in the set-up."""
        ...

    def sections(self) -> Sequence[Section]:
        """The numbers, ready to be shown."""
        ...

    def as_json(self) -> dict[str, Any]:
        """For compare.json."""
        ...


def read_side(folder: Path, kind: str, table: str) -> RunSide:
    """A run of this kind, stopped ones too. Raises `NotARunFolder` where `table`, the one that its
    numbers are in, is not there or belongs to a run that did not end."""
    run = read_run(folder)
    if run.get("kind") != kind:
        raise NotARunFolder(f"{folder} holds no {kind} run", f"give the folder of a run of {kind}")
    if "models" not in run:  # who answered is said when a run ends, stopped or not
        raise NotARunFolder(f"the {kind} run in {folder} did not end", END_IT)
    if not (folder / table).exists():
        raise NotARunFolder(f"{folder} lacks {table}", END_IT)
    return RunSide(folder, run)


def first_with_others(runs: Sequence[Path]) -> list[tuple[Path, Path]]:
    """(A, B), (A, C), ... Raises `BadSetting` for fewer than two."""
    if len(runs) < 2:
        raise BadSetting("name two runs or more", "crosslight compare A B")
    return [(runs[0], other) for other in runs[1:]]


def table_rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """These columns of a table; one that an older run did not have is None. Raises `RunError`."""
    try:
        with TableFile(path) as file:
            there = [name for name in columns if name in file.schema.names]
            for row in file.rows_of(there):
                yield {name: row.get(name) for name in columns}
    except TableError as error:
        raise RunError(f"{path} is no table that can be read: {error}", END_IT) from error


def heading_json(a: RunSide, b: RunSide, setup: Sequence[SetupDifference]) -> dict[str, Any]:
    """What compare.json says of every pair, whatever its kind."""
    return {
        "kind": a.run.get("kind", ""),
        "a": a.name,
        "b": b.name,
        "a_label": a.label,
        "b_label": b.label,
        "a_ending": a.ending,
        "b_ending": b.ending,
        "setup": [list(line) for line in setup],
    }


def heading_markdown(a: RunSide, b: RunSide, setup: Sequence[SetupDifference]) -> list[str]:
    """The lines on who is compared, and on what differs in the set-up."""
    told = [f"{side.label} ({side.name})" for side in (a, b)]
    lines = [f"# A: {markdown(told[0])}; B: {markdown(told[1])}", ""]
    ended = [(name, side.ending) for name, side in (("A", a), ("B", b)) if side.ending]
    if ended:
        lines += [*(f"{name} {markdown(ending)}" for name, ending in ended), ""]
    if not setup:
        return [*lines, "The set-ups are the same.", ""]
    lines += ["| set-up | A | B |", "|---|---|---|"]
    return [*lines, *(_table_line(line) for line in setup), ""]


def as_markdown(pairs: Sequence[Compared]) -> str:
    """For a paper: set-up, then each section."""
    lines: list[str] = []
    for pair in pairs:
        lines += heading_markdown(pair.a, pair.b, pair.setup)
        for section in pair.sections():
            lines += [markdown(section.text), ""]
            if section.rows:
                lines += [_table_line(section.columns), "|---" * len(section.columns) + "|"]
                lines += [*(_table_line(row) for row in section.rows), ""]
    return "\n".join(lines)


def _table_line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(markdown(cell) for cell in cells)} |"


def write_compared(
    out: Path, told: Mapping[str, Any], text: str, more: Mapping[str, str] | None = None
) -> None:
    """compare.json, compare.md and `more` files by name, into a new folder or over an earlier
    comparison. Raises what `held_folder` raises."""
    with held_folder(out, KIND):
        begin(out, KIND)
        for name in OF_SOME_KINDS:
            (out / name).unlink(missing_ok=True)
        write_json(out / "compare.json", told)
        write_text(out / "compare.md", text)
        for name, content in (more or {}).items():
            write_text(out / name, content)
        write_json(out / RUN_FILE, {"kind": KIND, "status": "complete"})
