"""Tables with bytes in them: parquet (pictures inside) and xlsx. Bounded like `bench.files`."""

import io
import zipfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from crosslight.bench.item import BadRow, SuiteError
from crosslight.bench.native.fields import RowFault, Rows
from crosslight.bench.native.files import MAX_FILE, PART, file_bytes, inside

MAX_ROWS = 2_000_000
MAX_XLSX = 64 << 20
MAX_UNPACKED = 512 << 20
"""Bytes of an xlsx file's parts: a small zip can hold a very large sheet."""
MAX_XLSX_ROWS = 100_000


def parquet_rows(folder: Path, name: str, columns: Iterable[str], picture: str = "") -> Rows:
    """The rows of a parquet file that has at least `columns`.

    The bytes of the column `picture` are not read here: the field becomes the picture's name
    (`file.parquet::row/column`, read by `images.image_bytes`, which finds an empty cell).
    """
    try:
        path = inside(folder, name)
        if path.stat().st_size > MAX_FILE:
            raise SuiteError(f"over {MAX_FILE} bytes", file=name)
        with pq.ParquetFile(path) as file:
            if file.metadata.num_rows > MAX_ROWS:
                raise SuiteError(f"over {MAX_ROWS} rows", file=name)
            wanted = _wanted(file.schema_arrow.names, [*columns, *([picture] if picture else [])])
            yield from _rows(file, name, wanted, picture)
    except RowFault as fault:
        raise SuiteError(str(fault), file=name) from fault
    except SuiteError as error:
        raise SuiteError(error.cause, file=name, remedy=error.remedy) from error
    except (pa.ArrowException, OSError, ValueError, UnicodeError, MemoryError) as error:
        cause = f"no parquet that can be read: {error}".splitlines()[0][:200]
        raise SuiteError(cause, file=name, remedy="fetch it again") from error


def _wanted(names: list[str], columns: list[str]) -> list[str]:
    missing = [column for column in columns if column not in names]
    if missing:
        has = ", ".join(ascii(title[:30]) for title in names[:12])
        raise SuiteError(f"no column {', '.join(missing)}; there are: {has}")
    return names


def _rows(file: pq.ParquetFile, name: str, names: list[str], picture: str) -> Rows:
    number = 0
    plain = [title for title in names if title != picture]
    for batch in file.iter_batches(batch_size=1024, columns=plain):
        for fields in batch.to_pylist():
            number += 1
            if picture:
                fields[picture] = f"{name}{PART}{number - 1}/{picture}"
            yield number, fields
    if number != file.metadata.num_rows:
        yield BadRow(name, number + 1, f"{file.metadata.num_rows - number} rows are not there")


def parquet_picture(path: Path, row: int, column: str) -> bytes:
    """The bytes of one picture in a parquet file. Raises `SuiteError`."""
    try:
        for first, group, count in _groups(path, path.stat().st_mtime_ns):
            if first <= row < first + count:
                cell = _column(path, group, column)[row - first].as_py()
                data = cell.get("bytes") if isinstance(cell, dict) else cell
                if isinstance(data, bytes):
                    return data
                raise SuiteError("the cell holds no picture", file=path.name, row=row + 1)
    except (pa.ArrowException, OSError, ValueError, KeyError, MemoryError) as error:
        raise SuiteError(f"{error}"[:200], file=path.name, row=row + 1) from error
    raise SuiteError("no such row", file=path.name, row=row + 1)


@lru_cache(maxsize=64)
def _groups(path: Path, _changed: int) -> tuple[tuple[int, int, int], ...]:
    """(first row, row group, rows) of each row group."""
    made, first = [], 0
    with pq.ParquetFile(path) as file:
        for group in range(file.metadata.num_row_groups):
            count = file.metadata.row_group(group).num_rows
            made.append((first, group, count))
            first += count
    return tuple(made)


@lru_cache(maxsize=2)  # a row group of pictures can be hundreds of MB
def _column(path: Path, group: int, column: str) -> Any:
    with pq.ParquetFile(path) as file:
        return file.read_row_group(group, columns=[column]).column(column)


def xlsx_rows(folder: Path, name: str, columns: Iterable[str]) -> Rows:
    """The rows of the first sheet of an xlsx file whose first row has at least `columns`."""
    data = file_bytes(folder, name, MAX_XLSX)
    try:
        import openpyxl
    except ImportError as error:
        raise SuiteError(
            "needs openpyxl", file=name, remedy="pip install 'crosslight[bench]'"
        ) from error
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > MAX_UNPACKED:
            raise ValueError(f"{unpacked} bytes unpacked, at most {MAX_UNPACKED} are read")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        records = [tuple(row) for row in sheet.iter_rows(values_only=True, max_row=MAX_XLSX_ROWS)]
    # zip, XML and openpyxl each have a family of errors of their own for a broken file
    except Exception as error:
        cause = f"no xlsx that can be read: {type(error).__name__}: {error}"[:200]
        raise SuiteError(cause, file=name, remedy="fetch it again") from error
    header = [str(title) for title in records[0]] if records else []
    missing = [column for column in columns if column not in header]
    if missing:
        raise SuiteError(f"no column {', '.join(missing)}", file=name, row=1)
    for number, record in enumerate(records[1:], 2):
        if all(cell is None for cell in record):
            continue
        if len(record) != len(header):
            yield BadRow(name, number, f"{len(record)} fields, the header has {len(header)}")
        else:
            yield number, dict(zip(header, record, strict=True))
