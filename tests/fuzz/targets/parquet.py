"""Parquet with photos, as a source of photos and as a suite's table."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from crosslight.bench import SuiteError
from crosslight.bench.item import BadRow
from crosslight.bench.native import tables
from tests.fuzz.target import Target, account

IMAGES = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
ROWS = [{"bytes": b"one" * 30, "path": "a.jpg"}, {"bytes": None, "path": "b.jpg"}, None]


def _bytes(columns: dict[str, Any], told: str = "", **how: Any) -> bytes:
    table = pa.table(columns)
    if told:
        table = table.replace_schema_metadata({b"huggingface": told.encode("utf-8", "replace")})
    out = io.BytesIO()
    pq.write_table(table, out, **how)
    return out.getvalue()


def sound() -> Sequence[bytes]:
    """Small tables in the encodings that are met."""
    columns = {"image": pa.array(ROWS * 3, IMAGES), "text": ["x", "y", None] * 3}
    told = json.dumps({"info": {"features": {"image": {"_type": "Image"}}}})
    lists = {"image": [["a.jpg", "b.jpg"], [], None], "licence": ["CC0"] * 3, "n": [1, 2, 3]}
    return [
        _bytes(columns, told),
        _bytes(columns, compression="none", use_dictionary=False, store_schema=False),
        _bytes(columns, compression="zstd", data_page_version="2.0", row_group_size=2),
        _bytes(lists, compression="gzip"),
        _bytes(
            {"image": ["a.jpg", "ab.jpg"]},
            use_dictionary=False,
            column_encoding={"image": "DELTA_BYTE_ARRAY"},
        ),
    ]


TOLD = (
    *('{"info": {"features": [1]}}', '"x"', "null", "[]", "3", "[" * 5000, "{", '{"info": []}'),
    *('{"info": {"features": null}}', '{"info": {"features": {"image": []}}}', "NaN", "\x00"),
    '{"info": {"features": {"image": {"_type": "Image", "x": ' + "[" * 900 + "]" * 900 + "}}}}",
    '{"info": {"features": {"other": {"_type": "Image"}}}}',
)
TYPES = (
    *(pa.null(), pa.bool_(), pa.int8(), pa.uint64(), pa.float16(), pa.float64(), pa.binary()),
    *(pa.large_binary(), pa.large_string(), pa.binary(3), pa.date32(), pa.date64()),
    *(pa.timestamp("ns", "UTC"), pa.time64("us"), pa.duration("s"), pa.decimal128(38, 10)),
    *(pa.list_(pa.string()), pa.list_(pa.string(), 2), pa.map_(pa.string(), pa.binary())),
    *(pa.struct([("path", pa.int64())]), pa.struct([("x", pa.null())]), pa.list_(IMAGES)),
    *(pa.dictionary(pa.int8(), pa.string()), pa.list_(pa.list_(pa.list_(pa.binary())))),
)


def handmade() -> Sequence[bytes]:
    """Odd features, an image column of every type, bombs, and footers that lie."""
    whole = sound()[0]
    made = [_bytes({"image": [b"x"], "other": [1]}, told) for told in TOLD]
    made += [_bytes({"image": pa.nulls(2, kind)}) for kind in TYPES]
    made += [_bytes({"image": ["x" * (16 << 20)] * 9}, compression="zstd")]
    made += [_bytes({"image": pa.nulls(10**6, pa.string())})]
    made += [_bytes({"image": pa.array([2**62], pa.timestamp("us"))}), _bytes({"n": [1]})]
    made += [_bytes({"image": pa.array([], pa.string())}), _bytes({"\udfff"[:0] or "": ["a"]})]
    made += [whole[:cut] for cut in (0, 3, 4, 8, 12, len(whole) - 8, len(whole) - 1)]
    made += [whole[:-8] + length + b"PAR1" for length in (b"\0" * 4, b"\xff" * 4, b"\x01\0\0\0")]
    made += [_bytes({"image": ["aXYZa"] * 2}, compression="none").replace(b"XYZ", b"\xff\xfe\xff")]
    return made


def read(data: bytes, folder: Path) -> None:
    """A file of that content, in both readers."""
    path = folder / "t.parquet"
    path.write_bytes(data)
    account(path)
    try:
        for row in tables.parquet_rows(folder, path.name, ["image"]):
            assert isinstance(row, BadRow) or isinstance(row[1], dict)
    except SuiteError as error:
        assert error.file
    try:
        tables.parquet_picture(path, 0, "image")
    except SuiteError as error:
        assert error.file


TARGET = Target("parquet", read, sound, handmade)
