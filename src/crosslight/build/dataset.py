"""The dataset of a build: its columns, its writer, its reader (pictures on demand)."""

import json
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from crosslight.photos import Bare, LeftOut
from crosslight.records import Photo, Sample, is_sensitive
from crosslight.runs import SPLITS, DatasetRun, RunError, read_manifest, split_files
from crosslight.store import (
    IMAGE,
    DatasetSink,
    ImageStore,
    TableError,
    TableFile,
    stored_pictures,
    table_schema,
)
from crosslight.text import speaks_to_judge

_TEXT = pa.string()
_NUMBER = pa.float64()

DATASET = table_schema(
    {
        "id": _TEXT,
        "image": IMAGE,
        **dict.fromkeys(("photo", "source", "text", "speaker", "style", "asks"), _TEXT),
        **dict.fromkeys(("kind", "label", "response", "other_response", "other_kind"), _TEXT),
        **dict.fromkeys(("risk", "why"), _TEXT),
        **dict.fromkeys(("element", "pattern", "category", "scenario"), _TEXT),
        "sensitive": pa.bool_(),
        **dict.fromkeys(("text_alone", "text_elsewhere", "photo_alone", "together"), _NUMBER),
        **dict.fromkeys(("visible", "follows"), _NUMBER),
        "beside": pa.int32(),
        "leak": pa.bool_(),
        "decided_by": _TEXT,
        "notes": pa.list_(_TEXT),
        **dict.fromkeys(("parent", "split", "licence", "origin", "recipe", "provenance"), _TEXT),
    }
)

_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "BMP": "bmp"}


def write_dataset(
    out: Path,
    samples: Iterable[tuple[Sample, str]],
    photo_of: Callable[[str], Photo],
    images: ImageStore,
    beside: LeftOut,
) -> None:
    """Write the dataset out of rows with their splits. The same rows in the same order give the
    same bytes.

    Rows of one photo stand together: its bytes are then stored once a row group.
    """
    with DatasetSink(out / "dataset", DATASET, splits=SPLITS) as sink:
        for row in dataset_rows(samples, photo_of, images, beside):
            sink.write(row["split"], row)


def dataset_rows(
    samples: Iterable[tuple[Sample, str]],
    photo_of: Callable[[str], Photo],
    images: ImageStore,
    beside: LeftOut,
) -> Iterator[dict[str, Any]]:
    """Rows of the dataset. The image is read once for its rows: the photo's bytes, less what
    `beside` leaves out of them; `photo` is the hash of the original."""
    photo: Photo | None = None
    bare = Bare(b"")
    for sample, split in samples:
        triplet, check = sample.triplet, sample.check
        if photo is None or photo.id != triplet.photo:
            photo = photo_of(triplet.photo)
            bare = beside.bare(images.get(photo.id), photo.format)
        yield {
            "id": sample.id,
            "image": {"bytes": bare.data, "path": file_name(photo)},
            "photo": photo.id,
            "source": photo.source,
            "text": triplet.text,
            "speaker": triplet.speaker,
            "style": triplet.style,
            "asks": triplet.asks,
            "kind": str(sample.kind),
            "label": sample.label,
            "response": sample.response,
            "other_response": sample.other_response,
            "other_kind": sample.other_kind,
            "risk": triplet.risk,
            "why": triplet.why,
            "element": triplet.element,
            "pattern": triplet.pattern,
            "category": triplet.category,
            "scenario": triplet.scenario,
            "sensitive": sample.sensitive,
            "text_alone": check.text_alone,
            "text_elsewhere": check.text_elsewhere,
            "photo_alone": check.photo_alone,
            "together": check.together,
            "visible": check.visible,
            "follows": check.follows,
            "beside": check.beside,
            "leak": check.leak,
            "decided_by": check.decided_by,
            "notes": [
                *check.notes,
                *(f"the photo: {n}" for n in (*photo.notes, bare.note) if n),
                *addressed(sample),
            ],
            "parent": sample.parent,
            "split": split,
            "licence": photo.licence,
            "origin": photo.origin,
            "recipe": sample.recipe,
            "provenance": json.dumps(sample.provenance, sort_keys=True),
        }


def file_name(photo: Photo) -> str:
    """How a photo is called in the tables."""
    return f"{photo.id}.{_EXTENSIONS.get(photo.format, photo.format.lower())}"


_speaks = lru_cache(256)(speaks_to_judge)
"""A row is asked twice, and its controls share texts with it: the search is half of writing it."""


def addressed(sample: Sample) -> list[str]:
    """Texts of a row that speak to whoever judges it, as notes: nothing is decided by them."""
    texts = {
        "text": sample.triplet.text,
        "response": sample.response,
        "other response": sample.other_response,
    }
    found = ((name, _speaks(text)) for name, text in texts.items())
    return [f"the {name} speaks to the judge: {words}" for name, words in found if words]


NUMBERS = ("text_alone", "text_elsewhere", "photo_alone", "together")
NUMBERS_OF_TWO = (
    *("text_alone", "photo_alone", "photo_2_alone"),
    *("with_first", "with_second", "together"),
)
"""Of a row of two photos."""
_CLAIMS = ("visible", "follows")


@dataclass(frozen=True, slots=True)
class Row:
    """A dataset row without its picture. Numbers as in a `CrossCheck`; None is unknown."""

    id: str
    photo: str
    source: str
    text: str
    speaker: str
    style: str
    kind: str
    label: str
    response: str
    risk: str
    why: str
    element: str
    pattern: str
    category: str
    scenario: str
    sensitive: bool
    text_alone: float | None
    text_elsewhere: float | None
    photo_alone: float | None
    together: float | None
    leak: bool
    decided_by: str
    notes: tuple[str, ...]
    parent: str
    split: str
    licence: str
    origin: str
    recipe: str
    provenance: str
    asks: str = ""
    other_response: str = ""
    other_kind: str = ""
    visible: float | None = None
    follows: float | None = None
    beside: int = 0
    photo_2: str = ""
    """The second photo, of a build of two; the columns below are of such a build, too."""
    source_2: str = ""
    element_2: str = ""
    intent: str = ""
    licence_2: str = ""
    origin_2: str = ""
    photo_2_alone: float | None = None
    with_first: float | None = None
    with_second: float | None = None

    @property
    def photos(self) -> tuple[str, ...]:
        """What is shown, in order."""
        return (self.photo, self.photo_2) if self.photo_2 else (self.photo,)

    @property
    def number_names(self) -> tuple[str, ...]:
        """The columns that hold its numbers."""
        return NUMBERS_OF_TWO if self.photo_2 else NUMBERS

    @property
    def gap(self) -> float | None:
        """How much more unsafe the pair is than the worst part of which a number is known.

        For ordering only: an unknown part is left out. None where pair or photo is unknown.
        """
        if self.together is None or self.photo_alone is None:
            return None
        parts = (
            *(self.text_alone, self.text_elsewhere, self.photo_alone),
            *(self.photo_2_alone, self.with_first, self.with_second),
        )
        return self.together - max(part for part in parts if part is not None)


_OWN = frozenset({"id", "text", "response", "other_response"})
"""What mostly differs from row to row. Other texts, such as the provenance, are held once."""
COLUMNS = tuple(f.name for f in fields(Row))
_TWO = ("photo_2", "source_2", "element_2", "intent", "licence_2", "origin_2")
_TWO_NUMBERS = ("photo_2_alone", "with_first", "with_second")
_NUMBER_COLUMNS = frozenset((*NUMBERS, *_CLAIMS, *_TWO_NUMBERS))
_NEWER = frozenset({"asks", "other_response", "other_kind", *_CLAIMS, "beside"})
_OPTIONAL = _NEWER | {*_TWO, *_TWO_NUMBERS}
"""Columns that tables of earlier versions lack, or of builds of one photo."""


class StoredRows(Collection[Row]):
    """The rows of a dataset, read anew each time they are gone through: none is held."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files
        self._number: int | None = None

    def __len__(self) -> int:
        if self._number is None:
            self._number = sum(1 for _ in self)
        return self._number

    def __iter__(self) -> Iterator[Row]:
        return (row for path in self._files for _, row in _rows(path, _same))

    def __contains__(self, row: object) -> bool:
        return any(row == one for one in self)

    def where(self, photos: Collection[str]) -> dict[str, tuple[Path, int]]:
        """File and row group of those of these photos that are there."""
        found: dict[str, tuple[Path, int]] = {}
        for path in self._files:
            for group, photo in _photos(path):
                if photo in photos:
                    found.setdefault(photo, (path, group))
        return found


@dataclass(frozen=True, kw_only=True)
class StoredRun(DatasetRun):
    """Everything a card or a report needs. `where` is empty unless the rows are held, too."""

    rows: Collection[Row]

    def pictures(self, photos: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """As of any run; where they stand is looked up."""
        if not isinstance(self.rows, StoredRows):
            yield from super().pictures(photos)
            return
        wanted = dict.fromkeys(photos)
        found = self.rows.where(wanted.keys())
        for photo, data, _ in stored_pictures(found, wanted):
            yield photo, data


@dataclass(frozen=True, kw_only=True)
class Run(StoredRun):
    """The same with all rows in memory."""

    rows: tuple[Row, ...]


def open_stored(run_dir: Path) -> StoredRun:
    """A run directory whose rows stay on disk. Raises `RunError`, also while they are read."""
    manifest = read_manifest(run_dir)
    files = [path for files in split_files(run_dir).values() for path in files]
    return StoredRun(folder=run_dir, manifest=manifest, rows=StoredRows(files), where={})


def read_run(run_dir: Path) -> Run:
    """Read a run directory; pictures stay on disk. Raises `RunError`."""
    manifest = read_manifest(run_dir)
    rows: list[Row] = []
    where: dict[str, tuple[Path, int]] = {}
    texts: dict[str, str] = {}

    def known(text: str) -> str:
        return texts.setdefault(text, text)

    for files in split_files(run_dir).values():
        for path in files:
            at, place = -1, (path, 0)
            for group, row in _rows(path, known):
                if group != at:
                    at, place = group, (path, group)
                for photo in row.photos:
                    where.setdefault(photo, place)
                rows.append(row)
    return Run(folder=run_dir, manifest=manifest, rows=tuple(rows), where=where)


def refuse_two(run: Run, verb: str) -> None:
    """Raises `RunError` for a build of two photos: its rows are none of one of them."""
    if any(row.photo_2 for row in run.rows):
        raise RunError(
            f"{run.folder} has rows of two photos", f"{verb} takes a build of one photo a row"
        )


def _same(text: str) -> str:
    return text


def _photos(path: Path) -> Iterator[tuple[int, str]]:
    """Row group and photo, of every photo of every row."""
    with _table(path) as file:
        columns = [name for name in ("photo", "photo_2") if name in file.schema.names]
        for group in range(file.groups):
            for values in file.rows_of(columns, groups=[group]):
                yield from ((group, str(photo)) for photo in values.values() if photo)


@contextmanager
def _table(path: Path) -> Iterator[TableFile]:
    """An open table of a build. Raises `RunError` for one that is none."""
    try:
        with TableFile(path) as file:
            missing = set(COLUMNS) - set(file.schema.names) - _OPTIONAL
            if missing:
                raise RunError(f"{path.name} lacks the columns {sorted(missing)}")
            yield file
    except (TableError, TypeError, ValueError) as error:
        raise RunError(f"{path.name} is not a table of a build: {error}") from error


def _rows(path: Path, known: Callable[[str], str]) -> Iterator[tuple[int, Row]]:
    """Row group and row, without the picture. `known` gives a text that many rows have once."""
    with _table(path) as file:
        columns = [name for name in COLUMNS if name in file.schema.names]
        for group in range(file.groups):
            for values in file.rows_of(columns, groups=[group]):
                yield group, _row(values, known)


def _row(values: dict[str, Any], known: Callable[[str], str]) -> Row:
    clean: dict[str, Any] = {}
    for name, value in values.items():
        if name in _NUMBER_COLUMNS:
            clean[name] = None if value is None or math.isnan(value) else float(value)
        elif name == "beside":
            clean[name] = int(value or 0)
        elif name == "leak":
            clean[name] = bool(value)
        elif name == "sensitive":
            clean[name] = is_sensitive({name: value})
        elif name == "notes":
            clean[name] = tuple(known(str(note)) for note in value or ())
        else:
            text = "" if value is None else str(value)
            clean[name] = text if name in _OWN else known(text)
    return Row(**clean)
