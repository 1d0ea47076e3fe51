"""Tiny frozen graphs, written field by field as protobuf lays them out."""

import struct
from collections.abc import Sequence


def varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: bytes | int) -> bytes:
    """One field: a number, or bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def shape(sizes: Sequence[int]) -> bytes:
    """TensorShapeProto."""
    return b"".join(field(2, field(1, size)) for size in sizes)


def tensor(sizes: Sequence[int], numbers: Sequence[float], *, how: str = "content") -> bytes:
    """TensorProto of floats: as `content`, `packed` floats or `single` ones."""
    raw = [struct.pack("<f", n) for n in numbers]
    head = field(1, 1) + field(2, shape(sizes))
    if how == "single":
        return head + b"".join(varint(5 << 3 | 5) + one for one in raw)
    return head + field(4 if how == "content" else 5, b"".join(raw))


def const(name: str, value: bytes, op: str = "Const") -> bytes:
    """A node of the graph with a tensor in its attribute `value`."""
    entry = field(1, b"value") + field(2, field(8, value))
    other = field(1, b"dtype") + field(2, field(6, 1))
    return field(
        1, field(1, name.encode()) + field(2, op.encode()) + field(5, other + b"") + field(5, entry)
    )
