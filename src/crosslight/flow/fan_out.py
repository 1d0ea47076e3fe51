"""Parts of one row that are worked on side by side: an error is of its part, a stop of them all."""

import asyncio
import logging
from collections.abc import Awaitable, Coroutine, Iterable
from typing import Any, TypeVar

from crosslight.models import ModelError
from crosslight.records import Done, Failed

T = TypeVar("T")
log = logging.getLogger(__name__)


async def all_of(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results, in order. Where one ends with an error, a stop among them, the others get to
    their end first."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
    values: list[T] = []
    for end in ends:
        if isinstance(end, BaseException):
            raise end
        values.append(end)
    return values


async def attempt(step: str, work: Awaitable[T]) -> Done[T] | Failed:
    """What the work gives; its error is the step's failure, not the run's end."""
    try:
        return Done(await work)
    except ModelError as error:
        return Failed(step, f"{error.kind}: {error.message}", error.retryable, error.hint)
    except Exception as error:
        log.debug("step %s failed", step, exc_info=True)
        return Failed(step, f"{type(error).__name__}: {_short(error)}")


def _short(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else ""
