"""Which calls were counted already, at 8 bytes a call: a run may make millions of them."""

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

FRESH = 32_768
"""Keys in a set, which costs ten times as much, until they are sorted in among the others."""
_DIGITS = 15
"""Of a key's 64 hex digits: 60 bits, and no collision to be expected."""


class SeenKeys:
    """A set of keys that only grows. `len` is how many there are."""

    def __init__(self) -> None:
        self._fresh: set[int] = set()
        self._sorted: NDArray[np.uint64] = np.zeros(0, dtype=np.uint64)

    def __len__(self) -> int:
        return len(self._sorted) + len(self._fresh)

    def __contains__(self, key: str) -> bool:
        return self._has(int(key[:_DIGITS], 16))

    def add(self, key: str) -> bool:
        """Whether it is new."""
        number = int(key[:_DIGITS], 16)
        if self._has(number):
            return False
        self._fresh.add(number)
        if len(self._fresh) == FRESH:
            more = np.fromiter(self._fresh, np.uint64, FRESH)
            self._sorted = np.sort(np.concatenate([self._sorted, more]))
            self._fresh = set()
        return True

    def _has(self, number: int) -> bool:
        if number in self._fresh:
            return True
        at = bisect_left(self._sorted, number)
        return at < len(self._sorted) and int(self._sorted[at]) == number
