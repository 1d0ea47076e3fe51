"""One heavy engine at a time: llama.cpp and torch on the CPU share a lane, a GPU has its own.

llama.cpp's threads spin while they wait for each other; two engines at once on two cores slow each
other tenfold. The single thread also is what its server wants: one caller.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_lanes: dict[str, ThreadPoolExecutor] = {}


async def in_turn(call: Callable[[], T]) -> T:
    """Run `call` in the one thread of the CPU's engines and wait for it.

    When the waiting task is cancelled, a call that has begun still runs to its end.
    """
    return await asyncio.get_running_loop().run_in_executor(_lane("llama"), call)


async def in_lane(device: str, call: Callable[[], T]) -> T:
    """Run `call` in the one thread that serves torch on `device`, as `in_turn` does."""
    if not device.startswith("cuda"):
        return await in_turn(call)
    return await asyncio.get_running_loop().run_in_executor(_lane("torch"), call)


def threads(wanted: int = 0) -> int:
    """How many threads llama.cpp may use: `wanted`, or the cores that this process may run on."""
    if wanted > 0:
        return wanted
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(8, cores or 1))


def _lane(name: str) -> ThreadPoolExecutor:
    if name not in _lanes:
        _lanes[name] = ThreadPoolExecutor(1, thread_name_prefix=name)
    return _lanes[name]


if hasattr(os, "register_at_fork"):
    # A forked child does not inherit the threads.
    os.register_at_fork(after_in_child=_lanes.clear)
