"""A parquet that somebody else wrote: its columns by their names, or as its reader says."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa

from crosslight.store import TableError, TableFile
from crosslight.view.rows.names import can_name
from crosslight.view.rows.shape import Shape
from crosslight.view.rows.values import values_of

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("id", "uid", "uuid", "key", "index"),
    "text": ("text", "prompt", "question", "instruction", "query", "caption", "sentence"),
    "image": ("image", "img", "picture", "photo"),
    "category": ("category", "risk_category", "class", "topic", "label"),
    "sensitive": ("sensitive", "nsfw"),
}
"""The first that is there plays the part."""
MOST_LOOKED: Final = 500
"""Columns of which it is found out whether they are facets."""
MOST_LETTERS: Final = 60
"""A column whose first values are longer than this on average is text, and no facet."""
SAMPLE: Final = 1_000
MOST: Final = 60
"""Facets, scores and searched texts of a table of thousands of columns; a row's page has all."""


def shape(files: Sequence[Path], mapping: Mapping[str, str] | None = None) -> Shape:
    """`mapping`: part -> column, where the names say something else. Raises `TableError`."""
    asked = dict(mapping or {})
    with TableFile(files[0]) as file:
        schema = file.schema
        schema = pa.schema([schema.field(at) for at in _single(schema)])
        batch = next(file.batches(_plain(schema)[:MOST_LOOKED], at_once=SAMPLE), None)
    for part, column in asked.items():
        if part not in NAMES:
            raise TableError(f"{part!r} is no part of a row", f"parts are {', '.join(NAMES)}")
        if column not in schema.names:
            raise TableError(
                f"{files[0].name} has no column {column!r}", f"it has {', '.join(schema.names)}"
            )
    parts = {part: asked.get(part) or _first(names, schema) for part, names in NAMES.items()}
    if parts["id"] and not can_name(schema.field(parts["id"]).type):
        if "id" in asked:
            raise TableError(
                f"the column {parts['id']!r} of {files[0].name} holds no ids",
                "--column id=COLUMN names one of text or numbers",
            )
        parts["id"] = ""
    image = parts["image"]
    if image and not _holds_pictures(schema.field(image).type):
        parts["image"] = ""
    scores = [f.name for f in schema if pa.types.is_floating(f.type)]
    no_facets = {*scores, parts["id"], parts["text"]}
    facets = [n for n in _plain(schema) if n not in no_facets and _is_few(batch, n)]
    texts = [f.name for f in schema if pa.types.is_string(f.type) or _is_large_text(f.type)]
    return Shape(
        kind="table",
        title=files[0].name if len(files) == 1 else files[0].parent.name,
        files=tuple(files),
        id=parts["id"],
        text=parts["text"],
        image=parts["image"],
        category=parts["category"],
        sensitive=parts["sensitive"],
        facets=tuple(facets[:MOST]),
        scores=tuple(scores[:MOST]),
        texts=tuple(texts[:MOST]),
    )


def _first(names: Sequence[str], schema: pa.Schema) -> str:
    lower = {name.lower(): name for name in schema.names}
    return next((lower[name] for name in names if name in lower), "")


def _single(schema: pa.Schema) -> list[int]:
    """The places of columns, of several of one name the first: what reads the rows refuses them."""
    return sorted({name: at for at, name in reversed(list(enumerate(schema.names)))}.values())


def _plain(schema: pa.Schema) -> list[str]:
    return [f.name for f in schema if not pa.types.is_nested(f.type) and not _is_bytes(f.type)]


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _is_large_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_large_string(kind))


def _holds_pictures(kind: pa.DataType) -> bool:
    if _is_bytes(kind):
        return True
    return bool(pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0)


def _is_few(batch: pa.RecordBatch | None, name: str) -> bool:
    """Whether a column's first values say that it is a facet: short, and seen again and again."""
    if batch is None or not len(batch):
        return False
    at = batch.schema.get_field_index(name)
    values = [] if at < 0 else [v for v in values_of(batch.column(at)) if v is not None]
    if not values:
        return False
    letters = sum(len(str(v)) for v in values) / len(values)
    return letters <= MOST_LETTERS and len(set(values)) <= max(20, len(values) // 4)
