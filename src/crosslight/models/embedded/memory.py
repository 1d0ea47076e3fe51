"""Give memory back to the system that C code has freed."""

import ctypes
import sys
from collections.abc import Callable
from functools import cache


def give_back() -> None:
    """After large blocks were freed: glibc keeps them in its pools otherwise, so that loading the
    networks would cost 140 MB more than they hold. Elsewhere nothing is done."""
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        found = ctypes.CDLL("libc.so.6").malloc_trim
    except (OSError, AttributeError):  # musl has none
        return None
    found.argtypes, found.restype = [ctypes.c_size_t], ctypes.c_int
    return lambda pad: int(found(pad))
