"""A selection as a file: every column but pictures, in the order of the table, as it is read."""

import json
import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crosslight.view.rows.files import plain_columns
from crosslight.view.rows.narrow import Numbers
from crosslight.view.rows.query import Query
from crosslight.view.rows.table import Table
from crosslight.view.rows.values import rows_of

FORMS: Final = {"jsonl": "application/x-ndjson", "parquet": "application/vnd.apache.parquet"}


def file_name(name: str, table: Table, query: Query, form: str) -> str:
    """Says what is in it; `partial` while the search has not seen all rows."""
    selection = table.select(query)
    partial = "" if selection.searched is None else "-partial"
    which = "all" if selection.rows == table.rows else f"{selection.rows}"
    return f"{name}-{which}-rows{partial}.{form}"


def parts(table: Table, query: Query, form: str) -> Iterator[bytes]:
    """The file in parts. One that breaks off ends the answer early, so that a browser says so."""
    mask = table.select(query).mask
    columns = plain_columns(table.files.schema)
    batches = _batches(table, mask, columns)
    yield from (_lines(batches) if form == "jsonl" else _parquet(table, batches, columns))


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
