"""Tables of photos: CSV, TSV, JSONL, and parquet with paths, URLs, bytes or Hugging Face images."""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from crosslight.photos.sources.columns import (
    MOST_EXTRA,
    Columns,
    choose_columns,
    may_hold_images,
    says_image,
)
from crosslight.photos.sources.evidence import ENOUGH, Evidence, evidence_of, is_empty
from crosslight.photos.sources.found import (
    Found,
    InputError,
    Refused,
    SourceError,
    SourceOptions,
    trouble_of,
)
from crosslight.photos.sources.json_rows import json_records
from crosslight.photos.sources.lines import LONGEST_ROW, bounded_lines
from crosslight.photos.sources.located import IMAGE_PARTS, Row
from crosslight.photos.sources.names import printable
from crosslight.photos.sources.records import (
    MOST_PEEKED,
    Record,
    entries,
    in_one_line,
    named,
    of_records,
)
from crosslight.photos.sources.tree import files_below, shard_refusal
from crosslight.store import TableError, TableFile
from crosslight.text import table_start

_BATCH = 16  # parquet rows in memory at a time: they may hold whole photos
_MOST_SAMPLED = 64  # columns of a parquet file whose first cells are looked at
_LONGEST_TITLE = 131_072  # characters of a column's name

# A field may be a picture in base64. The reader of csv has one bound for the whole process.
csv.field_size_limit(max(csv.field_size_limit(), 32 * 2**20))

_Reader = Callable[[Path, SourceOptions], Iterator[Found]]


def _accounted(read: _Reader) -> _Reader:
    """A reader whose errors cost the rest of its file, and say so in one failed entry.

    What is wrong with the input as a whole is raised: `InputError`, and an OSError at its opening.
    """

    @wraps(read)
    def reading(path: Path, options: SourceOptions) -> Iterator[Found]:
        number = 0
        try:
            for entry in read(path, options):
                number += 1
                yield entry
        except InputError:
            raise
        except Exception as error:
            if isinstance(error, OSError) and not number:
                raise
            row = Row(f"{printable(path.name)}#(rest)", path.parent, options)
            yield row.broken(trouble_of(error))

    return reading


@_accounted
def from_csv(path: Path, options: SourceOptions) -> Iterator[Found]:
    """Rows of a CSV (or TSV, by its name) with a header line."""
    with path.open("rb") as file:
        header = next(_csv_reader(path, file, options), [])
    if any(len(title) > _LONGEST_TITLE for title in header):
        raise SourceError("bad_row", f"a column's name of over {_LONGEST_TITLE:,} characters")
    yield from of_records(path, options, lambda: _csv_records(path, options), header)


@_accounted
def from_jsonl(path: Path, options: SourceOptions) -> Iterator[Found]:
    """Rows of a JSONL file (one object a line), or the objects of one JSON array. The first rows
    decide the columns."""
    yield from of_records(path, options, json_records(path))


def _csv_reader(path: Path, file: BinaryIO, options: SourceOptions) -> Iterator[list[str]]:
    lines = (line + "\n" for line in bounded_lines(file, LONGEST_ROW))
    own = "\t" if path.suffix.lower() == ".tsv" else ","
    asked = {n.lower() for n in (options.column, options.licence_column, options.origin_column)}

    def known(title: str) -> bool:
        return bool(title) and (title in asked or may_hold_images(title))

    start = table_start(lines, known, own)
    return csv.reader(chain((start.header,), lines), delimiter=start.separator)


def _csv_records(path: Path, options: SourceOptions) -> Iterator[Record]:
    with path.open("rb") as file:
        rows = _csv_reader(path, file, options)
        header = next(rows, [])
        number = 0
        while True:
            number += 1
            try:
                cells = next(rows, None)
            except csv.Error as error:
                yield number, SourceError("bad_row", str(error)), 0
                continue
            except SourceError as error:
                yield number, error, 0
                return
            if cells is None:
                return
            if not cells:
                continue
            # A row with unquoted commas is longer than its header: its cells cannot be told.
            if len(cells) > len(header):
                detail = f"{len(cells)} cells under {len(header)} columns"
                yield number, SourceError("bad_row", detail), 0
            else:
                size = sum(map(len, cells))
                yield number, dict(zip(header, cells, strict=False)), size


def from_parquet(path: Path, options: SourceOptions, label: str = "") -> Iterator[Found]:
    """Rows of one parquet file, a few at a time; of its columns those that are needed.

    A damaged file ends in one failed entry, whatever is wrong with it. Raises `InputError` where
    no column can hold an image.
    """
    label, number = printable(label or path.name), 0
    try:
        with TableFile(path) as file:
            schema = file.schema
            sample = {} if options.column else _sampled(path, schema)
            columns = choose_columns(schema.names, options, sample, declared=_declared(schema))
            for batch in file.batches(_wanted(schema, columns), at_once=_BATCH):
                for at in range(batch.num_rows):
                    number += 1
                    row = Row(f"{label}#{number}", path.parent, options)
                    yield from _of_batch(row, batch, at, columns)
    except InputError:
        raise
    except Exception as error:
        broken = Row(f"{label}#{number + 1}" if number else label, path.parent, options)
        yield broken.broken(trouble_of(error))


def from_parquet_folder(root: Path, options: SourceOptions) -> Iterator[Found]:
    """All parquet files below a folder: a Hugging Face dataset on disk.

    A file without images is one entry that is left out, beside others that have some. Raises
    `InputError` where none has.
    """
    without: list[tuple[str, InputError]] = []
    some = False
    for path in files_below(root, options.exclude):
        if path.suffix == ".parquet":
            if refused := shard_refusal(path, root, options):
                yield refused
                continue
            name = path.relative_to(root).as_posix()
            try:
                for entry in from_parquet(path, options, name):
                    some = True
                    yield entry
            except InputError as error:
                without.append((name, error))
    if without and not some:
        raise without[0][1]
    for name, fault in without:
        refusal = Refused("no_image", fault.message)
        yield Row(printable(name), root, options).broken(refusal)


def _wanted(schema: Any, columns: Columns) -> list[str]:
    """What is read of a table: the image (of a struct its known parts), licence, origin, and as
    many plain columns as a row keeps."""
    plain = [f.name for f in schema if f.name != columns.image and _is_plain(f.type)]
    told = [name for name in (columns.licence, columns.origin) if name in plain]
    wanted = [*_parts(schema, columns.image), *told, *plain[:MOST_EXTRA]]
    return list(dict.fromkeys(wanted))


def _of_batch(row: Row, batch: Any, at: int, columns: Columns) -> Iterator[Found]:
    """One row of a batch. A cell that is not what its type says costs the row."""
    try:
        cells = {
            name: column[at].as_py()
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        }
    except Exception as error:  # broken UTF-8, a date past Python's
        yield row.broken(SourceError("bad_row", in_one_line(error)))
        return
    yield from entries(row, cells, columns)


def _declared(schema: Any) -> list[str]:
    """Columns that the table's features call images, as the datasets library writes them."""
    # Anything may stand there, nested as deep as it likes: then the cells alone decide.
    with suppress(ValueError, LookupError, TypeError, AttributeError, RecursionError):
        told = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = told["info"]["features"]
        return [n for n in schema.names if '"_type": "Image"' in json.dumps(features.get(n))]
    return []


def _sampled(path: Path, schema: Any) -> dict[str, list[Any]]:
    """The first cells of the columns that may hold images, as far as the choice needs them: each
    costs opening the table. One that cannot be read says nothing here: if it is the one, its rows
    will."""
    names = [field.name for field in schema if _may_tell(field.type)]
    names.sort(key=lambda name: (not says_image(name), not may_hold_images(name)))
    sample: dict[str, list[Any]] = {}
    settled = False
    for name in names[:_MOST_SAMPLED]:
        if settled and not says_image(name):
            break
        with suppress(TableError), TableFile(path) as file:  # each with bounds of its own
            sample[name] = _first_cells(file, name, _parts(schema, name))
            holds = evidence_of(sample[name]) >= Evidence.ADDRESS
            settled = settled or (holds and says_image(name))
    return sample


def _first_cells(file: TableFile, name: str, parts: list[str]) -> list[Any]:
    found: list[Any] = []
    seen = 0
    for batch in file.batches(parts, at_once=ENOUGH):
        column = batch.column(batch.schema.names.index(name))
        for at in range(batch.num_rows):
            with suppress(Exception):  # a cell that is not what its type says
                if not is_empty(cell := column[at].as_py()):
                    found.append(cell)
            if len(found) >= ENOUGH:
                return found
        seen += batch.num_rows
        if seen >= MOST_PEEKED:
            return found
    return found


def _parts(schema: Any, name: str) -> list[str]:
    """What is read of a column: of a struct its known parts."""
    import pyarrow.types as t

    kind = schema.field(name).type if schema.names.count(name) == 1 else None
    if kind is None or not t.is_struct(kind):
        return [name]
    parts = {field.name for field in kind}
    return [f"{name}.{part}" for part in IMAGE_PARTS if part in parts] or [name]


def _may_tell(kind: Any) -> bool:
    import pyarrow.types as t

    if t.is_list(kind) or t.is_large_list(kind):
        return _may_tell(kind.value_type)
    if t.is_struct(kind):
        return any(field.name in IMAGE_PARTS for field in kind)
    if t.is_dictionary(kind):
        return _may_tell(kind.value_type)
    return bool(
        t.is_string(kind) or t.is_large_string(kind) or t.is_binary(kind) or t.is_large_binary(kind)
    )


def _is_plain(kind: Any) -> bool:
    import pyarrow.types as t

    return bool(
        t.is_string(kind)
        or t.is_large_string(kind)
        or t.is_integer(kind)
        or t.is_floating(kind)
        or t.is_boolean(kind)
        or t.is_dictionary(kind)
    )


@_accounted
def from_list(path: Path, options: SourceOptions) -> Iterator[Found]:
    """The photos that the lines name; empty lines are skipped. Paths are relative to the list."""
    label, number = printable(path.name), 0
    with path.open("rb") as file:
        lines = bounded_lines(file)
        try:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield named(Row(f"{label}#{number}", path.parent, options), line)
        except SourceError as error:
            yield Row(f"{label}#{number + 1}", path.parent, options).broken(error)
