"""Tables of somebody's own whose pictures stand in the rows: data URLs and base64, also as
VLMEvalKit writes them (a TSV in which a row can show the picture of another by its index).

A row then names its picture by its place (`items.tsv::12/image`), as of a parquet file; the bytes
are read when it is asked about, out of a temporary file, so that memory does not grow with them.
"""

import csv
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import IO, Any

from crosslight.bench.item import LETTERS, BadRow, SuiteError
from crosslight.bench.native.fields import Row, Rows
from crosslight.bench.native.files import MAX_IMAGE, PART, csv_rows, json_any, jsonl_rows
from crosslight.photos import is_base64_picture, is_data_url, picture_bytes, text_list

INDEX = "index"
LONGEST_INDEX = 64
"""Characters; what is longer is no index of another row (VLMEvalKit's own rule)."""
_NAME = re.compile(r"[\w-]+")

# A field may be a picture in base64. The reader of csv has one bound for the whole process.
csv.field_size_limit(max(csv.field_size_limit(), 32 * 2**20))


def own_rows(folder: Path, name: str, needed: Iterable[str], pictures: tuple[str, str]) -> Rows:
    """The rows of a JSONL, JSON, CSV or TSV file (by its name). Of a table without nested cells the
    columns `A`, `B` ... are the options. What stands in the two columns of `pictures` (one; a list)
    as text of a picture becomes the name of its place."""
    flat = name.lower().endswith((".csv", ".tsv"))
    indexed = _indexed(folder, name, pictures) if flat else {}
    for one in _read(folder, name, tuple(needed)):
        if isinstance(one, BadRow):
            yield one
            continue
        number, row = one[0], dict(one[1])
        for column in pictures:
            if column in row:
                place = f"{name}{PART}{number}/{column}"
                row[column] = _placed(row[column], place, column, indexed)
        single, several = pictures
        if isinstance(row.get(single), list) and several not in row:
            row[several] = row.pop(single)
        yield number, (_with_options(row) if flat else row)


def encoded_picture(path: Path, row: int, place: str) -> bytes:
    """The bytes of the picture at a place: `image`, or `images/2` in a list.

    Raises `SuiteError`, OSError.
    """
    column, _, at = place.rpartition("/")
    key = (row, column, int(at)) if column and at.isdigit() else (row, place, 0)
    return _spool(path, path.stat().st_mtime_ns).read(key)


def is_picture_text(value: Any) -> bool:
    """Whether a cell is a picture that is written as text."""
    return isinstance(value, str) and (is_data_url(value) or is_base64_picture(value))


def _read(folder: Path, name: str, needed: tuple[str, ...]) -> Rows:
    kind = name.lower().rpartition(".")[2]
    if kind in ("csv", "tsv"):
        rows = csv_rows(folder, name, needed)
    else:
        rows = json_any(folder, name) if kind == "json" else jsonl_rows(folder, name)
    for one in rows:
        if isinstance(one, BadRow):
            yield one
        else:  # an empty cell of a table says nothing
            yield one[0], {title: cell for title, cell in one[1].items() if title and cell != ""}


def _indexed(folder: Path, name: str, columns: tuple[str, ...]) -> Mapping[tuple[str, str], str]:
    """Where the picture of a row stands, by column and index."""
    found: dict[tuple[str, str], str] = {}
    for one in _read(folder, name, ()):
        if isinstance(one, BadRow):
            continue
        number, row = one
        for column in columns:
            if INDEX in row and is_picture_text(row.get(column)):
                found.setdefault((column, str(row[INDEX])), f"{name}{PART}{number}/{column}")
    return found


def _placed(value: Any, place: str, column: str, indexed: Mapping[tuple[str, str], str]) -> Any:
    """A cell with the places of its pictures instead of them."""
    if is_picture_text(value):
        return place
    if isinstance(value, str):
        if len(value) <= LONGEST_INDEX and _NAME.fullmatch(value):
            return indexed.get((column, value), value)
        value = text_list(value) or value
    if isinstance(value, list):
        return [f"{place}/{at}" if is_picture_text(one) else one for at, one in enumerate(value)]
    return value


def _with_options(row: Row) -> Row:
    letters = [letter for letter in LETTERS if letter in row]
    if len(letters) < 2 or "options" in row:
        return row
    rest = {title: cell for title, cell in row.items() if title not in letters}
    return rest | {"options": {letter: row[letter] for letter in letters}}


class _Spool:
    """The pictures of one table in a temporary file. May be read by threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._places: dict[tuple[int, str, int], tuple[int, int]] = {}
        self._faults: dict[tuple[int, str, int], str] = {}
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the table is read
        for number, column, at, text in _texts(path):
            self._keep((number, column, at), text)

    def read(self, key: tuple[int, str, int]) -> bytes:
        """Of (row, column, place in a list). Raises `SuiteError`."""
        start, length = self._places.get(key, (0, 0))
        if not length:
            cause = self._faults.get(key, "the cell holds no picture")
            raise SuiteError(cause, file=self._path.name, row=key[0])
        with self._lock:
            self._file.seek(start)
            return self._file.read(length)

    def _keep(self, key: tuple[int, str, int], text: str) -> None:
        try:
            data = picture_bytes(text, MAX_IMAGE)
        except Exception as error:  # no base64, too large: each names its cause
            self._faults[key] = ": ".join(map(str, error.args))[:200]
            return
        start = self._file.seek(0, 2)
        self._places[key] = (start, self._file.write(data))


def _texts(path: Path) -> Iterator[tuple[int, str, int, str]]:
    """(row, column, place in a list, text) of every picture in a table."""
    for one in _read(path.parent, path.name, ()):
        if isinstance(one, BadRow):
            continue
        number, row = one
        for column, cell in row.items():
            items = (text_list(cell) if isinstance(cell, str) else cell) or cell
            for at, value in enumerate(items if isinstance(items, list) else [items]):
                if is_picture_text(value):
                    yield number, column, at, value


@lru_cache(maxsize=2)
def _spool(path: Path, _changed: int) -> _Spool:
    return _Spool(path)
