"""Ctrl-C and SIGTERM end a run in order: the answers so far are kept, and a rerun goes on."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from functools import partial

from crosslight.flow.stop import GO_ON

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
STOPPED = 3
"""Exit code of a run that was stopped and can go on."""

_running: list[tuple[asyncio.AbstractEventLoop, Callable[..., None]]] = []
"""Runs of this process that can be told to stop, whatever thread they are in."""


_signals_seen: list[str] = []


def signalled() -> bool:
    """Whether a run of this process was told to stop by a signal."""
    return bool(_signals_seen)


def stop_all(reason: str) -> None:
    """Tell every run of this process to stop in order. May be called from any thread."""
    for loop, stop in list(_running):
        loop.call_soon_threadsafe(partial(stop, reason, hint=GO_ON))


@contextlib.contextmanager
def interrupts(stop: Callable[..., None], *, exit_at_second: bool = False) -> Iterator[None]:
    """While inside, the first signal calls `stop(reason, hint=...)`.

    The second ends the process at once with `exit_at_second` (answers are on the disk by then, and
    the folder reads as stopped), else it has its usual meaning. To be used in a running event loop
    of the main thread; elsewhere (a Ray worker, a notebook's thread) signals are left alone.
    """
    loop = asyncio.get_running_loop()
    me, caught = (loop, stop), 0

    def once(name: str) -> None:
        nonlocal caught
        caught += 1
        _signals_seen.append(name)
        if caught > 1:
            os._exit(STOPPED)
        if not exit_at_second:
            _remove(loop)
        stop(f"interrupted ({name})", hint=GO_ON)

    _running.append(me)
    try:
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            for number in _SIGNALS:
                loop.add_signal_handler(number, once, number.name)
        yield
    finally:
        _running.remove(me)
        _remove(loop)


def _remove(loop: asyncio.AbstractEventLoop) -> None:
    for number in _SIGNALS:
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.remove_signal_handler(number)
