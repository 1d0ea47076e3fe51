"""Ctrl-C and SIGTERM end a run in order."""

import asyncio
import os
import signal

import pytest

from crosslight.flow import (
    Context,
    Outcomes,
    as_step,
    interrupts,
    run_main,
)
from crosslight.records import Done
from tests.flow.parts import collect, runner_of


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_run_in_order(number: signal.Signals) -> None:
    @as_step("hang")
    async def hang(row: int, ctx: Context) -> Outcomes:
        await asyncio.sleep(60 if row > 2 else 0)
        return Done(row)

    async def main() -> None:
        runner = runner_of([hang], alive=8)
        asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), number)
        with interrupts(runner.stop):
            results = await collect(runner, range(100))
        assert [r.row for r in results] == [0, 1, 2]
        assert (runner.status, runner.reason) == ("stopped", f"interrupted ({number.name})")
        assert "run the same command" in runner.hint

    run_main(main())
