"""One pass of rows through steps, in a build of one photo or of two."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any

from crosslight.flow import RunFailed, Runner, RunStop
from crosslight.records import Outcome

Watching = Callable[[str, Runner, int], AbstractAsyncContextManager[Any]]
"""Shows a pass while it runs: its name, its runner, how many rows go in."""


async def passed(
    name: str, runner: Runner, rows: Iterable[Any], total: int, watch: Watching
) -> AsyncIterator[tuple[Any, Outcome[Any]]]:
    """Each row and its end. Raises `RunStop` when the pass ended before its rows did."""
    async with watch(name, runner, total):
        async for result in runner.run(rows):
            for leaf in result.leaves:
                yield result.row, leaf.outcome
    if runner.status != "complete":
        ending = RunFailed if runner.status == "failed" else RunStop
        raise ending(runner.reason, hint=runner.hint)
