"""Just enough of Thrift's compact protocol to read the footer of a parquet file and the headers of
its pages."""

from collections.abc import Mapping
from typing import Any

MOST_DEPTH = 16
MOST_VALUES = 5_000_000
"""Values that are read at most, and a tenth of it of structs that are kept: a byte can be one."""
Wanted = Mapping[int, Any]
"""Fields by number, each with the fields wanted of the structs in it (empty: all of it)."""
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)
_BITS = {_I16: 16, _I32: 32, _I64: 64}


def read_struct(data: bytes, wanted: Wanted | None = None) -> tuple[dict[int, Any], int]:
    """The fields of the struct that `data` begins with, by their numbers, and its length.

    Of the fields that are not `wanted` (where that is given) no value is kept.
    Whole numbers, structs and lists have their value, all else is None. Raises `ValueError` for
    what is no struct, or none that ends, and for what readers understand in two ways: a number that
    is too large for its type (some cut it) and a field that is told twice (some merge the two).
    """
    reader = _Reader(data)
    try:
        return reader.struct(0, wanted or {}), reader.at
    except IndexError:
        raise ValueError("a header that does not end") from None


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self._values = self._kept = 0

    def struct(self, depth: int, wanted: Wanted | None) -> dict[int, Any]:
        """`wanted` None: nothing is kept of it."""
        fields: dict[int, Any] = {}
        seen = set[int]()
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._signed(16)
            if number in seen:
                raise ValueError(f"a header that tells field {number} twice")
            seen.add(number)
            inner = None if wanted is None else wanted.get(number, {} if not wanted else None)
            value = self._value(head & 15, depth, inner)
            if inner is not None:
                fields[number] = value
        if wanted is not None:
            self._kept += 1
            if self._kept > MOST_VALUES // 10:
                raise ValueError("a header of too many parts")
        return fields

    def _value(self, kind: int, depth: int, wanted: Wanted | None, *, in_list: bool = False) -> Any:
        self._values += 1
        if depth > MOST_DEPTH:
            raise ValueError("a header that is too deep")
        if self._values > MOST_VALUES:
            raise ValueError("a header of too many values")
        if kind in (_TRUE, _FALSE):
            self._skip(1 if in_list else 0)
            return None
        if kind in _BITS:
            return self._signed(_BITS[kind])
        if kind == _STRUCT:
            return self.struct(depth + 1, wanted)
        if kind == _BYTE:
            self._skip(1)
        elif kind == _DOUBLE:
            self._skip(8)
        elif kind == _BINARY:
            self._skip(self._varint())
        elif kind in (_LIST, _SET):
            return self._list(depth, wanted)
        elif kind == _MAP:
            self._map(depth)
        else:
            raise ValueError(f"a header with a field of type {kind}")
        return None

    def _list(self, depth: int, wanted: Wanted | None) -> list[Any]:
        head = self._byte()
        count = self._varint() if head >> 4 == 15 else head >> 4
        kept = []
        for _ in range(count):
            value = self._value(head & 15, depth + 1, wanted, in_list=True)
            if wanted is not None:
                kept.append(value)
        return kept

    def _map(self, depth: int) -> None:
        count = self._varint()
        kinds = self._byte() if count else 0
        for _ in range(count):
            self._value(kinds >> 4, depth + 1, None, in_list=True)
            self._value(kinds & 15, depth + 1, None, in_list=True)

    def _byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def _skip(self, size: int) -> None:
        self.at += size
        if self.at > len(self.data):
            raise IndexError

    def _varint(self) -> int:
        value = shift = 0
        while shift < 64:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
        raise ValueError("a header with an endless number")

    def _signed(self, bits: int) -> int:
        value = self._varint()
        if value >> bits:
            raise ValueError("a header with a number too large for its type")
        return (value >> 1) ^ -(value & 1)
