"""The rows of each kind of run as its tables hold them, with the bytes of their pictures."""

from collections.abc import Collection, Iterator, Mapping

import pyarrow as pa

from crosslight.export.formats import answered, judged
from crosslight.export.formats.pictures import Raw
from crosslight.export.formats.source import Chosen, ExportError, Source
from crosslight.store import TableError, TableFile

REVIEW = {"review_label": pa.string(), "reviewers": pa.int64()}
"""Columns that are added to accepted rows: what reviewers call it, and how many accepted it."""
PICTURES = ("image", "images")


def columns_of(source: Source, chosen: Chosen) -> dict[str, pa.DataType]:
    """All columns of an export of whole rows, pictures among them. Raises `ExportError`."""
    found: dict[str, pa.DataType] = {}
    for path in source.files:
        try:
            with TableFile(path) as file:
                for one in file.schema:
                    found.setdefault(one.name, one.type)
        except TableError as error:
            raise ExportError(error.message, error.hint) from error
    if source.kind in ("judge", "assess"):
        found = judged.columns(source, found)
    elif source.kind == "bench":
        found = answered.columns(source, found)
    return found | (REVIEW if chosen.only else {})


def most_pictures(source: Source, columns: Mapping[str, pa.DataType]) -> int:
    """The most pictures that a row of these columns shows."""
    if "images" in columns:
        return answered.most_pictures(source) if source.kind == "bench" else 2
    return int("image" in columns)


def raw_rows(
    source: Source, needed: Collection[str], more: Collection[str] | None, *, pictures: bool
) -> Iterator[Raw]:
    """Every row in its order. `needed`: columns without which there is no row; `more`: others that
    are wanted where they are there, None for all. Raises `ExportError`, `TableError`."""
    if source.kind in ("judge", "assess"):
        yield from judged.raw_rows(source, pictures=pictures)
    elif source.kind == "bench":
        yield from answered.raw_rows(source, pictures=pictures)
    else:
        yield from _of_dataset(source, needed, more, pictures)


def _of_dataset(
    source: Source, needed: Collection[str], more: Collection[str] | None, pictures: bool
) -> Iterator[Raw]:
    for path in source.files:
        with TableFile(path) as file:
            there = set(file.schema.names)
            if lacks := set(needed) - there:
                raise ExportError(
                    f"{path.name} lacks the columns {', '.join(sorted(lacks))}",
                    "make the run again with this version",
                )
            wanted = there - set(PICTURES) if more is None else {*needed, *more} & there
            column = "images" if "images" in there else "image"
            for cells in file.rows_of([*sorted(wanted), *([column] if pictures else [])]):
                shown = cells.pop(column, None)
                shown = shown if isinstance(shown, list) else [shown]
                data = (one.get("bytes") if isinstance(one, Mapping) else None for one in shown)
                yield Raw(cells, tuple(data) if pictures else (), len(shown) or 1)
