"""The event loop of a run: of a command, of a script, of a notebook."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from crosslight.flow.interrupt import stop_all

T = TypeVar("T")


def run_main(main: Coroutine[Any, Any, T]) -> T:
    """Run it on uvloop where that is installed, else on asyncio's own loop."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def run_anywhere(main: Coroutine[Any, Any, T]) -> T:
    """`run_main`, also from within a running event loop (a notebook), and from any thread.

    There it runs in a thread of its own; Ctrl-C (the notebook's stop button) ends the run in order.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run_main(main)
    with ThreadPoolExecutor(1, thread_name_prefix="crosslight") as pool:
        ending = pool.submit(run_main, main)
        try:
            return ending.result()
        except KeyboardInterrupt:
            stop_all("interrupted")
            return ending.result()
