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
_BITS = (0, 0, 0, 0, 16, 32, 64, 0, 64, 0, 0, 0, 0, 0, 0, 0)
"""By type: of a whole number, and of the length of a text."""


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
    """Written for speed: a table of a million rows has a hundred thousand of these structs. Most of
    their bytes are numbers and texts, which are read in place, without a call."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self._values = self._kept = 0

    def struct(self, depth: int, wanted: Wanted | None) -> dict[int, Any]:
        """`wanted` None: nothing is kept of it."""
        data, at = self.data, self.at
        known: Wanted = wanted or {}
        other: Wanted | None = None if wanted is None or wanted else {}
        fields: dict[int, Any] = {}
        seen = set[int]()
        number = 0
        while head := data[at]:
            at += 1
            if head > 15:
                number += head >> 4
            else:
                self.at = at
                number = self._signed(16)
                at = self.at
            if number in seen:
                raise ValueError(f"a header that tells field {number} twice")
            seen.add(number)
            inner = known.get(number, other)
            kind = head & 15
            if bits := _BITS[kind]:
                value: Any = data[at]
                at += 1
                if value > 127:
                    self.at = at - 1
                    value = self._varint()
                    at = self.at
                if kind == _BINARY:
                    at += value
                    value = None
                elif value >> bits:
                    raise ValueError("a header with a number too large for its type")
                else:
                    value = (value >> 1) ^ -(value & 1)
            else:
                self.at = at
                value = self._value(kind, depth, inner)
                at = self.at
            if inner is not None:
                fields[number] = value
        self.at = at + 1
        self._count(len(seen), kept=wanted is not None)
        return fields

    def _value(self, kind: int, depth: int, wanted: Wanted | None, *, in_list: bool = False) -> Any:
        if depth > MOST_DEPTH:
            raise ValueError("a header that is too deep")
        if kind in (_TRUE, _FALSE):
            self._skip(1 if in_list else 0)
            return None
        if kind in (_I16, _I32, _I64):
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
        self._count(count)
        kept = []
        for _ in range(count):
            value = self._value(head & 15, depth + 1, wanted, in_list=True)
            if wanted is not None:
                kept.append(value)
        return kept

    def _map(self, depth: int) -> None:
        count = self._varint()
        self._count(2 * count)
        kinds = self._byte() if count else 0
        for _ in range(count):
            self._value(kinds >> 4, depth + 1, None, in_list=True)
            self._value(kinds & 15, depth + 1, None, in_list=True)

    def _count(self, values: int, *, kept: bool = False) -> None:
        """So many more; of a struct (`kept` or not) when it is through, for its fields have
        numbers, which bound them."""
        self._values += values
        self._kept += kept
        if self._values > MOST_VALUES:
            raise ValueError("a header of too many values")
        if self._kept > MOST_VALUES // 10:
            raise ValueError("a header of too many parts")

    def _byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def _skip(self, size: int) -> None:
        self.at += size
        if self.at > len(self.data):
            raise IndexError

    def _varint(self) -> int:
        data, at = self.data, self.at
        value = shift = 0
        while shift < 64:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                self.at = at
                return value
            shift += 7
        raise ValueError("a header with an endless number")

    def _signed(self, bits: int) -> int:
        value = self._varint()
        if value >> bits:
            raise ValueError("a header with a number too large for its type")
        return (value >> 1) ^ -(value & 1)
