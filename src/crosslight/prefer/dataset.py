"""The pairs of a run: their columns, their writer, their reader (pictures on demand)."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import pyarrow as pa

from crosslight.photos import leave_out
from crosslight.records import Preference, preference_id
from crosslight.runs import SPLITS, DatasetRun, RunError, read_manifest, split_files
from crosslight.store import (
    IMAGE,
    DatasetSink,
    TableError,
    TableFile,
    table_schema,
)

_TEXT, _NUMBER, _FLAG, _COUNT = pa.string(), pa.float64(), pa.bool_(), pa.int64()
_NUMBERS = pa.list_(_NUMBER)


def _replies(names: str, kind: pa.DataType) -> dict[str, pa.DataType]:
    """A column for each of the two replies, of every name."""
    return {f"{side}_{name}": kind for name in names.split() for side in ("chosen", "rejected")}


PAIRS = table_schema(
    {
        "id": _TEXT,
        "image": IMAGE,
        **dict.fromkeys(("photo", "source", "question", "form", "lever", "side"), _TEXT),
        "side_p": _NUMBER,
        **dict.fromkeys(("domain", "middle", "leaf"), _TEXT),
        "leaf_known": _FLAG,
        "leaf_blind": pa.list_(_TEXT),
        "thing": _TEXT,
        **dict.fromkeys(("points", "matters"), _NUMBER),
        **dict.fromkeys(("category", "pattern", "chosen", "rejected"), _TEXT),
        **_replies("by kind finish", _TEXT),
        **_replies("words", _COUNT),
        **_replies("language", _TEXT),
        **_replies("safe refuses reads_photo detail", _NUMBER),
        **dict.fromkeys(("group_chosen", "group_rejected"), _COUNT),
        "gap": _NUMBER,
        "drawn_by": _TEXT,
        "p_drawn": _NUMBER,
        **dict.fromkeys(("harmless_first", "harmless_swapped"), _NUMBERS),
        **dict.fromkeys(("helpful_first", "helpful_swapped"), _NUMBERS),
        **dict.fromkeys(("reason_first", "reason_swapped"), _TEXT),
        **dict.fromkeys(("margin_harmless", "margin_helpful"), _NUMBER),
        **dict.fromkeys(("basis", "mirror_of", "cluster"), _TEXT),
        "weight": _NUMBER,
        "sensitive": _FLAG,
        **dict.fromkeys(("decided_by", "parent", "split", "licence", "origin"), _TEXT),
        **dict.fromkeys(("recipe", "provenance"), _TEXT),
    }
)

Pictures = Callable[[Sequence[str]], Iterator[tuple[str, bytes, str]]]
"""The wanted photos, the bytes and the file name of each; in the order that suits it."""


@dataclass(frozen=True, slots=True)
class PairRow:
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
    source: str = ""
    form: str = "given"
    lever: str = ""
    side_p: float | None = None
    domain: str = ""
    middle: str = ""
    leaf: str = ""
    leaf_known: bool | None = None
    leaf_blind: tuple[str, ...] | None = None
    thing: str = ""
    points: float | None = None
    matters: float | None = None
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
    drawn_by: str = ""
    p_drawn: float | None = None
    harmless_first: tuple[float, ...] | None = None
    harmless_swapped: tuple[float, ...] | None = None
    helpful_first: tuple[float, ...] | None = None
    helpful_swapped: tuple[float, ...] | None = None
    reason_first: str = ""
    reason_swapped: str = ""
    margin_harmless: float | None = None
    margin_helpful: float | None = None
    mirror_of: str = ""
    cluster: str = ""
    weight: float = 1.0
    sensitive: bool = False
    decided_by: str = ""
    parent: str = ""
    split: str = "train"
    licence: str = ""
    origin: str = ""
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


COLUMNS = tuple(f.name for f in fields(PairRow))


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
                sink.write(row.split, {"id": row.id, "image": image, **_cells(row)})
        if waiting:
            raise RunError(f"the source has no picture {min(waiting)[:16]}, which pairs need")


def _cells(row: PairRow) -> dict[str, Any]:
    """Unknown is null, and so is the empty text of what was never asked."""
    cells = asdict(row)
    return {name: _cell(value) for name, value in cells.items()}


def _cell(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return None if value == "" else value


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
            missing = set(COLUMNS) - set(file.schema.names)
            if missing:
                raise RunError(
                    f"{path.name} lacks the columns {sorted(missing)[:5]}",
                    "give the folder of a run of prefer",
                )
            for group in range(file.groups):
                for values in file.rows_of(COLUMNS, groups=[group]):
                    yield group, _row(values)
    except (TableError, TypeError, ValueError) as error:
        raise RunError(f"{path.name} is not a table of pairs: {error}") from error


def _row(values: dict[str, Any]) -> PairRow:
    clean: dict[str, Any] = {}
    for name, value in values.items():
        kind = PAIRS.field(name).type
        if pa.types.is_list(kind):
            clean[name] = None if value is None else tuple(value)
        elif kind == _TEXT:
            clean[name] = "" if value is None else str(value)
        elif value is None and name in ("weight", "sensitive"):
            continue
        else:
            clean[name] = _plain(value, kind)
    return PairRow(**clean)


def _plain(value: Any, kind: pa.DataType) -> Any:
    """A number, a count or a flag; None is unknown. Raises `TypeError`, `ValueError`."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if kind == _FLAG:
        return bool(value)
    return int(value) if kind == _COUNT else float(value)
