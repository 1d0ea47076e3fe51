"""The folder of a run that is exported: what kind it is, what its rows are, and what was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from crosslight.records import CrosslightError
from crosslight.runs import (
    Act,
    Reviewed,
    ReviewKey,
    Reviews,
    read_run,
    reviewed_rows,
    split_files,
)

ONLY = ("accepted",)
"""What `--only` knows."""


class ExportError(CrosslightError):
    """The run cannot be exported as it was asked for."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which rows are wanted: of these splits and kinds (empty: all), and whether the sensitive."""

    splits: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    sensitive: bool = False
    pairs: bool = True
    """Whether the worse reply goes along where there is one; else the better one alone."""
    target: str = "response"
    """Of a build what is taught to say: the response, or chains of reasons (`tune.Target`)."""
    only: str = ""
    """`accepted`: only rows that reviewers accept, with their edits; empty: all."""
    split_by: str = ""
    """The column of which no two splits share a value; empty: the run's own splits."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where pictures lie that a run holds by their hash or name alone: the image store, and the
    folder of a benchmark. None: nobody said."""

    images: Path | None = None
    data: Path | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """What the rows of a kind of run are: in words, in which file, and what their columns are here
    (`prompt`, `reply`, `worse`, `kind`). `known_by`: the column that reviews name."""

    what: str
    told: Mapping[str, str]
    file: str = ""
    """Empty: the tables of a dataset, by split."""
    known_by: str = "id"

    @property
    def trainable(self) -> bool:
        """Whether a trainer can learn from them: there is a reply."""
        return not self.file


ROWS: Mapping[str, Rows] = {
    "prefer": Rows(
        "preference pairs",
        {"question": "prompt", "chosen": "reply", "rejected": "worse", "side": "kind"},
    ),
    "build": Rows("rows", {"text": "prompt", "response": "reply", "kind": "kind"}),
    "judge": Rows("verdicts", {"verdict": "kind"}, "verdicts.parquet"),
    "assess": Rows("grades", {"status": "kind"}, "assessed.parquet", "photo"),
    "bench": Rows("answers", {"prompt": "prompt", "side": "kind"}, "items.parquet", "item"),
}
"""By kind of run. Of the others there is no row that somebody could read or review alone."""
_NO_ROWS = {
    "rate": "a rating has figures and no rows: rate.json, rate.md and rate.tex are its tables",
    "tune": "a tuned model is the result itself: the folder is used as tuned:DIR",
    "export": "this is an export already: give the run that it was made of",
}
EXPORTED = "give the folder of a run of build, prefer, judge, assess or bench"


@dataclass(frozen=True)
class Source:
    """The folder of a run, its tables, and what reviewers said."""

    folder: Path
    kind: str
    run: Mapping[str, Any]
    files: tuple[Path, ...]
    places: Places = Places()
    standing: Mapping[ReviewKey, Act] = field(default_factory=dict, repr=False)
    """What each reviewer now says of a row, or of a rule on it."""

    @property
    def rows(self) -> Rows:
        """What its rows are."""
        return ROWS[self.kind]

    @property
    def pairs(self) -> bool:
        """Whether its rows have a worse reply."""
        return self.kind == "prefer"

    @cached_property
    def reviews(self) -> dict[str, Reviewed]:
        """What reviewers said together, by row."""
        return reviewed_rows(self.standing)

    @cached_property
    def acts(self) -> dict[str, list[tuple[str, list[Act]]]]:
        """By row the reviewers, each with what stands of the row and of rules on it."""
        found: dict[str, dict[str, list[Act]]] = {}
        for key, act in sorted(self.standing.items()):
            found.setdefault(key.row, {}).setdefault(key.by, []).append(act)
        return {row: sorted(by.items()) for row, by in found.items()}


def open_source(folder: Path, places: Places | None = None) -> Source:
    """The run in a folder. Raises `ExportError`."""
    if not folder.is_dir():
        raise ExportError(f"{folder} is no folder", EXPORTED)
    run = read_run(folder)
    kind = str(run.get("kind", ""))
    if kind not in ROWS:
        found = f"a run of {kind[:40]}" if kind else "no run"
        why = f": {_NO_ROWS[kind]}" if kind in _NO_ROWS else ""
        raise ExportError(f"{folder} holds {found}{why}", EXPORTED)
    if ROWS[kind].file:
        files = tuple(path for path in (folder / ROWS[kind].file,) if path.is_file())
    else:
        files = tuple(path for files in split_files(folder).values() for path in files)
    if not files:
        what = f"no {ROWS[kind].file}" if ROWS[kind].file else "no dataset"
        raise ExportError(f"{folder} has {what} yet", "run it to its end, then export it")
    return Source(folder, kind, run, files, places or Places(), Reviews(folder).standing())
