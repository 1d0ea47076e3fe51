"""A run of build as a source of pairs: its rows by family, pictures on demand."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslight.records import BadSetting, Kind, is_sensitive
from crosslight.runs import DatasetRun, RunError, read_manifest, read_run
from crosslight.store import TableError, TableFile

TEXTS = (
    *("id", "photo", "source", "text", "kind", "response", "element", "pattern", "category"),
    *("decided_by", "parent", "licence", "origin", "recipe", "provenance"),
)
OTHER = ("other_response", "other_kind")
"""Columns that builds of earlier versions lack."""
REMEDY = (
    "make a dataset first (crosslight build PHOTOS -o DIR) and name its folder, or name the "
    "models: --responder twice or more, --guard, --annotator"
)
BUILD_AGAIN = "build it again: its stored answers are used, so this takes seconds"


@dataclass(frozen=True, slots=True)
class BuiltRow:
    """What pairs need of a row of build."""

    id: str
    photo: str
    source: str
    text: str
    kind: str
    response: str
    element: str
    pattern: str
    category: str
    decided_by: str
    parent: str
    licence: str
    origin: str
    recipe: str
    provenance: str
    other_response: str
    other_kind: str
    sensitive: bool

    @property
    def by(self) -> str:
        """Who wrote its replies: a responder with its revision, or the bank."""
        told = _object(self.provenance).get("responder")
        responder = told if isinstance(told, str) else ""
        return "bank" if responder.partition(" ")[0] in ("", "embedded") else responder


@dataclass(frozen=True, slots=True)
class Family:
    """An unsafe row with its controls. `main` is None where only a control is there; `near` is the
    hard negative: a sentence about the risky thing that is harmless still."""

    main: BuiltRow | None
    text: BuiltRow | None = None
    photo: BuiltRow | None = None
    near: BuiltRow | None = None

    @property
    def rows(self) -> tuple[BuiltRow, ...]:
        """All of it that is there."""
        return tuple(
            row for row in (self.main, self.text, self.photo, self.near) if row is not None
        )

    @property
    def id(self) -> str:
        """The row that it came from."""
        return self.main.id if self.main else self.rows[0].parent or self.rows[0].id

    @property
    def group(self) -> str:
        """What is held out together: the pattern, or the photo where a row has none."""
        first = self.rows[0]
        return first.pattern or first.photo


@dataclass(frozen=True, kw_only=True)
class Built(DatasetRun):
    """A run of build, its pictures on disk. `status` is empty where the run does not tell it."""

    families: tuple[Family, ...]
    status: str


def is_built(source: Path) -> bool:
    """Whether a folder is a run of build. Raises `RunError`."""
    return source.is_dir() and read_run(source).get("kind") == "build"


def source_built(source: Path) -> Built:
    """The run of build that pairs without a model are made of. Raises `BadSetting`, `RunError`."""
    if not is_built(source):
        raise BadSetting(f"{source} is no run of build, and no --responder is named", REMEDY)
    return read_built(source)


def read_built(folder: Path) -> Built:
    """Read a run of build. Raises `RunError`."""
    rows: list[BuiltRow] = []
    where: dict[str, tuple[Path, int]] = {}
    for path in sorted((folder / "dataset").glob("*.parquet")):
        for group, row in _rows(path):
            where.setdefault(row.photo, (path, group))
            rows.append(row)
    if not rows:
        raise RunError(f"{folder} holds no row to make pairs of", "build it to its end first")
    return Built(
        folder=folder,
        manifest=read_manifest(folder),
        where=where,
        families=_families(rows),
        status=str(read_run(folder).get("status") or ""),
    )


def _families(rows: Sequence[BuiltRow]) -> tuple[Family, ...]:
    found: dict[str, dict[str, BuiltRow]] = {}
    for row in rows:
        main = row.kind == Kind.UNSAFE
        found.setdefault(row.id if main else row.parent or row.id, {})[row.kind] = row
    return tuple(
        Family(
            kinds.get(Kind.UNSAFE),
            kinds.get(Kind.CONTROL_TEXT),
            kinds.get(Kind.CONTROL_PHOTO),
            kinds.get(Kind.HARD_NEGATIVE),
        )
        for kinds in found.values()
    )


def _rows(path: Path) -> Iterator[tuple[int, BuiltRow]]:
    try:
        with TableFile(path) as file:
            _check(path, file.schema.names)
            for group in range(file.groups):
                for cells in file.rows_of([*TEXTS, *OTHER, "sensitive"], groups=[group]):
                    texts = {name: str(cells[name] or "") for name in (*TEXTS, *OTHER)}
                    yield group, BuiltRow(**texts, sensitive=is_sensitive(cells))
    except (TableError, TypeError, ValueError) as error:
        raise RunError(f"{path.name} is not a table of a build: {error}") from error


def _check(path: Path, names: Sequence[str]) -> None:
    if "images" in names:
        raise RunError(
            f"{path.name} has rows of two photos", "pairs are made of builds of one photo"
        )
    missing = {*TEXTS, "sensitive"} - set(names)
    if missing:
        raise RunError(f"{path.name} lacks the columns {sorted(missing)}", "give a run of build")
    if not set(OTHER) <= set(names):
        raise RunError(
            f"{path.name} has no {OTHER[0]}: an earlier version of Crosslight wrote it", BUILD_AGAIN
        )


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
