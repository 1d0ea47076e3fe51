"""Slots of one model: who may call now, and who next."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from crosslight.flow.adaptive_limit import MAXIMUM, START, AdaptiveLimit, Change


@dataclass(frozen=True, slots=True)
class Slot:
    """A call that may go: when, and in which round of the pace."""

    made_in: int
    began: float


class Limiter:
    """At most `limit` calls in flight; the limit adapts (see `pace`) unless `fixed`.

    Waiting calls are served by place: later steps first, then earlier rows. To be made in a
    running event loop, unless a `clock` is given.
    """

    def __init__(
        self,
        *,
        fixed: int | None = None,
        start: int = START,
        maximum: int = MAXIMUM,
        clock: Callable[[], float] | None = None,
    ) -> None:
        if fixed is not None and fixed < 1:
            raise ValueError("concurrency must be at least 1")
        self.in_flight = 0
        self._now = clock or asyncio.get_running_loop().time
        self._fixed = fixed
        self._adaptive = AdaptiveLimit(self._now, start=start, maximum=maximum)
        self._waiting: list[tuple[Priority, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._not_before = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def limit(self) -> int:
        """Calls that may be in flight now."""
        return self._fixed or self._adaptive.limit

    @property
    def history(self) -> list[Change]:
        """How the limit moved, for run.json."""
        return self._adaptive.history

    async def acquire(self) -> Slot:
        """Wait for a slot."""
        if self.in_flight >= self.limit or self._waiting or self._now() < self._not_before:
            await self._queue()
        else:
            self.in_flight += 1
        return Slot(self._adaptive.round, self._now())

    def release(self, slot: Slot, *, answered: bool) -> None:
        """The call has ended; `answered` when it brought an answer."""
        self.in_flight -= 1
        if answered and not self._fixed:
            seconds = self._now() - slot.began
            self._adaptive.answered(slot.made_in, seconds, idle=not self._waiting)
        self._wake()

    def throttled(self, slot: Slot, retry_after: float | None) -> None:
        """The endpoint said 429: no call before `retry_after` seconds, and fewer at once.

        To be called before `release`.
        """
        if retry_after:
            self._not_before = max(self._not_before, self._now() + retry_after)
        if not self._fixed:
            self._adaptive.throttled(slot.made_in)

    def faulted(self) -> None:
        """The endpoint failed or did not answer."""
        self._adaptive.faulted()

    async def _queue(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (current_priority(), next(self._order), waiter))
        self._wake()
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                # The slot was given in the same moment: hand it on.
                self.in_flight -= 1
            self._wake()
            raise

    def _wake(self) -> None:
        """Give free slots to those who wait."""
        if not self._waiting:
            return
        wait = self._not_before - self._now()
        if wait > 0:
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(wait, self._ring)
            return
        while self._waiting and self.in_flight < self.limit:
            _, _, waiter = heapq.heappop(self._waiting)
            if not waiter.done():
                self.in_flight += 1
                waiter.set_result(None)

    def _ring(self) -> None:
        self._timer = None
        self._wake()


Priority = tuple[int, int]

_priority: ContextVar[Priority] = ContextVar("crosslight_priority", default=(0, 0))


def set_priority(stage: int, row: int) -> None:
    """Say that this task now works on `row` in step number `stage`."""
    _priority.set((-stage, row))


def current_priority() -> Priority:
    """A sort key: smaller is served first."""
    return _priority.get()
