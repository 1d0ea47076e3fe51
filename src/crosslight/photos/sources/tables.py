"""Tables of photos: CSV, TSV, JSONL, and parquet with paths, URLs, bytes or Hugging Face images."""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any, BinaryIO

from crosslight.photos.sources.columns import MOST_EXTRA, Columns, choose_columns
from crosslight.photos.sources.encoded import text_list
from crosslight.photos.sources.found import (
    Found,
    InputError,
    Refused,
    SourceError,
    SourceOptions,
    trouble_of,
)
from crosslight.photos.sources.located import IMAGE_PARTS, Row
from crosslight.photos.sources.names import printable
from crosslight.photos.sources.tree import files_below, shard_refusal
from crosslight.store import TableFile

_BATCH = 16  # parquet rows in memory at a time: they may hold whole photos


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
    label = printable(path.name)
    with path.open("rb") as file:
        rows = csv.reader(
            (line + "\n" for line in bounded_lines(file)),
            delimiter="\t" if path.suffix.lower() == ".tsv" else ",",
        )
        header = next(rows, [])
        columns = choose_columns(header, options)
        number = 0
        while True:
            number += 1
            row = Row(f"{label}#{number}", path.parent, options)
            try:
                cells = next(rows, None)
            except csv.Error as error:
                yield row.broken(SourceError("bad_row", str(error)))
                continue
            except SourceError as error:
                yield row.broken(error)
                return
            if cells is None:
                return
            if cells:
                # A row with unquoted commas is longer than its header: its cells cannot be told.
                if len(cells) > len(header):
                    detail = f"{len(cells)} cells under {len(header)} columns"
                    yield row.broken(SourceError("bad_row", detail))
                    continue
                yield from _entries(row, dict(zip(header, cells, strict=False)), columns)


@_accounted
def from_jsonl(path: Path, options: SourceOptions) -> Iterator[Found]:
    """Rows of a JSONL file: one object a line. The first row decides the columns."""
    label, number = printable(path.name), 0
    columns: Columns | None = None
    with path.open("rb") as file:
        try:
            for number, line in enumerate(bounded_lines(file), start=1):
                if not line.strip():
                    continue
                row = Row(f"{label}#{number}", path.parent, options)
                cells = _object(line)
                if cells is None:
                    _refuse_json_array(line, number)
                    yield row.broken(SourceError("bad_row", "the line is no JSON object"))
                    continue
                columns = columns or choose_columns(list(cells), options)
                yield from _entries(row, cells, columns)
        except SourceError as error:
            yield Row(f"{label}#{number + 1}", path.parent, options).broken(error)


def from_parquet(path: Path, options: SourceOptions, label: str = "") -> Iterator[Found]:
    """Rows of one parquet file, a few at a time; of its columns those that are needed.

    A damaged file ends in one failed entry, whatever is wrong with it. Raises `InputError` where
    no column can hold an image.
    """
    label, number = printable(label or path.name), 0
    try:
        with TableFile(path) as file:
            schema = file.schema
            columns = choose_columns(schema.names, options, likely=_image_columns(schema))
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
    import pyarrow.types as t

    image = schema.field(columns.image).type if schema.names.count(columns.image) == 1 else None
    wanted = [columns.image]
    if image is not None and t.is_struct(image):
        parts = {field.name for field in image}
        wanted = [f"{columns.image}.{part}" for part in IMAGE_PARTS if part in parts] or wanted
    plain = [f.name for f in schema if f.name != columns.image and _is_plain(f.type)]
    told = [name for name in (columns.licence, columns.origin) if name in plain]
    return list(dict.fromkeys([*wanted, *told, *plain[:MOST_EXTRA]]))


def _of_batch(row: Row, batch: Any, at: int, columns: Columns) -> Iterator[Found]:
    """One row of a batch. A cell that is not what its type says costs the row."""
    try:
        cells = {
            name: column[at].as_py()
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        }
    except Exception as error:  # broken UTF-8, a date past Python's
        yield row.broken(SourceError("bad_row", _line(error)))
        return
    yield from _entries(row, cells, columns)


def _entries(row: Row, cells: dict[str, Any], columns: Columns) -> Iterator[Found]:
    try:
        entries = list(_images(row, cells, columns))
    except Exception as error:
        entries = [row.broken(SourceError("bad_row", _line(error)))]
    yield from entries


def _images(row: Row, cells: dict[str, Any], columns: Columns) -> Iterator[Found]:
    facts = {**columns.facts(cells), "column": columns.image}
    value = cells.get(columns.image)
    if isinstance(value, str):
        value = text_list(value) or value
    if not isinstance(value, list):
        yield Row(row.label, row.base, row.options, **facts).found(value)
        return
    for index, item in enumerate(value):
        yield Row(f"{row.label}[{index}]", row.base, row.options, **facts).found(item)
    if not value:
        yield Row(row.label, row.base, row.options, **facts).found(None)


def _object(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _refuse_json_array(line: str, number: int) -> None:
    if number == 1 and line.lstrip().startswith("["):
        raise InputError(
            "The file holds one JSON array, not JSONL.", "Make it JSONL: jq -c '.[]' FILE."
        )


def _image_columns(schema: Any) -> list[str]:
    """Columns whose type says that they hold images: Hugging Face features, structs, binaries."""
    import pyarrow as pa

    marked: list[str] = []
    # Anything may stand there, nested as deep as it likes: then the types alone decide.
    with suppress(ValueError, LookupError, TypeError, AttributeError, RecursionError):
        told = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = told["info"]["features"]
        marked = [n for n in schema.names if '"_type": "Image"' in json.dumps(features.get(n))]
    structs = [
        field.name
        for field in schema
        if pa.types.is_struct(field.type) and {"bytes", "path"} <= {f.name for f in field.type}
    ]
    binaries = [
        f.name for f in schema if pa.types.is_binary(f.type) or pa.types.is_large_binary(f.type)
    ]
    return [*marked, *structs, *binaries]


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


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


LONGEST = 4 * 2**20  # bytes in one line


def bounded_lines(file: BinaryIO) -> Iterator[str]:
    """Lines without their ends, as UTF-8 with surrogate escapes; a leading BOM is dropped.

    Raises `SourceError` for a line over 4 MiB: what follows cannot be trusted to be lines.
    """
    first = True
    while raw := file.readline(LONGEST + 1):
        if len(raw) > LONGEST:
            raise SourceError("bad_row", f"a line of more than {LONGEST:,} bytes")
        if first:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
            first = False
        yield raw.decode("utf-8", "surrogateescape").rstrip("\r\n")


@_accounted
def from_list(path: Path, options: SourceOptions) -> Iterator[Found]:
    """The photos that the lines name; empty lines are skipped. Paths are relative to the list."""
    label, number = printable(path.name), 0
    with path.open("rb") as file:
        lines = bounded_lines(file)
        try:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield Row(f"{label}#{number}", path.parent, options).found(line)
        except SourceError as error:
            yield Row(f"{label}#{number + 1}", path.parent, options).broken(error)
