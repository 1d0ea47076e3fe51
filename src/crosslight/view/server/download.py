"""A selection as a file: every column but pictures, sorted as it is shown. A selection that is too
large to be sorted goes out as it is read, in the order of the table, and its name says so."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crosslight.view.rows.files import plain_columns
from crosslight.view.rows.narrow import Numbers
from crosslight.view.rows.query import Query
from crosslight.view.rows.table import Selection, Table
from crosslight.view.rows.values import rows_of

FORMS: Final = {"jsonl": "application/x-ndjson", "parquet": "application/vnd.apache.parquet"}
MOST_SORTED: Final = 128 * 2**20
"""Bytes of a selection that are held in memory to be sorted."""


def file_of(name: str, table: Table, query: Query, form: str) -> tuple[str, Iterator[bytes]]:
    """The file's name, and the file in parts. One that breaks off ends the answer early, so that a
    browser says so."""
    selection = table.select(replace(query, group=""))
    columns = plain_columns(table.files.schema)
    batches, told = _batches(table, selection.mask, columns), ""
    if query.sort or query.falling:
        batches, told = _sorted(batches, selection)
    told += "" if selection.searched is None else "-partial"
    which = "all" if selection.rows == table.rows else f"{selection.rows}"
    parts = _lines(batches) if form == "jsonl" else _parquet(table, batches, columns)
    return f"{name}-{which}-rows{told}.{form}", parts


def _sorted(
    batches: Iterator[pa.RecordBatch], selection: Selection
) -> tuple[Iterator[pa.RecordBatch], str]:
    """The rows as the selection has them; of too many as they come, and what to say of it."""
    held: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        held.append(batch)
        size += batch.nbytes
        if size > MOST_SORTED:
            return chain(held, batches), "-in-file-order"
    if not held:
        return iter(()), ""
    places = np.searchsorted(np.flatnonzero(selection.mask), selection.numbers)
    whole = pa.concat_tables(
        [pa.Table.from_batches([batch]) for batch in held], promote_options="permissive"
    )
    return iter(whole.take(pa.array(places)).to_batches()), ""


def _batches(table: Table, mask: Numbers, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Only row groups that have a row of the selection are read."""
    starts = table.files.starts()
    for at, (start, end) in enumerate(pairwise(starts)):
        if not mask[start:end].any():
            continue
        place = start
        for batch in table.files.batches(columns, (at, at + 1)):
            here = mask[place : place + len(batch)]
            place += len(batch)
            if here.any():
                yield batch.filter(pa.array(np.asarray(here)))


def _lines(batches: Iterator[pa.RecordBatch]) -> Iterator[bytes]:
    for batch in batches:
        rows = (json.dumps(_plain(row), ensure_ascii=False, default=str) for row in rows_of(batch))
        yield ("\n".join(rows) + "\n").encode(errors="replace")


def _plain(value: Any) -> Any:
    """What JSON can say: a number that is none is unknown."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value


def _parquet(
    table: Table, batches: Iterator[pa.RecordBatch], columns: list[str]
) -> Iterator[bytes]:
    sink = _Sink()
    schema = pa.schema([table.files.schema.field(name) for name in columns])
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch.select(columns))
            yield sink.taken()
    yield sink.taken()


class _Sink:
    """A file that is only written, and given away as it grows."""

    closed = False

    def __init__(self) -> None:
        self._data = bytearray()
        self._at = 0

    def write(self, data: Any) -> int:
        """Add it."""
        self._data += data
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        """Bytes so far."""
        return self._at

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing to close."""

    def taken(self) -> bytes:
        """What has come since the last time."""
        data, self._data = bytes(self._data), bytearray()
        return data
