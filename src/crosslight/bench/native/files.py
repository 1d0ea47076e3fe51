"""Reading the authors' files: bounded, inside their folder, and with errors that name the row.

Every reader yields `(row number from 1, fields)` or a `BadRow`; a file that is missing or broken
as a whole raises `SuiteError`, which `fields.each` turns into a `BadRow` of that file.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from crosslight.bench.item import BadRow, SuiteError
from crosslight.bench.native.fields import RowFault, Rows
from crosslight.store import LINKED, TwoFiles, file_sha256, find_file, stays_in
from crosslight.text import NotText, decode, split_lines, table_start

MAX_FILE = 1 << 30
"""Bytes of one table. The largest published one (JailBreakV-28K) has about 40 MB."""
MAX_IMAGE = 64 << 20
"""Bytes of one picture."""
PART = "::"
"""Between a table and the place inside it: `test/harm.parquet::12/image`."""


def inside(folder: Path, name: str) -> Path:
    """The path of `name` under `folder`; raises `RowFault` when it would lead out of it."""
    if not name or "\x00" in name or len(name) > 500:
        raise RowFault(f"no file name: {name[:40]!r}")
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or name.startswith(("/", "~")) or ":" in parts[0]:
        raise RowFault(f"the path {name[:80]!r} leads out of the folder")
    path = folder.joinpath(*parts)
    if not stays_in(folder, path):
        raise RowFault(f"{name[:80]!r} is a link out of the folder")
    return path


def there(folder: Path, name: str) -> bool:
    """Whether that file is in the folder. A name that leads out raises `RowFault`."""
    try:
        return inside(folder, name).is_file()
    except (OSError, ValueError):
        return False


def spelled(folder: Path, name: str) -> str:
    """The name of a file in the folder that `name` means, maybe in another system's spelling;
    empty where there is none. Raises `RowFault` for one that leads out or fits two files."""
    if there(folder, name):
        return name
    try:
        found = find_file(folder, name)
    except TwoFiles as error:
        raise RowFault(f"the path {name[:80]!r} {error}") from error
    except (OSError, ValueError):
        return ""
    inner = found.relative_to(folder).as_posix()
    return inner if there(folder, inner) else ""


def find(folder: Path, *names: str, remedy: str = "") -> str:
    """The first of `names` that is in the folder. Raises `SuiteError` naming what is missing."""
    if not folder.is_dir():
        raise SuiteError("no such folder", file=str(folder))
    for name in names:
        try:
            if there(folder, name):
                return name
        except RowFault as fault:
            raise SuiteError(str(fault), file=name) from fault
    cause = f"not found: {names[0]}" if len(names) == 1 else f"none of: {', '.join(names)}"
    raise SuiteError(
        cause, file=str(folder), remedy=remedy or "--data names the folder that holds it"
    )


def all_of(folder: Path, *names: str) -> list[str]:
    """All of `names` that are in the folder, in this order: the forms in which one set comes.

    Raises `SuiteError` where none is there.
    """
    first = find(folder, *names)
    return [name for name in names[names.index(first) :] if (folder / name).is_file()]


def matching(folder: Path, *patterns: str) -> list[str]:
    """Names of the files that match, sorted; for suites of many files. A link out of the folder is
    among them: left out it would be a table with fewer rows, and reading it names it."""
    if not folder.is_dir():
        raise SuiteError("no such folder", file=str(folder))
    found = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
    return sorted(path.relative_to(folder).as_posix() for path in found)


def file_bytes(folder: Path, name: str, limit: int = MAX_FILE) -> bytes:
    """A file's bytes, not more than `limit`."""
    try:
        path = inside(folder, name)
        size = path.stat().st_size
        if size > limit:
            raise SuiteError(f"{size} bytes, at most {limit} are read", file=name)
        return path.read_bytes()
    except RowFault as fault:
        remedy = "" if stays_in(folder, folder / name) else LINKED
        raise SuiteError(str(fault), file=name, remedy=remedy) from fault
    except OSError as error:
        raise SuiteError(error.strerror or "cannot be read", file=name) from error


def file_hash(folder: Path, name: str) -> str:
    """sha256 of a file, for the result's provenance; empty of one that cannot be read."""
    try:
        return file_sha256(inside(folder, name))
    except (RowFault, OSError):
        return ""


def file_text(folder: Path, name: str) -> str:
    """The text of a file in UTF-8, or in UTF-16 with its mark. Bytes that are not UTF-8 stay
    marked (surrogates), so that the row that holds them is refused and not the file."""
    data = file_bytes(folder, name)
    try:
        text = decode(data, "surrogateescape")
    except NotText as error:
        raise SuiteError(error.message, file=name, remedy=error.hint) from error
    if not text.strip():
        raise SuiteError("is empty", file=name, remedy="fetch it again")
    return text


def json_value(folder: Path, name: str) -> Any:
    """The JSON value of a file. A key that stands twice is refused: one of them would vanish."""
    value = _parse(file_text(folder, name), name, 0)
    if twice := doubled(value):
        raise SuiteError(f"no JSON: {twice}", file=name)
    return value


def json_rows(folder: Path, name: str, *, under: str = "") -> Rows:
    """The objects of a JSON list (or of the list at key `under`)."""
    value = _parse(file_text(folder, name), name, 0)
    if under:
        if isinstance(value, Doubled) and under in value.keys_twice:
            raise SuiteError(f"the key {under!r} appears twice", file=name)
        value = value.get(under) if isinstance(value, dict) else None
    if not isinstance(value, list):
        where = f"no list at {under!r}" if under else "no JSON list"
        raise SuiteError(where, file=name, remedy="fetch the authors' file again")
    yield from _objects(name, value)


def json_table(folder: Path, name: str) -> Iterator[tuple[int, str, dict[str, Any]] | BadRow]:
    """The objects of a JSON object of objects, with their keys."""
    value = _parse(file_text(folder, name), name, 0)
    if not isinstance(value, dict):
        raise SuiteError("no JSON object", file=name, remedy="fetch the authors' file again")
    for number, (key, fields) in enumerate(value.items(), 1):
        if isinstance(value, Doubled) and key in value.keys_twice:
            yield BadRow(name, number, f"the key {key[:40]!r} appears twice", items=2)
        elif twice := doubled(fields):
            yield BadRow(name, number, twice)
        elif isinstance(fields, dict):
            yield number, key, fields
        else:
            yield BadRow(name, number, f"{key[:40]!r} holds no object")


def json_any(folder: Path, name: str) -> Rows:
    """The objects of a JSON list, of a list at the key `data`, or of an object by id (`id`)."""
    value = _parse(file_text(folder, name), name, 0)
    if isinstance(value, list):
        yield from _objects(name, value)
    elif isinstance(value, dict) and isinstance(value.get("data"), list):
        yield from json_rows(folder, name, under="data")
    else:
        for row in json_table(folder, name):
            yield row if isinstance(row, BadRow) else (row[0], {"id": row[1], **row[2]})


def jsonl_rows(folder: Path, name: str) -> Rows:
    """The objects of a JSON-lines file; a line that is no object is a bad row."""
    for number, line in enumerate(split_lines(file_text(folder, name)), 1):
        if not line.strip():
            continue
        try:
            value = _parse(line, name, number)
        except SuiteError as error:
            yield BadRow(name, number, error.cause)
            continue
        yield from _objects(name, [value], first=number)


def csv_rows(folder: Path, name: str, columns: Iterable[str]) -> Rows:
    """The rows of a CSV file with a header that has at least `columns`.

    A row of another width is bad: shifted columns are never read as if they were right.
    """
    columns = tuple(columns)
    stream = io.StringIO(file_text(folder, name), newline="")
    own = "\t" if name.lower().endswith(".tsv") else ","
    start = table_start(stream, {column.lower() for column in columns}.__contains__, own)
    reader = csv.reader(chain((start.header,), stream), delimiter=start.separator, strict=True)
    header: list[str] = []
    for number, fields in _csv_records(reader, name, start.taken - 1):
        if isinstance(fields, BadRow):
            if not header:
                raise SuiteError("the header cannot be read", file=name, row=1)
            yield fields
        elif not header:
            header = [title.strip() for title in fields]
            _check_header(header, columns, name)
        elif fields and len(fields) == len(header):
            yield number, dict(zip(header, fields, strict=True))
        elif fields:
            lines = _lines(fields)
            over = f" over {lines} lines" if lines > 1 else ""
            reason = f"{len(fields)} fields{over}, the header has {len(header)}"
            yield BadRow(name, number, reason, lines)
    if not header:
        raise SuiteError("no header", file=name, row=1)


def line_rows(folder: Path, name: str, column: str) -> Rows:
    """One text a line under a one-word header; commas are text, whatever the file's name says."""
    lines = split_lines(file_text(folder, name))
    if lines[0].strip() != column:
        raise SuiteError(f"the first line is not {column!r}", file=name, row=1)
    for number, line in enumerate(lines[1:], 2):
        if line.strip():
            yield number, {column: line}


def _csv_records(
    reader: Any, name: str, before: int = 0
) -> Iterator[tuple[int, list[str] | BadRow]]:
    """Records with their first line's number, of a file with so many lines before the header; a
    record that csv refuses is one bad row."""
    while True:
        first = before + reader.line_num + 1
        try:
            yield first, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lines = before + reader.line_num - first + 1
            reason = f"{error}" + (f", over {lines} lines" if lines > 1 else "")
            yield first, BadRow(name, first, reason, lines)


def _check_header(header: list[str], columns: Iterable[str], name: str) -> None:
    missing = [column for column in columns if column not in header]
    if missing:
        has = ", ".join(ascii(title[:30]) for title in header[:12])
        raise SuiteError(f"no column {', '.join(missing)}; there are: {has}", file=name, row=1)
    named = [title for title in header if title]  # columns without a name are nobody's
    if len(set(named)) != len(named):
        raise SuiteError("two columns have one name", file=name, row=1)


def _lines(fields: list[str]) -> int:
    return 1 + sum(field.count("\n") for field in fields)


def _objects(name: str, values: list[Any], first: int = 1) -> Rows:
    for number, value in enumerate(values, first):
        if twice := doubled(value):
            yield BadRow(name, number, twice)
        elif isinstance(value, dict):
            yield number, value
        else:
            yield BadRow(name, number, "no JSON object")


class Doubled(dict[str, Any]):
    """A JSON object in which a key stands twice: its row is refused, and not the file."""

    keys_twice: frozenset[str] = frozenset()


def doubled(value: Any) -> str:
    """Why a value cannot be used in which, at some depth, a key stands twice; else empty."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Doubled):
            return f"the key {min(one.keys_twice)[:40]!r} appears twice"
        waiting += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
    return ""


def _parse(source: str, name: str, row: int) -> Any:
    try:
        return json.loads(source, object_pairs_hook=_once, parse_constant=_missing)
    except json.JSONDecodeError as error:
        place = row or error.lineno
        raise SuiteError(f"no JSON: {error.msg}", file=name, row=place) from error
    except (ValueError, RecursionError) as error:
        raise SuiteError(f"no JSON: {error}"[:200], file=name, row=row) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    marked = Doubled(pairs)
    counts = Counter(key for key, _ in pairs)
    marked.keys_twice = frozenset(key for key, count in counts.items() if count > 1)
    return marked


def _missing(_name: str) -> None:
    """NaN and Infinity, as pandas writes an empty cell: a field without a value, not a broken file.

    A row that needs the field is refused; one that does not is read.
    """
