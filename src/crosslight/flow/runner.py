"""Rows through steps: concurrently, in memory that does not grow, out in input order.

Each row is one task that walks the steps. Under way are at most `alive` rows, and no more than half
again what the models take at once, and `spare` ones that get ready meanwhile: a row that only waits
holds its picture in memory for nothing.
A row that is slow holds back the output, not the others, until `window` rows wait behind it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Sequence
from typing import Any, Literal

from crosslight.flow.context import Context
from crosslight.flow.fan_out import all_of, attempt
from crosslight.flow.funnel import Funnel
from crosslight.flow.limiter import set_priority
from crosslight.flow.step import Leaf, RowResult, Step
from crosslight.flow.stop import GRACE_S, RunStop
from crosslight.records import Done, Dropped, Failed, Outcome

Status = Literal["complete", "stopped", "failed"]
ALIVE = 1_024
SPARE = 32
WINDOW = 8_192
TURN_S, QUIET_TURNS = 0.05, 5
"""After so many turns without a call in flight, rows of a stopped run have nothing to wait for."""
LEAST_ROWS = 20
"""A share of failed rows is judged from this many rows on."""


class Runner:
    """Runs a recipe over rows. Use once.

    `fail_on_error`: None, a share (a float in 0..1) or a count of failed rows that ends the run
    with status `failed`. After `run` ends, `status`, `reason` and `hint` say how.
    """

    def __init__(
        self,
        context: Context,
        steps: Sequence[Step],
        *,
        alive: int = ALIVE,
        window: int = WINDOW,
        fail_on_error: float | int | None = None,
    ) -> None:
        self.context = context
        self.steps = tuple(steps)
        self.status: Status = "complete"
        self.reason = ""
        self.hint = ""
        self.taken = 0
        self.finished = 0
        self.failed_rows = 0
        self.funnel = Funnel([step.name for step in steps])
        self._alive = alive
        self._window = max(window, alive)
        self._fail_on_error = fail_on_error
        self.spare = SPARE
        """Rows beyond those that keep the models busy. With few of them rows end one after the
        other, also where the models answer faster than rows get ready."""
        self._queue: deque[asyncio.Task[RowResult | None]] = deque()
        self._running: set[asyncio.Task[RowResult | None]] = set()
        self._changed = asyncio.Event()
        self._stopping = False
        self._draining: asyncio.Task[None] | None = None

    async def run(
        self, rows: Iterable[Any] | AsyncIterable[Any]
    ) -> AsyncGenerator[RowResult, None]:
        """The results, in the order of the rows. Rows that a stop left unfinished are left out."""
        feeder = asyncio.create_task(self._feed(rows))
        feeder.add_done_callback(lambda _: self._changed.set())
        try:
            while self._queue or not feeder.done():
                if not self._queue or not self._queue[0].done():
                    self._changed.clear()
                    await self._changed.wait()
                    continue
                task = self._queue.popleft()
                self._changed.set()
                # Cancelled by `stop` before its first turn.
                result = None if task.cancelled() else task.result()
                if result is not None:
                    yield result
            feeder.result()  # an error in the rows themselves ends the run aloud
            self._judge_failures(at_end=True)
        finally:
            draining = [self._draining] if self._draining is not None else []
            await self._end([feeder, *draining, *self._queue])

    def stop(self, reason: str, *, hint: str = "", status: Status = "stopped") -> None:
        """Take no more rows and make no more calls.

        Calls in flight are given `GRACE_S` seconds to answer; rows that are then not at their end
        are cancelled. Stored answers are kept.
        """
        self._note_stop(status, reason, hint)
        self.context.gate.close(reason, hint=hint)
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        """Wait for what is in flight, then cancel what still runs."""
        loop = asyncio.get_running_loop()
        deadline, quiet = loop.time() + GRACE_S, 0
        while self._running and loop.time() < deadline and quiet < QUIET_TURNS:
            waiting = any(limiter.in_flight for limiter in self.context.limiters)
            quiet = 0 if waiting else quiet + 1
            await asyncio.sleep(TURN_S)
        for task in self._running:
            task.cancel()

    async def _feed(self, rows: Iterable[Any] | AsyncIterable[Any]) -> None:
        if isinstance(rows, AsyncIterable):
            async for row in rows:
                if not await self._start(row):
                    return
        else:
            for row in rows:
                if not await self._start(row):
                    return

    async def _start(self, row: Any) -> bool:
        """Start a row when there is room; False when the run is stopping."""
        while not self._stopping and not self._has_room():
            self._changed.clear()
            await self._changed.wait()
        if self._stopping:
            return False
        task = asyncio.create_task(self._row(self.taken, row))
        self.taken += 1
        self._queue.append(task)
        self._running.add(task)
        task.add_done_callback(self._ended)
        if self.taken % 64 == 0:
            await asyncio.sleep(0)  # a long list must not keep the first rows from starting
        return True

    def _has_room(self) -> bool:
        if len(self._queue) >= self._window:
            return False
        limits = [limiter.limit for limiter in self.context.limiters]
        wanted = 3 * sum(limits) // 2 + self.spare if limits else self._alive
        return len(self._running) < min(self._alive, wanted)

    def _ended(self, task: asyncio.Task[RowResult | None]) -> None:
        self._running.discard(task)
        self._changed.set()

    async def _row(self, index: int, row: Any) -> RowResult | None:
        """All steps of one row; None where the run ended first."""
        try:
            leaves = await self._walk(0, row, row, index)
        except RunStop as stop:
            self._note_stop(
                "failed" if stop.status == "failed" else "stopped", stop.reason, stop.hint
            )
            if stop.status == "failed":
                self.stop(stop.reason, hint=stop.hint, status="failed")
            return None
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            return None
        result = RowResult(index, row, tuple(leaves))
        self.finished += 1
        self.failed_rows += result.failed
        self._judge_failures()
        return result

    async def _walk(self, at: int, value: Any, before: Any, index: int) -> list[Leaf]:
        while at < len(self.steps):
            step = self.steps[at]
            set_priority(at, index)
            outcomes = await self._apply(step, value)
            self.funnel.count(at, outcomes)
            at += 1
            if len(outcomes) > 1:
                return await self._fan_out(at, outcomes, value, index)
            outcome = outcomes[0]
            if not isinstance(outcome, Done):
                return [Leaf(outcome, value)]
            before, value = value, outcome.value
        return [Leaf(Done(value), before)]

    async def _fan_out(
        self, at: int, outcomes: list[Outcome[Any]], before: Any, index: int
    ) -> list[Leaf]:
        async def branch(outcome: Outcome[Any]) -> list[Leaf]:
            if not isinstance(outcome, Done):
                return [Leaf(outcome, before)]
            return await self._walk(at, outcome.value, before, index)

        ends = await all_of([branch(outcome) for outcome in outcomes])
        return [leaf for leaves in ends for leaf in leaves]

    async def _apply(self, step: Step, value: Any) -> list[Outcome[Any]]:
        """One step, caught: an error is this row's, not the run's."""
        made = await attempt(step.name, step(value, self.context))
        if isinstance(made, Failed):
            return [made]
        outcome = made.value
        if isinstance(outcome, list):
            return outcome or [Dropped(step.name, "nothing", "the step gave no row")]
        return [outcome]

    def _judge_failures(self, *, at_end: bool = False) -> None:
        bound = self._fail_on_error
        if bound is None or self._stopping or not self.failed_rows:
            return
        share = isinstance(bound, float)
        if share:
            enough = at_end or self.finished >= LEAST_ROWS
            over = enough and self.failed_rows > bound * self.finished
        else:
            over = self.failed_rows >= bound
        if over:
            self.stop(
                f"{self.failed_rows} of {self.finished} rows failed",
                hint="see failed.parquet for the reasons; the bound is --fail-on-error",
                status="failed",
            )

    def _note_stop(self, status: Status, reason: str, hint: str) -> None:
        if not self._stopping:
            self.status, self.reason, self.hint = status, reason, hint
        self._stopping = True
        self._changed.set()

    async def _end(self, tasks: list[asyncio.Task[Any]]) -> None:
        self._stopping = True
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
