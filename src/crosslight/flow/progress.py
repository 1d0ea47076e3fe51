"""What a person sees of a run: rows, calls, cost, time left. On stderr, never in the results."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from crosslight.flow.ledger import Ledger
from crosslight.flow.runner import Runner

BAR_EVERY_S = 0.5
LINE_EVERY_S = 10.0
ENOUGH_ROWS, ENOUGH_SHARE = 10, 0.05
"""Finished rows from which a forecast is made: whichever comes first."""


def summary(runner: Runner, ledger: Ledger, seconds: float) -> str:
    """One line: `120 rows (3 failed), 240 calls, 12 stored, 0.0210 usd, 8.1 s`."""
    calls = ledger.calls
    failed = f" ({runner.failed_rows} failed)" if runner.failed_rows else ""
    cost = f", {ledger.cost_usd:.4f} usd" if ledger.cost_usd else ""
    return (
        f"{runner.finished:,} rows{failed}, {calls.asked:,} calls, {calls.replayed:,} stored"
        f"{cost}, {seconds:.1f} s"
    )


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a pass over `total` rows will have taken at its end, by what was seen of it.

    `calls` and `usd` are the run's counters when the pass began.
    """

    total: int | None
    calls: int = 0
    usd: float = 0.0

    @classmethod
    def begin(cls, total: int | None, ledger: Ledger) -> Self:
        """For a pass that begins now."""
        return cls(total, ledger.calls.asked, ledger.cost_usd)

    def tell(self, taken: int, finished: int, ledger: Ledger) -> str:
        """`about 1,240 calls, 0.62 usd in all`; empty while too little was seen."""
        asked = ledger.calls.asked - self.calls
        enough = finished >= ENOUGH_ROWS or finished >= ENOUGH_SHARE * (self.total or 0)
        if not self.total or not finished or not enough or finished >= self.total or not asked:
            return ""
        # Rows under way have had some of their calls: as a rule, half.
        share = self.total / (finished + (taken - finished) / 2)
        usd = ledger.cost_usd - self.usd
        cost = f", {self.usd + usd * share:.2f} usd" if usd else ""
        end = " at the end of this pass" if self.calls else " in all"
        return f"about {round(self.calls + asked * share):,} calls{cost}{end}"


def canvas(stream: TextIO, notebook: Callable[[], Console] = Console) -> Console | None:
    """Where a bar can be drawn: a terminal, else the page of a notebook, else nowhere."""
    if stream.isatty():
        return Console(file=stream, emoji=False)
    if stream is not sys.stderr:
        return None
    page = notebook()
    return page if page.is_jupyter else None


class Watch:
    """`async with Watch(runner, ledger, total):` a bar on a terminal or in a notebook, else a line
    now and then."""

    def __init__(
        self,
        runner: Runner,
        ledger: Ledger,
        *,
        total: int | None = None,
        quiet: bool = False,
        stream: TextIO | None = None,
    ) -> None:
        self._runner = runner
        self._ledger = ledger
        self._total = total
        self._quiet = quiet
        self._stream = stream or sys.stderr
        self._began = 0.0
        self._forecast = Forecast(None)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._began = time.monotonic()
        self._forecast = Forecast.begin(self._total, self._ledger)
        if not self._quiet:
            console = canvas(self._stream)
            draw = self._lines() if console is None else self._bar(console)
            self._task = asyncio.create_task(draw)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is None:
            return
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError, ValueError):
            await self._task
        # Why a run ended early is said once, by the command.
        self._print()

    def _print(self) -> None:
        # A terminal that went away must not end a run that is paid for.
        with contextlib.suppress(OSError, ValueError):
            print(self._line(), file=self._stream, flush=True)

    async def _lines(self) -> None:
        while True:
            await asyncio.sleep(LINE_EVERY_S)
            self._print()

    async def _bar(self, console: Console) -> None:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console, transient=True, auto_refresh=False) as bar:
            task = bar.add_task("", total=self._total)
            while True:
                bar.update(task, completed=self._runner.finished, description=self._line())
                bar.refresh()
                await asyncio.sleep(BAR_EVERY_S)

    def _line(self) -> str:
        runner = self._runner
        told = summary(runner, self._ledger, time.monotonic() - self._began)
        if self._ledger.waiting:
            return f"{told}; {self._ledger.waiting}"
        ahead = self._forecast.tell(runner.taken, runner.finished, self._ledger)
        return f"{told}; {ahead}" if ahead else told
