"""A run's folder as an object: how it ended, its tables, its numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from crosslight.runs import NotARunFolder, read_run
from crosslight.store import read_table

MAIN_TABLES = {
    "build": "dataset",
    "judge": "verdicts",
    "assess": "assessed",
    "bench": "items",
    "prefer": "dataset",
}
"""The table of a kind of run that holds what it was made for."""


KINDS = (*MAIN_TABLES, "compare", "tune", "tune-judge")


@dataclass(frozen=True, slots=True)
class Run:
    """A run that has ended, or was stopped. Tables are read when they are asked for."""

    folder: Path
    record: Mapping[str, Any]
    """`run.json`: models, prompts, versions, data, settings, calls, cost, counts."""

    @property
    def kind(self) -> str:
        """build, judge, assess, bench or prefer."""
        return str(self.record.get("kind", ""))

    @property
    def status(self) -> str:
        """complete, stopped (run it again: it goes on) or failed; `reason` says why."""
        return str(self.record.get("status", ""))

    @property
    def reason(self) -> str:
        """Why it did not come to its end."""
        return str(self.record.get("reason", ""))

    @property
    def account(self) -> dict[str, int]:
        """What became of the inputs: finished, dropped, failed, not_reached; together inputs."""
        found = self.record.get("account")
        pairs = found.items() if isinstance(found, dict) else ()
        return {str(name): n for name, n in pairs if isinstance(n, int)}

    @property
    def tables(self) -> list[str]:
        """Names for `table`."""
        found = [path.stem for path in sorted(self.folder.glob("*.parquet"))]
        return ["dataset", *found] if (self.folder / "dataset").is_dir() else found

    @property
    def rows(self) -> pa.Table:
        """The dataset (of a build, or of pairs), the verdicts, the grades or the items."""
        return self.table(MAIN_TABLES.get(self.kind, "dataset"))

    @property
    def dropped(self) -> pa.Table:
        """What was left out on purpose: input, step, reason."""
        return self.table("dropped")

    @property
    def failed(self) -> pa.Table:
        """What went wrong: input, step, error, and whether asking again can help."""
        return self.table("failed")

    @property
    def page(self) -> Path:
        """The page to look at."""
        return self.folder / "report.html"

    def table(self, name: str) -> pa.Table:
        """One of `tables`. Raises `NotARunFolder` for another name,
        `TableError` for a table that is damaged or larger than what is read as a whole."""
        path = self.folder / f"{name}.parquet"
        if name == "dataset" and (self.folder / name).is_dir():
            parts = [read_table(part) for part in sorted((self.folder / name).glob("*.parquet"))]
            return pa.concat_tables(parts) if parts else pa.table({})
        if name not in self.tables or not path.is_file():
            raise NotARunFolder(
                f"{self.folder} has no table {name!r}", f"there are: {', '.join(self.tables)}"
            )
        return read_table(path)

    def __repr__(self) -> str:
        told = ", ".join(f"{n:,} {name}" for name, n in self.account.items())
        return f"<{self.kind} run in {self.folder}: {self.status}; {told}>"


def open_run(folder: str | Path) -> Run:
    """The run in a folder. Raises `NotARunFolder`."""
    place = Path(folder)
    record = read_run(place)
    if record.get("kind") not in KINDS:
        raise NotARunFolder(
            f"{place} holds no run of ours", "give the folder that a run was written to"
        )
    return Run(place, record)
