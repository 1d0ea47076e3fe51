"""Ctrl-C and SIGTERM end a run in order."""

import asyncio
import os
import signal

import pytest

from crosslight.flow import (
    Context,
    Outcomes,
    RunStop,
    as_step,
    interrupts,
    run_anywhere,
    run_main,
)
from crosslight.records import Done
from tests.flow.parts import runner_of


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_run_in_order(number: signal.Signals) -> None:
    @as_step("hang")
    async def hang(row: int, ctx: Context) -> Outcomes:
        await asyncio.sleep(60 if row > 2 else 0)
        return Done(row)

    async def main() -> None:
        runner = runner_of([hang], alive=8)
        seen = []
        with interrupts(runner.stop):
            async for result in runner.run(range(100)):
                seen.append(result.row)
                if result.row == 2:
                    os.kill(os.getpid(), number)
        assert seen == [0, 1, 2]
        assert (runner.status, runner.reason) == ("stopped", f"interrupted ({number.name})")

    run_main(main())


def test_handlers_that_were_there_are_there_again() -> None:
    heard: list[int] = []

    def mine(number: int, frame: object) -> None:
        heard.append(number)

    before = signal.signal(signal.SIGTERM, mine)
    try:

        async def inside() -> None:
            with interrupts(lambda *_, **__: None):
                assert signal.getsignal(signal.SIGTERM) is not mine

        run_main(inside())
        assert signal.getsignal(signal.SIGTERM) is mine
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_signal_reaches_every_run_of_a_nest() -> None:
    stopped: list[str] = []

    async def nest() -> None:
        with interrupts(lambda reason: stopped.append("outer")):
            with interrupts(lambda reason: stopped.append("inner")):
                os.kill(os.getpid(), signal.SIGTERM)
                await asyncio.sleep(0.05)
            assert stopped == ["outer", "inner"]

    run_main(nest())


@pytest.mark.parametrize("in_loop", [False, True])
def test_a_stop_before_a_run_could_say_how_it_ended_is_a_keyboard_interrupt(in_loop: bool) -> None:
    """As a script knows it; what the command line makes of it is its own."""

    async def opening() -> None:
        raise RunStop("interrupted (SIGINT)", hint="")

    def call() -> None:
        with pytest.raises(KeyboardInterrupt, match="SIGINT"):
            run_anywhere(opening())

    async def cell() -> None:
        call()

    if in_loop:
        asyncio.run(cell())
    else:
        call()
