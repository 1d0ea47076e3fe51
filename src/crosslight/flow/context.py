"""What a step is given besides its row."""

import asyncio
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from crosslight.flow.limiter import Limiter
from crosslight.flow.stop import Gate
from crosslight.models import Model
from crosslight.store import ImageStore

P = ParamSpec("P")
T = TypeVar("T")


def small_pool() -> ThreadPoolExecutor:
    """Threads for decoding, hashing and the like: they let go of the interpreter lock there."""
    return ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="blocking")


@dataclass(frozen=True, slots=True)
class Context:
    """The named models (by role), the images, a seed, and a pool for work that blocks."""

    models: Mapping[str, Model] = field(default_factory=dict)
    images: ImageStore | None = None
    seed: int = 0
    pool: ThreadPoolExecutor = field(default_factory=small_pool, repr=False)
    limiters: tuple[Limiter, ...] = field(default=(), repr=False)
    """Of the models, so that the runner takes no more rows than they can use."""
    gate: Gate = field(default_factory=Gate, repr=False)
    """Closed when the run is to stop; the models' callers share it."""

    async def blocking(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a blocking function in the pool."""
        loop = asyncio.get_running_loop()
        if kwargs:
            return await loop.run_in_executor(self.pool, lambda: work(*args, **kwargs))
        return await loop.run_in_executor(self.pool, work, *args)

    def close(self) -> None:
        """End the pool; work that has not begun is left out."""
        self.pool.shutdown(wait=False, cancel_futures=True)
