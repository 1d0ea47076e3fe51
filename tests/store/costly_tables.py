"""Parquet that is small as a file and dear to read, written byte by byte."""

import io
import struct

import pyarrow as pa
import pyarrow.parquet as pq


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def _signed(value: int) -> bytes:
    return _varint(value << 1)


def _i32(step: int, value: int) -> bytes:
    return bytes([step << 4 | 5]) + _signed(value)


def _i64(step: int, value: int) -> bytes:
    return bytes([step << 4 | 6]) + _signed(value)


def _list(step: int, kind: int, items: list[bytes]) -> bytes:
    return bytes([step << 4 | 9, 0xF0 | kind]) + _varint(len(items)) + b"".join(items)


def _struct(step: int, body: bytes) -> bytes:
    return bytes([step << 4 | 12]) + body + b"\0"


def _file(body: bytes, footer: bytes) -> bytes:
    return b"PAR1" + body + footer + struct.pack("<I", len(footer)) + b"PAR1"


def empty_pages(pages: int, groups: int, rows: int = 0) -> bytes:
    """One column `path` of that many pages without a byte, in every one of the row groups, which
    say that they hold so many rows."""
    about = _struct(2, _i32(1, 0) + _i32(1, 0) + _i32(1, 3) + _i32(1, 3))
    body = (_i32(1, 0) + _i32(1, 0) + _i32(1, 0) + about + b"\0") * pages
    name = b"\x04path"
    column = (
        _i32(1, 6)
        + _list(1, 5, [_signed(0)])
        + _list(1, 8, [name])
        + _i32(1, 0)
        + _i64(1, 1)
        + _i64(1, len(body))
        + _i64(1, len(body))
        + _i64(2, 4)
    )
    chunk = _i64(2, 0) + _struct(1, column) + b"\0"
    group = _list(1, 12, [chunk]) + _i64(1, len(body)) + _i64(1, rows) + b"\0"
    schema = [
        b"\x48\x06schema" + _i32(1, 1) + b"\0",
        _i32(1, 6) + _i32(2, 1) + b"\x18" + name + _i32(2, 0) + b"\0",
    ]
    footer = _i32(1, 1) + _list(1, 12, schema) + _i64(1, groups) + _list(1, 12, [group] * groups)
    return _file(body, footer + b"\0")


def empty_structs(count: int, fields: int = 1) -> bytes:
    """A sound table whose footer holds fields that nobody knows: lists of empty structs."""
    out = io.BytesIO()
    pq.write_table(pa.table({"path": ["a.png"]}), out)
    whole = out.getvalue()
    length = int.from_bytes(whole[-8:-4], "little")
    footer = whole[-8 - length : -8]
    many = b"\xfc" + _varint(count) + bytes(count)
    extra = b"".join(b"\x09" + _signed(100 + at) + many for at in range(fields))
    return _file(whole[4 : -8 - length], footer[:-1] + extra + b"\0")
