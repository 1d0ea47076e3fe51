"""What a person sees of a run: rows, calls, cost, time left. On stderr, never in the results."""

import asyncio
import contextlib
import sys
import time
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from crosslight.flow.ledger import Ledger
from crosslight.flow.runner import Runner

BAR_EVERY_S = 0.5
LINE_EVERY_S = 10.0


def summary(runner: Runner, ledger: Ledger, seconds: float) -> str:
    """One line: `120 rows (3 failed), 240 calls, 12 stored, 0.0210 usd, 8.1 s`."""
    calls = ledger.calls
    failed = f" ({runner.failed_rows} failed)" if runner.failed_rows else ""
    cost = f", {ledger.cost_usd:.4f} usd" if ledger.cost_usd else ""
    return (
        f"{runner.finished:,} rows{failed}, {calls.asked:,} calls, {calls.replayed:,} stored"
        f"{cost}, {seconds:.1f} s"
    )


class Watch:
    """`async with Watch(runner, ledger, total):` a bar on a terminal, else a line now and then."""

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
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._began = time.monotonic()
        if not self._quiet:
            draw = self._bar() if self._stream.isatty() else self._lines()
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
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        # Why a run ended early is said once, by the command.
        print(self._line(), file=self._stream)

    async def _lines(self) -> None:
        while True:
            await asyncio.sleep(LINE_EVERY_S)
            print(self._line(), file=self._stream, flush=True)

    async def _bar(self) -> None:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TimeRemainingColumn(),
        )
        console = Console(file=self._stream)
        with Progress(*columns, console=console, transient=True, auto_refresh=False) as bar:
            task = bar.add_task("", total=self._total)
            while True:
                bar.update(task, completed=self._runner.finished, description=self._line())
                bar.refresh()
                await asyncio.sleep(BAR_EVERY_S)

    def _line(self) -> str:
        return summary(self._runner, self._ledger, time.monotonic() - self._began)
