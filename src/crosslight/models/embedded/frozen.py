"""Read the weights out of a frozen TensorFlow graph (`GraphDef`), without tensorflow or protobuf.

Only the wire format is walked, and only the fields that lead to constants are followed: node
(1: name 1, op 2, attr 5) - attr (key 1, value 2) - tensor (8: dtype 1, shape 2, content 4, floats
5). Everything else is skipped. Every length is checked against what is there before it is used.
"""

import hashlib
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from crosslight.models.embedded.weights import BadWeights

MAX_BYTES = 96 * 1024 * 1024
"""Of the whole file; the detector's has 69,688,296."""
MAX_NODES = 20_000
MAX_RANK = 6
MAX_FLOATS = 32 * 1024 * 1024
"""Of one tensor, and of all together; the detector's have 16,876,287."""
FLOAT = 1
"""DT_FLOAT of TensorFlow."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

Floats = NDArray[np.float32]


def _refuse(what: str) -> NoReturn:
    raise BadWeights(
        f"frozen graph refused: {what}",
        hint="delete the file; `crosslight models fetch` brings it again",
    )


def read_frozen(path: Path, sha256: str, wanted: Callable[[str], bool]) -> dict[str, Floats]:
    """Name -> array of every wanted float constant. Raises `BadWeights` on anything unexpected.

    The whole file is hashed here: it is larger than what the cache hashes at every fetch.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        _refuse(f"{size} bytes, more than {MAX_BYTES}")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        _refuse("its hash is not the manifest's")
    return parse_frozen(data, wanted)


def parse_frozen(data: bytes, wanted: Callable[[str], bool]) -> dict[str, Floats]:
    """The same from bytes in memory. The arrays are copies: the bytes can go."""
    found: dict[str, Floats] = {}
    nodes = total = 0
    for field, node in _fields(memoryview(data)):
        if field != 1:
            continue
        nodes += 1
        if nodes > MAX_NODES:
            _refuse(f"more than {MAX_NODES} nodes")
        parts = list(_fields(_message(node, "node")))
        name = _text(parts, 1)
        if _text(parts, 2) == "Const" and wanted(name):
            if name in found:
                _refuse(f"two constants are called {name[:120]}")
            found[name] = _constant(parts, name)
            total += found[name].size
            if total > MAX_FLOATS:
                _refuse(f"more than {MAX_FLOATS} numbers")
    return found


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """(field number, bytes or number) in their order."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        field, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield field, value
            continue
        if kind == _BYTES:
            length, at = _varint(data, at)
        elif kind in (_FIXED32, _FIXED64):
            length = 4 if kind == _FIXED32 else 8
        else:
            _refuse(f"wire type {kind}")
        if length > len(data) - at:
            _refuse("it is truncated")
        yield field, data[at : at + length]
        at += length


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for step in range(10):
        if at + step >= len(data):
            _refuse("it is truncated")
        byte = data[at + step]
        value |= (byte & 127) << (7 * step)
        if byte < 128:
            return value, at + step + 1
    _refuse("a number of more than ten bytes")


def _message(value: memoryview | int, what: str) -> memoryview:
    if isinstance(value, int):
        _refuse(f"a number where a {what} should be")
    return value


def _text(parts: list[tuple[int, memoryview | int]], field: int) -> str:
    for number, value in parts:
        if number == field:
            return bytes(_message(value, "name")[:400]).decode("utf-8", "replace")
    return ""


def _constant(parts: list[tuple[int, memoryview | int]], name: str) -> Floats:
    """The tensor in the node's attribute `value`."""
    for number, attribute in parts:
        if number != 5:
            continue
        entry = list(_fields(_message(attribute, "attribute")))
        if _text(entry, 1) != "value":
            continue
        for field, value in entry:
            if field == 2:
                for inner, tensor in _fields(_message(value, "value")):
                    if inner == 8:
                        return _tensor(_message(tensor, "tensor"), name)
    _refuse(f"{name[:120]} holds no tensor")


def _tensor(data: memoryview, name: str) -> Floats:
    """Content or floats; a single float stands for all, as TensorFlow writes equal ones."""
    shape: tuple[int, ...] = ()
    content, dtype = bytearray(), 0
    for field, value in _fields(data):
        if field == 1 and isinstance(value, int):
            dtype = value
        elif field == 2:
            shape = _shape(_message(value, "shape"))
        elif field in (4, 5):
            # Content; or floats, packed or one at a time: each way 4 bytes a number.
            content += _message(value, "content")
    size = prod(shape)
    if dtype != FLOAT:
        _refuse(f"{name[:120]} is of type {dtype}, not float")
    if size > MAX_FLOATS:
        _refuse(f"{name[:120]} has {size} numbers, more than {MAX_FLOATS}")
    if len(content) % 4 or len(content) // 4 not in ({size, 1} if size else {0}):
        _refuse(f"{name[:120]} has {len(content)} bytes for {size} numbers")
    numbers = np.frombuffer(bytes(content), dtype="<f4")
    if not np.isfinite(numbers).all():
        _refuse(f"{name[:120]} holds numbers that are not finite")
    if len(numbers) != size:
        numbers = np.repeat(numbers, size)
    return np.asarray(numbers.reshape(shape), dtype=np.float32)


def _shape(data: memoryview) -> tuple[int, ...]:
    sizes: list[int] = []
    for field, value in _fields(data):
        if field == 2:
            size = next((v for f, v in _fields(_message(value, "size")) if f == 1), 0)
            if not isinstance(size, int) or size > MAX_FLOATS:  # -1 is a very large varint
                _refuse("a tensor of unknown or impossible size")
            sizes.append(size)
    if len(sizes) > MAX_RANK:
        _refuse(f"a tensor of rank {len(sizes)}")
    return tuple(sizes)
