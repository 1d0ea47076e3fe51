"""Slots: never more than the limit, later steps first, Retry-After heeded."""

import asyncio
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslight.flow.limiter import Limiter, set_priority
from tests.flow.parts import run


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 8),
    st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), max_size=40),
)
def test_never_more_than_the_limit_and_no_slot_is_lost(
    fixed: int, calls: list[tuple[int, bool, bool]]
) -> None:
    async def main() -> None:
        limiter = Limiter(fixed=fixed)

        async def call(turns: int, answered: bool) -> None:
            slot = await limiter.acquire()
            try:
                assert 1 <= limiter.in_flight <= fixed
                for _ in range(turns):
                    await asyncio.sleep(0)
            finally:
                limiter.release(slot, answered=answered)

        tasks = [asyncio.create_task(call(turns, answered)) for turns, answered, _ in calls]
        await asyncio.sleep(0)
        for task, (_, _, cancelled) in zip(tasks, calls, strict=True):
            if cancelled:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert limiter.in_flight == 0

    run(main())


def test_later_steps_go_first_then_earlier_rows() -> None:
    async def main() -> list[tuple[int, int]]:
        limiter = Limiter(fixed=1)
        first = await limiter.acquire()
        served: list[tuple[int, int]] = []

        async def call(stage: int, row: int) -> None:
            set_priority(stage, row)
            slot = await limiter.acquire()
            served.append((stage, row))
            limiter.release(slot, answered=True)

        wanted = [(0, 5), (1, 9), (0, 2), (2, 7), (1, 3)]
        tasks = [asyncio.create_task(call(*place)) for place in wanted]
        await asyncio.sleep(0)
        limiter.release(first, answered=True)
        await asyncio.gather(*tasks)
        return served

    assert run(main()) == [(2, 7), (1, 3), (1, 9), (0, 2), (0, 5)]


def test_retry_after_holds_every_new_call_back() -> None:
    async def main() -> float:
        limiter = Limiter()
        slot = await limiter.acquire()
        limiter.throttled(slot, 0.15)
        limiter.release(slot, answered=False)
        began = time.monotonic()
        await limiter.acquire()
        return time.monotonic() - began

    assert run(main()) >= 0.14


def test_a_fixed_limit_does_not_move() -> None:
    async def main() -> None:
        limiter = Limiter(fixed=3)
        for _ in range(50):
            slot = await limiter.acquire()
            limiter.throttled(slot, None)
            limiter.release(slot, answered=True)
        assert limiter.limit == 3 and limiter.history == []
        with pytest.raises(ValueError, match="at least 1"):
            Limiter(fixed=0)

    run(main())
