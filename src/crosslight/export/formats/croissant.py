"""Croissant 1.1: one parquet file a split with the pictures in it, and `croissant.json` beside.

The description holds the record sets (one a split), the licence of every row as a column, and the
terms of responsible AI (RAI). `mlcroissant` reads texts and pictures as bytes.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from crosslight.export.formats.datasheet import sensitive_of, words_of
from crosslight.export.formats.rows import Shape, TrainRow
from crosslight.runs import SPLITS
from crosslight.store import IMAGE, DatasetSink, file_sha256, table_schema, write_json
from crosslight.text import visible

FOLDER = "data"
FILE = "croissant.json"
LOAD = (
    "import mlcroissant\n\n"
    'rows = mlcroissant.Dataset("OUT/croissant.json").records("train")   # texts come as bytes'
)
"""How it is opened; OUT stands for the folder."""
_NO_END = 2**60
_PICTURES = ("image", "images")
_CR = {
    name: f"cr:{name}"
    for name in (
        "arrayShape citeAs column containedIn equivalentProperty extract field fileObject "
        "fileProperty fileSet format includes isArray isLiveDataset jsonPath key md5 parentField "
        "path recordSet references regex repeated replace samplingRate separator source subField "
        "transform"
    ).split()
}
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    **_CR,
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    "sc": "https://schema.org/",
}


@contextmanager
def croissant_writer(
    out: Path, shape: Shape
) -> Iterator[Callable[[TrainRow, Sequence[str]], None]]:
    """Takes rows with the names of their pictures; writes the tables and `croissant.json`."""
    licences: Counter[str] = Counter()
    columns = _columns(shape)
    schema = table_schema(columns)
    limits = {"rows_per_shard": _NO_END, "bytes_per_shard": _NO_END}
    with DatasetSink(out / FOLDER, schema, splits=SPLITS, **limits) as sink:

        def write(row: TrainRow, names: Sequence[str]) -> None:
            licences.update(credit.licence or "not stated" for credit in row.credits)
            cells = shape.cells(row, names)
            if shape.two:
                shown = [*cells.pop("images"), None]
                cells |= {"image": shown[0], "image_2": shown[1]}
            sink.write(row.split, cells)

        yield write
    write_json(out / FILE, _description(out, shape, columns, licences))


def _columns(shape: Shape) -> dict[str, pa.DataType]:
    """Two pictures as two columns: the reader decodes no list of pictures."""
    if not shape.two:
        return dict(shape.columns)
    held = {name: kind for name, kind in shape.columns.items() if name not in _PICTURES}
    return held | {"image": IMAGE, "image_2": IMAGE}


def _description(
    out: Path, shape: Shape, columns: Mapping[str, pa.DataType], licences: Mapping[str, int]
) -> dict[str, Any]:
    files = {path.name.partition("-")[0]: path for path in sorted((out / FOLDER).iterdir())}
    plain = {"prefer": "preference pairs about pictures", "build": "pictures and sentences"}
    what = plain.get(shape.source.kind, f"pictures and {shape.source.rows.what}")
    purpose, uses, limits = words_of(shape.source.kind)
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": f"crosslight_{shape.source.kind}",
        "description": f"{purpose} ({what}, written by `crosslight export`.)",
        "conformsTo": [
            "http://mlcommons.org/croissant/1.1",
            "http://mlcommons.org/croissant/RAI/1.0",
        ],
        "license": [visible(name, 300) for name in sorted(licences)],
        "citeAs": "@misc{crosslight, title={Rows of a run of Crosslight}}",
        "version": "1.0.0",
        "isLiveDataset": False,
        "rai:dataUseCases": uses,
        "rai:dataLimitations": limits,
        "rai:personalSensitiveInformation": sensitive_of(shape.source.kind),
        "rai:dataCollection": "Photos as the maker of the run gave them; texts by models or a bank "
        "of patterns. README.md names models, settings and what was dropped.",
        "distribution": [_file(split, path) for split, path in files.items()],
        "recordSet": [_records(split, columns) for split in files],
    }


def _file(split: str, path: Path) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": f"{split}-file",
        "name": path.name,
        "contentUrl": f"{FOLDER}/{path.name}",
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": "application/x-parquet",
        "sha256": file_sha256(path),
    }


def _records(split: str, columns: Mapping[str, pa.DataType]) -> dict[str, Any]:
    fields = [_field(split, name, kind) for name, kind in columns.items()]
    return {"@type": "cr:RecordSet", "@id": split, "name": split, "field": fields}


def _field(split: str, name: str, kind: pa.DataType) -> dict[str, Any]:
    source: dict[str, Any] = {
        "fileObject": {"@id": f"{split}-file"},
        "extract": {"column": name},
    }
    told: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{split}/{name}",
        "name": name,
        "dataType": _data_type(kind),
        "source": source,
    }
    if kind == IMAGE:
        source["transform"] = {"jsonPath": "bytes"}
        told["dataType"] = "sc:ImageObject"
    elif pa.types.is_list(kind):
        told |= {"isArray": True, "arrayShape": "-1", "dataType": _data_type(kind.value_type)}
    return told


def _data_type(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    if pa.types.is_integer(kind):
        return "sc:Integer"
    return "sc:Float" if pa.types.is_floating(kind) else "sc:Text"
