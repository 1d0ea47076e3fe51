"""The header of a GGUF file, read by our own bounded reader before native code sees it.

llama.cpp parses it in our process, and has had memory faults on headers that lie. Checked are
counts, lengths, types, alignment and that every tensor lies within the file; and the few fields
that its tokenizers and loaders index by.
"""

import re
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from crosslight.models.errors import NotSupported

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MOST_FIELDS = 1 << 16
MOST_TENSORS = 1 << 16
MOST_KEY = 1 << 10
MOST_TEXT = 16 << 20
MOST_ITEMS = 1 << 24
MOST_LAYERS = 1 << 12
MOST_NAME = 63
MOST_SIDES = 4
ALIGNMENT = 32
MOST_ALIGNMENT = 1 << 20
HEADER_BYTES = 512 << 20
_TEXT, _ARRAY, _BOOL, _U32 = 8, 9, 7, 4
_NUMBERS = "BbHhIif?..QqD".replace("D", "d")
_SIZES = {kind: struct.calcsize("<" + form) for kind, form in enumerate(_NUMBERS) if form != "."}
_KEY = re.compile(r"[\w.\-/ ]+")
_ARCHITECTURE = re.compile(r"[\w.\-]{1,64}")
# Values in a block, and its bytes, by type. Types that are not here are newer than this table.
_BLOCKS = {
    **{0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34)},
    **{9: (32, 36), 10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210)},
    **{15: (256, 292), 16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18)},
    **{21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4)},
    **{27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66)},
    **{39: (32, 17)},
}
_TOKENS = "tokenizer.ggml.tokens"
_BESIDE_TOKENS = {"tokenizer.ggml.scores": 6, "tokenizer.ggml.token_type": 5}
_OF_TEXT = (_TOKENS, "tokenizer.ggml.merges")


@dataclass(frozen=True, slots=True)
class List:
    """An array by the type and the number of its items; they themselves are passed over."""

    kind: int
    count: int


@dataclass
class Header:
    """What a file says of itself. `fields`: numbers, texts up to a kilobyte, lists."""

    fields: dict[str, Any] = field(default_factory=dict)
    tensors: int = 0


def check_header(path: Path) -> Header:
    """Read it to its end. Raises `NotSupported` where it is not what llama.cpp may be given."""
    try:
        with path.open("rb") as file:
            return _Reader(file, path.stat().st_size).read()
    except _Fault as fault:
        raise NotSupported(
            f"{path.name} has no sound GGUF header: {fault}",
            hint="fetch the file again, or take another one of this model",
        ) from None


class _Fault(Exception):
    """What is wrong, in words."""


class _Reader:
    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._size = size
        self._left = min(size, HEADER_BYTES)
        self._header = Header()

    def read(self) -> Header:
        if self._bytes(4) != MAGIC:
            raise _Fault("it does not begin with GGUF")
        version = self._number("I")
        if version not in VERSIONS:
            raise _Fault(f"version {version}; read are {' and '.join(map(str, VERSIONS))}")
        tensors = self._count("Q", MOST_TENSORS, "tensors")
        for _ in range(self._count("Q", MOST_FIELDS, "fields")):
            self._field()
        self._check_fields()
        places = [self._tensor() for _ in range(tensors)]
        self._check_places(places)
        self._header.tensors = tensors
        return self._header

    def _field(self) -> None:
        key = self._text(MOST_KEY, "a key")
        if not _KEY.fullmatch(key) or key in self._header.fields:
            raise _Fault(f"the key {key[:40]!r}")
        kind = self._number("I")
        if kind == _TEXT:
            self._header.fields[key] = self._text(MOST_TEXT, key)[:1024]
        elif kind == _ARRAY:
            self._header.fields[key] = self._list(key)
        elif kind in _SIZES:
            self._header.fields[key] = self._value(kind, key)
        else:
            raise _Fault(f"{key} is of type {kind}")

    def _value(self, kind: int, key: str) -> Any:
        if kind == _BOOL:
            flag = self._bytes(1)
            if flag not in (b"\0", b"\1"):
                raise _Fault(f"{key} is neither true nor false")
            return flag == b"\1"
        return self._number(_NUMBERS[kind])

    def _list(self, key: str) -> List:
        kind = self._number("I")
        count = self._count("Q", MOST_ITEMS, f"items of {key}")
        if kind == _TEXT:
            for _ in range(count):
                self._bytes(self._count("Q", MOST_TEXT, f"bytes in {key}"))
        elif kind in _SIZES:
            self._skip(count * _SIZES[kind])
        else:
            raise _Fault(f"{key} is a list of type {kind}")
        return List(kind, count)

    def _check_fields(self) -> None:
        fields = self._header.fields
        name = fields.get("general.architecture")
        if not isinstance(name, str) or not _ARCHITECTURE.fullmatch(name):
            raise _Fault("it names no architecture")
        align = fields.get("general.alignment", ALIGNMENT)
        if type(align) is not int or not 0 < align <= MOST_ALIGNMENT or align & (align - 1):
            raise _Fault(f"an alignment of {align}")
        for key in (k for k in fields if k.endswith(".block_count")):
            layers = fields[key]
            if type(layers) is not int or not 0 <= layers <= MOST_LAYERS:
                raise _Fault(f"{key} is {layers}")
        self._check_words(fields)

    def _check_words(self, fields: dict[str, Any]) -> None:
        for key in _OF_TEXT:
            words = fields.get(key, List(_TEXT, 0))
            if not isinstance(words, List) or words.kind != _TEXT:
                raise _Fault(f"{key} is no list of texts")
        tokens = fields.get(_TOKENS, List(_TEXT, 0))
        for key, kind in _BESIDE_TOKENS.items():
            beside = fields.get(key, List(kind, tokens.count))
            if beside not in (List(kind, tokens.count), List(kind, 0)):
                raise _Fault(f"{key} does not fit the tokens")

    def _tensor(self) -> tuple[str, int, int]:
        """Name, offset and bytes (0 where the type is not known)."""
        name = self._text(MOST_NAME, "a tensor's name")
        sides = self._count("I", MOST_SIDES, f"sides of {name}")
        values, first = 1, 1
        for at in range(sides):
            side = self._number("Q")
            if not 0 < side < 1 << 40:
                raise _Fault(f"{name} has a side of {side}")
            values, first = values * side, side if at == 0 else first
        kind, offset = self._number("I"), self._number("Q")
        block, size = _BLOCKS.get(kind, (1, 0))
        if first % block:
            raise _Fault(f"{name} has a row of {first}, no multiple of {block}")
        return name, offset, values // block * size

    def _check_places(self, places: list[tuple[str, int, int]]) -> None:
        align = self._header.fields.get("general.alignment", ALIGNMENT)
        start = -(-self._file.tell() // align) * align
        names, end = set(), 0
        for name, offset, size in sorted(places, key=lambda place: place[1]):
            if name in names:
                raise _Fault(f"two tensors are called {name!r}")
            names.add(name)
            if offset % align or offset < end:
                raise _Fault(f"{name} lies over another or askew")
            end = offset + size
            if start + end > self._size:
                raise _Fault(f"{name} lies beyond the end of the file")

    def _text(self, most: int, what: str) -> str:
        data = self._bytes(self._count("Q", most, f"bytes in {what}"))
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise _Fault(f"{what} is no UTF-8") from None

    def _count(self, form: str, most: int, what: str) -> int:
        count = int(self._number(form))
        if count > most:
            raise _Fault(f"{count:,} {what}, the most is {most:,}")
        return count

    def _number(self, form: str) -> Any:
        return struct.unpack("<" + form, self._bytes(struct.calcsize("<" + form)))[0]

    def _skip(self, count: int) -> None:
        self._take(count)
        self._file.seek(count, 1)

    def _bytes(self, count: int) -> bytes:
        self._take(count)
        data = self._file.read(count)
        if len(data) != count:
            raise _Fault("it ends too early")
        return data

    def _take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise _Fault("it ends too early")
