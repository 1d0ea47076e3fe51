"""The event loop of a run: of a command, of a script, of a notebook."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from crosslight.flow.interrupt import stop_all
from crosslight.flow.stop import RunStop

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

    There it runs in a thread of its own; Ctrl-C (the notebook's stop button) ends the run in order,
    or, before the run has begun, at once with `KeyboardInterrupt`.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        in_loop = False
    else:
        in_loop = True
    try:
        return _in_own_thread(main) if in_loop else run_main(main)
    except RunStop as stop:  # no result says how it ended: its models were still being opened
        raise KeyboardInterrupt(stop.reason) from None


def _in_own_thread(main: Coroutine[Any, Any, T]) -> T:
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = Future()

    async def known() -> T:
        task = asyncio.current_task()
        assert task is not None
        begun.set_result((asyncio.get_running_loop(), task))
        return await main

    with ThreadPoolExecutor(1, thread_name_prefix="crosslight") as pool:
        ending = pool.submit(run_main, known())
        try:
            return ending.result()
        except KeyboardInterrupt:
            if not stop_all("interrupted"):
                loop, task = begun.result()
                loop.call_soon_threadsafe(task.cancel)
            try:
                return ending.result()
            except asyncio.CancelledError:
                raise KeyboardInterrupt from None


async def in_thread(work: Callable[..., T], /, *args: Any) -> T:
    """Run a blocking function in a thread that nobody waits for: a stop leaves it behind."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: BaseException | None) -> None:
        if not done.done():
            if error is None:
                done.set_result(value)  # type: ignore[arg-type]
            else:
                done.set_exception(error)

    def run() -> None:
        value, error = None, None
        try:
            value = work(*args)
        except BaseException as caught:
            error = caught
        try:
            loop.call_soon_threadsafe(settle, value, error)
        except RuntimeError:
            return  # the loop has ended meanwhile

    threading.Thread(target=run, name="blocking", daemon=True).start()
    return await done
