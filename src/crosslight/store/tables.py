"""Rows to parquet: streamed, the same bytes for the same rows, complete or not there at all.

The bytes depend on the rows, the schema and the version of pyarrow only: no clock, no random
name in them. Files are written aside and renamed when they are complete and on disk.
"""

import glob
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from crosslight.store.atomic import open_part, part_of, sync_folder
from crosslight.store.features import IMAGE

GROUP_ROWS = 1_000
GROUP_BYTES = 8 * 2**20
SHARD_ROWS = 5_000
SHARD_BYTES = 400 * 2**20


class _Writer:
    """One open parquet file. Rows are gathered into groups of bounded size."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file, self.part = open_part(path)
        self.path = path
        self.rows = 0
        self.bytes = 0
        self._schema = schema
        self._group: list[Mapping[str, Any]] = []
        self._group_bytes = 0
        plain = [name for name in _leaves(schema) if not name.endswith(".bytes")]
        self._parquet = pq.ParquetWriter(
            self._file,
            schema,
            compression={name: "zstd" if name in plain else "none" for name in _leaves(schema)},
            # Images too: rows of one photo that stand together store its bytes once a group.
            use_dictionary=True,
            dictionary_pagesize_limit=2 * GROUP_BYTES,
            version="2.6",
            data_page_version="1.0",
        )

    def write(self, row: Mapping[str, Any]) -> None:
        """Add a row; unknown columns are refused, missing ones are null."""
        unknown = row.keys() - set(self._schema.names)
        if unknown:
            raise ValueError(f"{self.path.name} has no column {sorted(unknown)[0]!r}")
        size = _size(row)
        self._group.append(row)
        self._group_bytes += size
        self.rows += 1
        self.bytes += size
        if len(self._group) >= GROUP_ROWS or self._group_bytes >= GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Complete the file, bring it to the disk and give it its name."""
        self._flush()
        self._parquet.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self.part.replace(self.path)

    def abandon(self) -> None:
        """Close and delete."""
        if not self._file.closed:
            with suppress(OSError, pa.ArrowException):
                self._parquet.close()
            with suppress(OSError):
                self._file.close()
        self.part.unlink(missing_ok=True)

    def _flush(self) -> None:
        if self._group:
            self._parquet.write_table(pa.Table.from_pylist(self._group, schema=self._schema))
        self._group, self._group_bytes = [], 0


class ParquetSink:
    """One parquet file. As a context manager it takes its name when the block ends well; after an
    error the former file, if any, is as it was."""

    def __init__(self, path: str | Path, schema: pa.Schema) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = _Writer(self.path, schema)
        self._open = True

    @property
    def rows(self) -> int:
        """Rows so far."""
        return self._writer.rows

    def write(self, row: Mapping[str, Any]) -> None:
        """Add a row. Raises `ValueError` for a column that the schema has not."""
        self._writer.write(row)

    def close(self) -> None:
        """Complete the file under its name."""
        if self._open:
            self._open = False
            try:
                self._writer.close()
            except BaseException:  # a full disk: the former file stays, no half is left behind
                self._writer.abandon()
                raise
            sync_folder(self.path.parent)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        elif self._open:
            self._open = False
            self._writer.abandon()


class DatasetSink:
    """A folder of `SPLIT-NNNNN-of-NNNNN.parquet`, replaced as a whole when the block ends well.

    A shard ends after `rows_per_shard` rows or `bytes_per_shard` bytes of values. Where no row
    came at all, an empty first shard of the first split carries the schema.
    """

    def __init__(
        self,
        folder: str | Path,
        schema: pa.Schema,
        *,
        splits: Sequence[str] = ("train",),
        rows_per_shard: int = SHARD_ROWS,
        bytes_per_shard: int = SHARD_BYTES,
    ) -> None:
        self.folder = Path(folder)
        self.rows: dict[str, int] = dict.fromkeys(splits, 0)
        self._schema = schema
        self._rows_per_shard = rows_per_shard
        self._bytes_per_shard = bytes_per_shard
        self._shards: dict[str, list[Path]] = {split: [] for split in splits}
        self._writers: dict[str, _Writer] = {}
        self._aside = part_of(self.folder)
        self._bring_back()
        self._aside.mkdir(parents=True)

    def write(self, split: str, row: Mapping[str, Any]) -> None:
        """Add a row. Raises `ValueError` for a column or split that there is not."""
        if split not in self.rows:
            raise ValueError(f"{self.folder.name} has no split {split!r}")
        writer = self._writers.get(split) or self._begin(split)
        writer.write(row)
        self.rows[split] += 1
        if writer.rows >= self._rows_per_shard or writer.bytes >= self._bytes_per_shard:
            self._writers.pop(split).close()

    def close(self) -> None:
        """Complete all shards and put the folder in the place of the former one."""
        if not any(self._shards.values()):
            self._begin(next(iter(self._shards)))
        for writer in self._writers.values():
            writer.close()
        for split, shards in self._shards.items():
            for at, shard in enumerate(shards):
                shard.rename(shard.with_name(f"{split}-{at:05d}-of-{len(shards):05d}.parquet"))
        sync_folder(self._aside)
        self._swap()

    def abandon(self) -> None:
        """Leave the former folder as it is."""
        for writer in self._writers.values():
            writer.abandon()
        shutil.rmtree(self._aside, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()

    def _begin(self, split: str) -> _Writer:
        shards = self._shards[split]
        path = self._aside / f"{split}-{len(shards):05d}"
        shards.append(path)
        writer = self._writers[split] = _Writer(path, self._schema)
        return writer

    def _bring_back(self) -> None:
        """Undo a swap that a killed run had only half done."""
        former = sorted(self.folder.parent.glob(f".{glob.escape(self.folder.name)}.*.old"))
        if former and not self.folder.exists():
            former.pop().rename(self.folder)
        for folder in former:
            shutil.rmtree(folder, ignore_errors=True)

    def _swap(self) -> None:
        former = self._aside.with_suffix(".old")
        if self.folder.exists():
            self.folder.rename(former)
        self._aside.rename(self.folder)
        sync_folder(self.folder.parent)
        shutil.rmtree(former, ignore_errors=True)


def write_table(path: str | Path, schema: pa.Schema, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write all rows as one file; returns how many."""
    with ParquetSink(path, schema) as sink:
        for row in rows:
            sink.write(row)
    return sink.rows


def _leaves(schema: pa.Schema) -> list[str]:
    """The names of the parquet columns: a struct's fields, a list's elements, in one another."""
    return [leaf for field in schema for leaf in _leaves_of(field.name, field.type)]


def _leaves_of(name: str, kind: pa.DataType) -> list[str]:
    if pa.types.is_struct(kind):
        return [leaf for child in kind for leaf in _leaves_of(f"{name}.{child.name}", child.type)]
    if pa.types.is_list(kind):
        return _leaves_of(f"{name}.list.element", kind.value_type)
    return [name]


def _size(row: Mapping[str, Any]) -> int:
    """Bytes of the large values of a row: what memory and shard sizes depend on."""
    return sum(map(_size_of, row.values()))


def _size_of(value: Any) -> int:
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, Mapping):
        return _size(value)
    if isinstance(value, list | tuple):
        return sum(map(_size_of, value))
    return 8


__all__ = ["IMAGE", "DatasetSink", "ParquetSink", "write_table"]
