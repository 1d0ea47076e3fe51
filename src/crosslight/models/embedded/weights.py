"""Read tensors out of PyTorch's old (non-zip) `.pth` files, without torch and without trust.

The format is five pickles (magic number, protocol version, machine facts, the state dict, the
storage keys) and then the raw storages. A pickle can run code, so this reader first refuses every
opcode that a state dict does not need, and then admits four names only; none of them is torch's.
"""

import io
import pickle
import pickletools
from collections import OrderedDict
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from crosslight.models.errors import BadAnswer

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
MAX_BYTES = 64 * 1024 * 1024
MAX_TENSORS = 4096

Array = NDArray[np.float32] | NDArray[np.int64]

_DTYPES: dict[str, np.dtype[Any]] = {
    "FloatStorage": np.dtype("<f4"),
    "LongStorage": np.dtype("<i8"),
}

# No INST, OBJ, NEWOBJ, EXT or STACK_GLOBAL: nothing that finds other names. BUILD (state of an
# object) is admitted as the very last step only, where a state dict sets its version notes.
_OPCODES = frozenset(
    {"PROTO", "STOP", "MARK", "NONE", "NEWTRUE", "NEWFALSE", "EMPTY_DICT", "EMPTY_LIST"}
    | {"EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "SETITEM", "SETITEMS"}
    | {"APPEND", "APPENDS", "BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE"}
    | {"BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET", "GLOBAL", "REDUCE", "BINPERSID", "BUILD"}
)


class BadWeights(BadAnswer):
    """The file is not a weight file of the form that this reader admits."""

    kind = "bad_weights"
    retryable = False


class _StateDict(OrderedDict[str, object]):
    """Takes the place of the dict that torch writes; the notes that come with it are dropped."""

    def __setstate__(self, state: object) -> None:
        pass


@dataclass(frozen=True, slots=True)
class _Storage:
    key: str
    dtype: np.dtype[Any]
    length: int


@dataclass(frozen=True, slots=True)
class _View:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    def of(self, numbers: Array) -> Array:
        """The tensor; TensorFlow's kernels lie transposed, so strides are honoured."""
        view = np.lib.stride_tricks.as_strided(
            numbers[self.offset :],
            self.shape,
            tuple(step * numbers.itemsize for step in self.stride),
            writeable=False,
        )
        return np.ascontiguousarray(view)


def _refuse(what: str) -> NoReturn:
    raise BadWeights(
        f"weight file refused: {what}",
        hint="delete the file; `crosslight models fetch` brings it again",
    )


def _rebuild(storage: object, offset: object, shape: object, stride: object, *_: object) -> _View:
    """Stands in for `torch._utils._rebuild_tensor_v2`; checks that the view stays inside."""
    if not isinstance(storage, _Storage) or not isinstance(offset, int):
        _refuse("a tensor without a storage")
    sizes, steps = _sizes(shape), _sizes(stride)
    if len(sizes) != len(steps) or prod(sizes) > storage.length or 0 in sizes:
        _refuse("a tensor larger than its storage")
    last = offset + sum((size - 1) * step for size, step in zip(sizes, steps, strict=True))
    if offset < 0 or last >= storage.length:
        _refuse("a tensor that reaches beyond its storage")
    return _View(storage, offset, sizes, steps)


def _sizes(values: object) -> tuple[int, ...]:
    if not isinstance(values, tuple) or not all(type(v) is int and v >= 0 for v in values):
        _refuse("a tensor whose shape is not a tuple of sizes")
    return values


class _Unpickler(pickle.Unpickler):
    """Finds four names and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return _StateDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in _DTYPES:
            return name  # a plain string: there is nothing to call
        _refuse(f"it names {module}.{name}")

    def persistent_load(self, pid: Any) -> _Storage:
        try:
            tag, kind, key, _place, length, _view = pid
        except (TypeError, ValueError):
            _refuse("a storage id of another form")
        if tag != "storage" or kind not in _DTYPES or not isinstance(key, str):
            _refuse("a storage id of another form")
        if type(length) is not int or not 0 <= length * _DTYPES[kind].itemsize <= MAX_BYTES:
            _refuse("a storage of impossible length")
        return _Storage(key, _DTYPES[kind], length)


def _unpickle(stream: io.BytesIO) -> Any:
    """One pickle from the stream. Raises `BadWeights`."""
    start = stream.tell()
    try:
        last = ""
        for opcode, _, _ in pickletools.genops(stream):
            if opcode.name not in _OPCODES or (last == "BUILD" and opcode.name != "STOP"):
                _refuse(f"opcode {opcode.name} after {last or 'nothing'}")
            last = opcode.name
        stream.seek(start)
        return _Unpickler(stream).load()
    except BadWeights:
        raise
    except Exception as error:  # a hostile pickle can fail in any way; none may pass
        raise BadWeights(f"weight file refused: {type(error).__name__}: {error}") from error


def read_weights(path: Path, *, max_bytes: int = MAX_BYTES) -> dict[str, Array]:
    """Name -> array of every tensor. Raises `BadWeights` on anything unexpected."""
    size = path.stat().st_size
    if size > max_bytes:
        _refuse(f"{size} bytes, more than {max_bytes}")
    return parse_weights(path.read_bytes())


def parse_weights(data: bytes) -> dict[str, Array]:
    """The same from bytes in memory."""
    stream = io.BytesIO(data)
    if _unpickle(stream) != MAGIC or _unpickle(stream) != PROTOCOL:
        _refuse("not PyTorch's old format")
    facts = _unpickle(stream)
    if not isinstance(facts, dict) or facts.get("little_endian") is not True:
        _refuse("not little-endian")
    state, keys = _unpickle(stream), _unpickle(stream)
    if not isinstance(state, _StateDict) or len(state) > MAX_TENSORS:
        _refuse("no state dict")
    views = {n: v for n, v in state.items() if isinstance(n, str) and isinstance(v, _View)}
    if len(views) != len(state):
        _refuse("the state dict holds something else than tensors")
    storages = _read_storages(stream, keys, {v.storage.key: v.storage for v in views.values()})
    return {name: view.of(storages[view.storage.key]) for name, view in views.items()}


def _read_storages(
    stream: io.BytesIO, keys: object, wanted: dict[str, _Storage]
) -> dict[str, Array]:
    """The raw storages, each `int64 length` and then its numbers, in the order of `keys`."""
    if not isinstance(keys, list) or set(map(str, keys)) != set(wanted) or len(keys) != len(wanted):
        _refuse("the storage keys are not those of the tensors")
    arrays: dict[str, Array] = {}
    for key in keys:
        storage = wanted[key]
        length = int.from_bytes(stream.read(8), "little", signed=True)
        if length != storage.length:
            _refuse(f"storage {key} holds {length} numbers, not {storage.length}")
        raw = stream.read(length * storage.dtype.itemsize)
        if len(raw) != length * storage.dtype.itemsize:
            _refuse("it is truncated")
        arrays[key] = np.frombuffer(raw, dtype=storage.dtype)
    if stream.read(1):
        _refuse("bytes after the last storage")
    return arrays
