"""The narrow columns of a table, read in one pass, and kept in the cache for the next time.

The files of strangers are judged page by page as they are read, which for a million rows takes
some seconds; what came out of it is some 70 MB of codes and numbers, which load in a moment.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crosslight.store import TableError, part_of, private_folder
from crosslight.view.rows.files import AT_ONCE, Files, Layout, drop_older, kept_at
from crosslight.view.rows.names import row_names
from crosslight.view.rows.narrow import (
    Facet,
    FacetMaker,
    Group,
    GroupMaker,
    Measure,
    Numbers,
    TooManyValues,
    as_floats,
    as_measure,
)
from crosslight.view.rows.shape import Shape

KEPT_FROM: Final = 50_000
"""Rows from which it pays to keep the columns."""
SPARED: Final = 2**30
"""Bytes that the cache leaves free on its disk."""
_ODD: Final = (pa.ArrowException, ValueError, TypeError, OverflowError)
"""What a column raises that is of another type than its name says: it plays no part then."""
_NO_FACET: Final = (TooManyValues, *_ODD)
FORM: Final = "2"
"""Of the kept file: another form is not read."""


@dataclass(frozen=True)
class Columns:
    """What is held in memory of all rows. `ids`: what each is called, no two alike."""

    layout: Layout
    facets: Mapping[str, Facet]
    measures: Mapping[str, Measure]
    groups: Mapping[str, Group]
    ids: pa.Array | None


def read_columns(shape: Shape, files: Files) -> Columns:
    """One pass through the narrow columns. Raises `TableError`."""
    facets: dict[str, FacetMaker] = {name: FacetMaker(name) for name in shape.facets}
    groups = {name: GroupMaker(name) for name in shape.groups}
    scores: dict[str, list[Numbers]] = {name: [] for name in shape.scores}
    ids: list[pa.Array] = []
    columns = list(dict.fromkeys([*facets, *groups, *scores, *([shape.id] if shape.id else [])]))
    for batch in _joined(files.batches(columns)) if columns else ():
        for name in list(facets):
            try:
                facets[name].add(batch.column(name))
            except _NO_FACET:
                del facets[name]
        for name in list(groups):
            try:
                groups[name].add(batch.column(name))
            except _ODD:
                del groups[name]
        for name in list(scores):
            try:
                scores[name].append(as_floats(batch.column(name)))
            except _ODD:
                del scores[name]
        if shape.id:
            ids.append(_ids(shape, batch.column(shape.id)))
    made = {name: maker.made() for name, maker in facets.items()}
    measured = {name: as_measure(name, parts) for name, parts in scores.items()}
    return Columns(
        files.layout,
        # One value for all rows tells nobody anything.
        {name: facet for name, facet in made.items() if len(facet.values) > 1},
        {name: one for name, one in measured.items() if np.isfinite(one.values).any()},
        {name: maker.made() for name, maker in groups.items()},
        _names(shape, ids) if shape.id else None,
    )


def _ids(shape: Shape, column: pa.Array) -> pa.Array:
    try:
        return pc.cast(column, pa.large_string())
    except pa.ArrowException as error:
        raise _no_ids(shape) from error


def _names(shape: Shape, ids: list[pa.Array]) -> pa.Array:
    try:
        return row_names(pa.concat_arrays(ids) if ids else pa.array([], pa.large_string()))
    except pa.ArrowException as error:
        raise _no_ids(shape) from error


def _no_ids(shape: Shape) -> TableError:
    return TableError(
        f"the column {shape.id!r} of {shape.title} holds no ids that can be read",
        "name another: --column id=COLUMN",
    )


def _joined(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Small batches as fewer large ones, as long as they are of one form: what is done once a
    batch weighs more than what is done once a row."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        if held and not batch.schema.equals(held[0].schema):
            yield from _one(held)
            held, rows = [], 0
        held.append(batch)
        rows += len(batch)
        if rows >= AT_ONCE:
            yield from _one(held)
            held, rows = [], 0
    yield from _one(held)


def _one(held: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    try:
        return pa.Table.from_batches(held).combine_chunks().to_batches() if held else []
    except pa.ArrowException:  # dictionaries in lists, say
        return held


def kept_columns(shape: Shape, cache: Path | None) -> Columns | None:
    """What an earlier opening of the same files kept; None where there is nothing that fits."""
    if cache is None:
        return None
    try:
        with np.load(_path(shape, cache), allow_pickle=False) as kept:
            return _loaded(kept)
    except Exception:  # torn, of another form, or not there: it is read out of the files again
        return None


def keep_columns(shape: Shape, columns: Columns, cache: Path | None) -> None:
    """Keep them for the next time, where there is room; without is only slower."""
    rows = sum(map(sum, columns.layout.groups))
    if cache is None or rows < KEPT_FROM:
        return
    arrays = _arrays(columns)
    path = _path(shape, cache)
    part = part_of(path)
    with suppress(OSError):
        private_folder(cache)
        if shutil.disk_usage(cache).free < SPARED + sum(one.nbytes for one in arrays.values()):
            return
        try:
            with part.open("wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
            part.replace(path)
            drop_older(path)
        finally:
            part.unlink(missing_ok=True)


def _arrays(columns: Columns) -> dict[str, Any]:
    about: dict[str, Any] = {
        "form": FORM,
        "groups": columns.layout.groups,
        "facets": {name: facet.values for name, facet in columns.facets.items()},
        "measures": list(columns.measures),
        "grouped": list(columns.groups),
        "ids": columns.ids is not None,
    }
    found = {
        "about": _bytes(json.dumps(about).encode()),
        "schema": np.frombuffer(columns.layout.schema.serialize(), dtype=np.uint8),
    }
    for at, facet in enumerate(columns.facets.values()):
        found[f"facet{at}"] = facet.codes
        if facet.at is not None:
            found[f"facet{at}at"] = facet.at
    for at, measure in enumerate(columns.measures.values()):
        found[f"measure{at}"] = measure.values
    for at, group in enumerate(columns.groups.values()):
        found[f"group{at}"] = group.codes
        found[f"group{at}values"] = _packed(group.values)
    if columns.ids is not None:
        found["ids"] = _packed(columns.ids)
    return found


def _loaded(kept: Any) -> Columns:
    about = json.loads(kept["about"].tobytes())
    if about["form"] != FORM:
        raise ValueError(about["form"])
    facets = {
        name: Facet(
            name,
            tuple(values),
            kept[f"facet{at}"],
            kept.get(f"facet{at}at", None),
        )
        for at, (name, values) in enumerate(about["facets"].items())
    }
    groups = {
        name: Group(name, kept[f"group{at}"], _unpacked(kept[f"group{at}values"]))
        for at, name in enumerate(about["grouped"])
    }
    schema = pa.ipc.read_schema(pa.py_buffer(kept["schema"].tobytes()))
    return Columns(
        Layout(schema, tuple(tuple(counts) for counts in about["groups"])),
        facets,
        {name: Measure(name, kept[f"measure{at}"]) for at, name in enumerate(about["measures"])},
        groups,
        _unpacked(kept["ids"]) if about["ids"] else None,
    )


def _packed(texts: pa.Array) -> Numbers:
    sink = pa.BufferOutputStream()
    batch = pa.record_batch({"text": texts})
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return np.frombuffer(sink.getvalue(), dtype=np.uint8)


def _unpacked(data: Numbers) -> pa.Array:
    (batch,) = pa.ipc.open_stream(pa.py_buffer(data.tobytes()))
    return batch.column(0)


def _bytes(data: bytes) -> Numbers:
    return np.frombuffer(data, dtype=np.uint8)


def _path(shape: Shape, cache: Path) -> Path:
    """Named by the files as they are now and by what is read of them."""
    read = (shape.id, shape.facets, shape.scores, shape.groups)
    return kept_at(cache, shape.files, read, "columns.npz")
