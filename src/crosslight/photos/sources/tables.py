"""Tables of photos: CSV, TSV, JSONL, and parquet with paths, URLs, bytes or Hugging Face images."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from crosslight.photos.sources.columns import Columns, choose_columns
from crosslight.photos.sources.found import Found, InputError, SourceError, SourceOptions
from crosslight.photos.sources.located import Row
from crosslight.photos.sources.names import printable
from crosslight.photos.sources.tree import files_below, shard_refusal

_BATCH = 16  # parquet rows in memory at a time: they may hold whole photos


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
                yield from _images(row, dict(zip(header, cells, strict=False)), columns)


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
                yield from _images(row, cells, columns)
        except SourceError as error:
            yield Row(f"{label}#{number + 1}", path.parent, options).broken(error)


def from_parquet(path: Path, options: SourceOptions, label: str = "") -> Iterator[Found]:
    """Rows of one parquet file, a few at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    label = printable(label or path.name)
    try:
        # Without pre-buffering a row group of photos is streamed, not held.
        file = pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20)
    except pa.ArrowInvalid as error:
        yield Row(label, path.parent, options).broken(SourceError("damaged_archive", _line(error)))
        return
    with file:
        schema = file.schema_arrow
        columns = choose_columns(schema.names, options, likely=_image_columns(schema))
        wanted = [columns.image, *(f.name for f in schema if _is_plain(f.type))]
        number = 0
        try:
            for batch in file.iter_batches(_BATCH, columns=list(dict.fromkeys(wanted))):
                for cells in batch.to_pylist():
                    number += 1
                    row = Row(f"{label}#{number}", path.parent, options)
                    yield from _images(row, cells, columns)
        except (pa.ArrowException, OSError) as error:
            broken = SourceError("damaged_archive", _line(error))
            yield Row(f"{label}#{number + 1}", path.parent, options).broken(broken)


def from_parquet_folder(root: Path, options: SourceOptions) -> Iterator[Found]:
    """All parquet files below a folder: a Hugging Face dataset on disk."""
    for path in files_below(root, options.exclude):
        if path.suffix != ".parquet":
            continue
        if refused := shard_refusal(path, root, options):
            yield refused
        else:
            yield from from_parquet(path, options, path.relative_to(root).as_posix())


def _images(row: Row, cells: dict[str, Any], columns: Columns) -> Iterator[Found]:
    facts = columns.facts(cells)
    value = cells.get(columns.image)
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

    features: dict[str, Any] = {}
    try:
        told = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = told["info"]["features"]
    except (ValueError, KeyError, TypeError):
        features = {}
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
