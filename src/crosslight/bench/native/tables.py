"""Tables with bytes in them: parquet (pictures inside) and xlsx. Bounded like `bench.files`."""

import io
import zipfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from crosslight.bench.item import BadRow, SuiteError
from crosslight.bench.native.fields import RowFault, Rows
from crosslight.bench.native.files import MAX_FILE, PART, file_bytes, inside
from crosslight.store import TableError, TableFile

MAX_ROWS = 2_000_000
MAX_XLSX = 64 << 20
MAX_UNPACKED = 512 << 20
"""Bytes of an xlsx file's parts: a small zip can hold a very large sheet."""
MAX_XLSX_ROWS = 100_000
MAX_SHEETS = 16


def parquet_rows(
    folder: Path, name: str, columns: Iterable[str], picture: str = "", more: Iterable[str] = ()
) -> Rows:
    """The rows of a parquet file that has at least `columns`: these, and of `more` what is there.

    The bytes of the column `picture` are not read here: the field becomes the picture's name
    (`file.parquet::row/column`, read by `images.image_bytes`, which finds an empty cell).
    """
    try:
        path = inside(folder, name)
        if path.stat().st_size > MAX_FILE:
            raise SuiteError(f"over {MAX_FILE} bytes", file=name)
        with TableFile(path) as file:
            if file.rows > MAX_ROWS:
                raise SuiteError(f"over {MAX_ROWS} rows", file=name)
            needed = [*columns, *([picture] if picture else [])]
            _check(file.schema.names, needed)
            wanted = [n for n in (*needed, *more) if n in file.schema.names and n != picture]
            yield from _rows(file, name, wanted, picture)
    except RowFault as fault:
        raise SuiteError(str(fault), file=name) from fault
    except SuiteError as error:
        raise SuiteError(error.cause, file=name, remedy=error.remedy) from error
    except (TableError, OSError, ValueError) as error:
        cause = f"no parquet that can be read: {error}".splitlines()[0][:200]
        raise SuiteError(cause, file=name, remedy="fetch it again") from error


def _check(names: list[str], columns: list[str]) -> None:
    missing = [column for column in columns if column not in names]
    if missing:
        has = ", ".join(ascii(title[:30]) for title in names[:12])
        raise SuiteError(f"no column {', '.join(missing)}; there are: {has}")


def _rows(file: TableFile, name: str, plain: list[str], picture: str) -> Rows:
    number = 0
    for batch in file.batches(plain):
        for at in range(batch.num_rows):
            number += 1
            try:
                fields = {title: batch.column(title)[at].as_py() for title in batch.schema.names}
            except Exception as error:  # broken UTF-8, a date past Python's
                yield BadRow(name, number, f"cannot be read: {error}"[:200])
                continue
            if picture:
                fields[picture] = f"{name}{PART}{number - 1}/{picture}"
            yield number, fields
    if number != file.rows:
        lost = file.rows - number
        yield BadRow(name, number + 1, f"{lost} rows are not there", max(lost, 1))


def parquet_picture(path: Path, row: int, column: str) -> bytes:
    """The bytes of one picture in a parquet file; `images/1` is the second of a list. Raises
    `SuiteError`."""
    listed, _, at = column.rpartition("/")
    column = listed if listed and at.isdigit() else column
    try:
        changed = path.stat().st_mtime_ns
        for first, group, count in _groups(path, changed):
            if first <= row < first + count:
                cell = _column(path, changed, group, column)[row - first].as_py()
                if column == listed and isinstance(cell, list):
                    cell = cell[int(at)] if int(at) < len(cell) else None
                data = cell.get("bytes") if isinstance(cell, dict) else cell
                if isinstance(data, bytes):
                    return data
                raise SuiteError("the cell holds no picture", file=path.name, row=row + 1)
    except SuiteError:
        raise
    except Exception as error:  # of the table, and of a cell that is not what its type says
        cause = f"{error}"[:200] or type(error).__name__
        raise SuiteError(cause, file=path.name, row=row + 1) from error
    raise SuiteError("no such row", file=path.name, row=row + 1)


@lru_cache(maxsize=64)
def _groups(path: Path, _changed: int) -> tuple[tuple[int, int, int], ...]:
    """(first row, row group, rows) of each row group."""
    made, first = [], 0
    with TableFile(path) as file:
        for group, count in enumerate(file.rows_by_group):
            made.append((first, group, count))
            first += count
    return tuple(made)


@lru_cache(maxsize=2)  # a row group of pictures can be hundreds of MB
def _column(path: Path, _changed: int, group: int, column: str) -> Any:
    with TableFile(path) as file:
        return file.column(column, group)


def xlsx_rows(folder: Path, name: str, columns: Iterable[str]) -> Rows:
    """The rows of the first sheet of an xlsx file whose first row has at least `columns`; other
    sheets, notes of somebody, say nothing."""
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
        sheets = [_records(sheet) for sheet in book.worksheets[:MAX_SHEETS]]
    # zip, XML and openpyxl each have a family of errors of their own for a broken file
    except Exception as error:
        cause = f"no xlsx that can be read: {type(error).__name__}: {error}"[:200]
        raise SuiteError(cause, file=name, remedy="fetch it again") from error
    records = next((sheet for sheet in sheets if not _lacks(sheet, columns)), sheets[0])
    header = _titles(records)
    if missing := _lacks(records, columns):
        raise SuiteError(f"no column {', '.join(missing)}", file=name, row=1)
    for number, record in enumerate(records[1:], 2):
        if all(cell is None for cell in record):
            continue
        if len(record) != len(header):
            yield BadRow(name, number, f"{len(record)} fields, the header has {len(header)}")
        else:
            yield number, dict(zip(header, record, strict=True))


def _records(sheet: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in sheet.iter_rows(values_only=True, max_row=MAX_XLSX_ROWS)]


def _titles(records: list[tuple[Any, ...]]) -> list[str]:
    return ["" if title is None else str(title).strip() for title in records[0]] if records else []


def _lacks(records: list[tuple[Any, ...]], columns: Iterable[str]) -> list[str]:
    header = _titles(records)
    return [column for column in columns if column not in header]
