"""Rows of training data as they lie: a run of ours, or a table of somebody else's."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslight.records import BadSetting
from crosslight.runs import SPLITS, Lost
from crosslight.store import (
    TableError,
    TableFile,
    UnreadableFile,
    file_sha256,
    json_lines,
    stays_in,
)
from crosslight.text import NotText

SUFFIXES = (".parquet", ".jsonl", ".json")
NAMED = "name a run of prefer or build, or a .parquet or .jsonl table in TRL's columns"


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row with its place for messages (`train-00000.parquet row 7`), the folder that its files
    lie in, and the split that its file is of (empty: none)."""

    place: str
    root: Path
    split: str
    cells: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """The files of the data, in order, with the sha256 of each."""

    root: Path
    files: tuple[Path, ...]
    hashes: tuple[tuple[str, str], ...]
    lost: tuple[Lost, ...] = ()
    """What gave no row, of data that rows are made of."""

    @property
    def rows(self) -> Iterator[RawRow]:
        """All rows. Raises `TableError`, `BadSetting` with file and row."""
        for path in self.files:
            split = next((s for s in SPLITS if path.name.startswith(f"{s}-")), "")
            read = _parquet if path.suffix == ".parquet" else _json_lines
            for at, cells in enumerate(read(path), start=1):
                yield RawRow(f"{path.name} row {at:,}", path.parent, split, cells)


def open_data(data: Path) -> Source:
    """A table, a folder of tables, or a run with its `dataset`. Raises `BadSetting`."""
    if data.is_file():
        root, files = data.parent, [data]
    else:
        root = data / "dataset" if (data / "dataset").is_dir() else data
        files = sorted(p for p in root.glob("*") if p.suffix in SUFFIXES and p.is_file())
        if root == data:  # what a run writes beside its dataset is no table of rows
            files = [p for p in files if p.name not in ("run.json", "groups.json")]
    files = [path for path in files if stays_in(root, path)]
    if not files or any(path.suffix not in SUFFIXES for path in files):
        raise BadSetting(f"{data} holds no rows to train on", NAMED)
    return Source(root, tuple(files), tuple((p.name, file_sha256(p)) for p in files))


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    with TableFile(path) as file:
        yield from file.rows_of(file.schema.names)


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        for line in json_lines(path):
            place = f"{path.name} line {line.number:,}"
            if line.cause:
                raise TableError(f"{place} is no JSON: {line.cause}", "one object a line (JSONL)")
            if not isinstance(line.value, dict):
                raise TableError(f"{place} is no JSON object", NAMED)
            yield line.value
    except (UnreadableFile, NotText) as error:
        raise TableError(f"{path.name}: {error.message}", error.hint) from error
