"""The pairs of a run: their columns, their writer, their reader (pictures on demand)."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from crosslight.photos import leave_out
from crosslight.prefer.columns import AskedColumns, cells_of, column_kinds, values_of
from crosslight.records import Preference, preference_id
from crosslight.runs import SPLITS, DatasetRun, RunError, read_manifest, split_files
from crosslight.store import (
    IMAGE,
    DatasetSink,
    TableError,
    TableFile,
    table_schema,
)

Pictures = Callable[[Sequence[str]], Iterator[tuple[str, bytes, str]]]
"""The wanted photos, the bytes and the file name of each; in the order that suits it."""


@dataclass(frozen=True, slots=True)
class PairRow(AskedColumns):
    """One pair without its picture, under the names of its columns. None is unknown.

    `*_safe`, `*_refuses`, `*_reads_photo` and `*_detail` are probabilities that a guard gave; the
    verdicts are probabilities of (chosen better, rejected better, tie), by what an annotator said
    with the chosen reply in the first place (`*_first`) and in the second (`*_swapped`).
    """

    photo: str
    question: str
    chosen: str
    rejected: str
    chosen_by: str
    rejected_by: str
    chosen_kind: str
    rejected_kind: str
    side: str
    basis: str
    form: str = "given"
    category: str = ""
    pattern: str = ""
    chosen_finish: str = ""
    rejected_finish: str = ""
    chosen_words: int | None = None
    rejected_words: int | None = None
    chosen_language: str = ""
    rejected_language: str = ""
    chosen_safe: float | None = None
    rejected_safe: float | None = None
    chosen_refuses: float | None = None
    rejected_refuses: float | None = None
    chosen_reads_photo: float | None = None
    rejected_reads_photo: float | None = None
    chosen_detail: float | None = None
    rejected_detail: float | None = None
    group_chosen: int | None = None
    group_rejected: int | None = None
    gap: float | None = None
    mirror_of: str = ""
    weight: float = 1.0
    decided_by: str = ""
    parent: str = ""
    split: str = "train"
    recipe: str = ""
    provenance: str = ""

    @property
    def id(self) -> str:
        """Hash of photo, question and both replies: the same pair in every run."""
        return preference_id(self.photo, self.question, self.chosen, self.rejected)

    @property
    def kinds(self) -> tuple[str, str]:
        """What was chosen, and over what."""
        return self.chosen_kind, self.rejected_kind


KINDS = column_kinds(PairRow)
PAIRS = table_schema({"id": pa.string(), "image": IMAGE, **KINDS})


def pair_row(pair: Preference, **known: Any) -> PairRow:
    """The row of a pair; `known` are further columns by their names."""
    return PairRow(
        photo=pair.photo,
        question=pair.question,
        chosen=pair.chosen.text,
        rejected=pair.rejected.text,
        chosen_by=pair.chosen.by,
        rejected_by=pair.rejected.by,
        chosen_kind=str(pair.chosen.kind),
        rejected_kind=str(pair.rejected.kind),
        side=str(pair.side),
        basis=pair.basis,
        form=str(pair.form),
        category=pair.category,
        pattern=pair.pattern,
        cluster=pair.cluster,
        mirror_of=pair.mirror_of,
        sensitive=pair.sensitive,
        weight=pair.weight,
        split=pair.split or "train",
        decided_by=pair.decided_by,
        parent=pair.parent,
        provenance=json.dumps(pair.provenance, sort_keys=True),
        **{
            "chosen_words": len(pair.chosen.text.split()),
            "rejected_words": len(pair.rejected.text.split()),
            **known,
        },
    )


def write_pairs(out: Path, rows: Sequence[PairRow], pictures: Pictures) -> None:
    """Write the dataset. The same rows give the same bytes. Raises `RunError` for a row whose
    photo is not to be had."""
    waiting: dict[str, list[PairRow]] = {}
    for row in rows:
        waiting.setdefault(row.photo, []).append(row)
    with DatasetSink(out / "dataset", PAIRS, splits=SPLITS) as sink:
        # Rows of one photo stand together: its bytes are then stored once a row group.
        for photo, data, name in pictures(list(waiting)):
            bare = leave_out(data).data
            for row in waiting.pop(photo, ()):
                image = {"bytes": bare, "path": name}
                sink.write(row.split, {"id": row.id, "image": image, **cells_of(row)})
        if waiting:
            raise RunError(f"the source has no picture {min(waiting)[:16]}, which pairs need")


@dataclass(frozen=True, kw_only=True)
class PairsRun(DatasetRun):
    """Everything a card, a page or a trainer needs."""

    rows: tuple[PairRow, ...]


def read_pairs(folder: Path) -> PairsRun:
    """Read a run of prefer; pictures stay on disk. Raises `RunError`."""
    manifest = read_manifest(folder)
    rows: list[PairRow] = []
    where: dict[str, tuple[Path, int]] = {}
    for files in split_files(folder).values():
        for path in files:
            for group, row in _rows(path):
                where.setdefault(row.photo, (path, group))
                rows.append(row)
    if not where and not (folder / "dataset").is_dir():
        raise RunError(f"{folder} holds no pairs", "give the folder of a run of prefer")
    return PairsRun(folder=folder, manifest=manifest, rows=tuple(rows), where=where)


def _rows(path: Path) -> Iterator[tuple[int, PairRow]]:
    """Row group and row, without the picture."""
    try:
        with TableFile(path) as file:
            missing = set(KINDS) - set(file.schema.names)
            if missing:
                raise RunError(
                    f"{path.name} lacks the columns {sorted(missing)[:5]}",
                    "give the folder of a run of prefer",
                )
            for group in range(file.groups):
                for values in file.rows_of(list(KINDS), groups=[group]):
                    yield group, _row(values)
    except (TableError, TypeError, ValueError) as error:
        raise RunError(f"{path.name} is not a table of pairs: {error}") from error


def _row(cells: dict[str, Any]) -> PairRow:
    values = values_of(cells, KINDS)
    if values["weight"] is None:
        del values["weight"]
    return PairRow(**values)
