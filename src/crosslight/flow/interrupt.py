"""Ctrl-C and SIGTERM end a run in order: the answers so far are kept, and a rerun goes on."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
STOPPED = 3
"""Exit code of what was stopped and can go on."""

_running: list[tuple[asyncio.AbstractEventLoop, Callable[[str], None]]] = []
"""Runs of this process that can be told to stop, whatever thread they are in."""
_signals_seen: list[str] = []


def signals_seen() -> int:
    """How many signals runs of this process have been sent so far."""
    return len(_signals_seen)


def stop_all(reason: str) -> bool:
    """Tell every run of this process to stop in order, from any thread; False: there is none."""
    running = list(_running)
    for loop, stop in running:
        loop.call_soon_threadsafe(stop, reason)
    return bool(running)


@contextlib.contextmanager
def interrupts(stop: Callable[[str], None], *, exit_at_second: bool = False) -> Iterator[None]:
    """While inside, the first signal calls `stop(reason)` in the running event loop.

    The second ends the process at once with `exit_at_second` (answers are on the disk by then, and
    the folder reads as stopped), also while the loop is busy; else it has its usual meaning.
    Outside the main thread (a notebook's helper thread, a Ray worker) signals are left alone, and
    `stop_all` reaches the run. Handlers that were there before are there again afterwards.
    """
    me = (asyncio.get_running_loop(), stop)
    caught = 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal caught
        caught += 1
        name = signal.Signals(number).name
        _signals_seen.append(name)
        if caught > 1:
            if exit_at_second:
                os._exit(STOPPED)
            _restore(before)
            signal.raise_signal(number)
            return
        stop_all(f"interrupted ({name})")

    before: dict[signal.Signals, Any] = {}
    _running.append(me)
    try:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                before[number] = signal.signal(number, handle)
        yield
    finally:
        _running.remove(me)
        _restore(before)


def _restore(before: dict[signal.Signals, Any]) -> None:
    for number, handler in before.items():
        # None: a handler that was not set from Python cannot be set again from it.
        signal.signal(number, handler if handler is not None else signal.SIG_DFL)
