"""Files of others with large row groups, written again into the cache: a page of scattered rows
unpacks as many row groups as it has rows, and one of 100,000 rows takes half a second."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from crosslight.store import TableFile, part_of, private_folder
from crosslight.view.rows.files import drop_older, kept_at
from crosslight.view.rows.shape import Shape

LARGE: Final = 4_000
"""Rows of a row group from which the file is written again."""
GROUP: Final = 1_000
ENDING: Final = "groups.parquet"
SPARED: Final = 2**30
"""Bytes that stay free on the disk of the cache."""


def with_small_groups(
    shape: Shape, cache: Path | None, told: Callable[[str], None] = lambda line: None
) -> Shape:
    """The shape over files of small row groups. Where there is no room for them, over the same
    files: slower, and said. Raises `TableError`."""
    if cache is None:
        return shape
    return replace(shape, files=tuple(_small(file, cache, told) for file in shape.files))


def rewritten(shape: Shape, cache: Path | None) -> Shape:
    """The shape over those files that stand in the cache with small row groups; none is opened."""
    if cache is None:
        return shape
    kept = [(path, kept_at(cache, [path], "", ENDING)) for path in shape.files]
    return replace(shape, files=tuple(k if k.is_file() else path for path, k in kept))


def _small(path: Path, cache: Path, told: Callable[[str], None]) -> Path:
    kept = kept_at(cache, [path], "", ENDING)
    if kept.is_file():
        return kept
    with TableFile(path) as file:
        if max(file.rows_by_group, default=0) <= LARGE:
            return path
        size = file.size
    with suppress(OSError):
        private_folder(cache)
        drop_older(kept)
        if shutil.disk_usage(cache).free < SPARED + 2 * size:
            told(f"{path.name} has large row groups, and the cache no room: pages will be slow")
            return path
        told(f"{path.name} has large row groups: it is written into the cache, once")
        _write(path, kept)
        return kept
    told(f"{path.name} has large row groups, and the cache cannot be written: pages will be slow")
    return path


def _write(path: Path, kept: Path) -> None:
    part = part_of(kept)
    try:
        with TableFile(path) as file:
            writer = pq.ParquetWriter(part, file.schema, compression="zstd")
            with writer:
                for batch in file.batches(at_once=GROUP):
                    writer.write_table(pa.Table.from_batches([batch]), row_group_size=GROUP)
        part.replace(kept)
    finally:
        part.unlink(missing_ok=True)
