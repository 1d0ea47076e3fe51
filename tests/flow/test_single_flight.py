"""Calls with one key under way share one answer."""

import asyncio

import pytest

from crosslight.flow.single_flight import SingleFlight
from tests.flow.parts import run


def test_one_flight_for_many() -> None:
    async def main() -> None:
        flights: SingleFlight[int] = SingleFlight()
        made = []

        async def fly() -> int:
            made.append(1)
            await asyncio.sleep(0.01)
            return 7

        ends = await asyncio.gather(*(flights.share("k", fly) for _ in range(5)))
        assert [value for value, _ in ends] == [7] * 5
        assert sorted(shared for _, shared in ends) == [False, True, True, True, True]
        assert len(made) == 1 and "k" not in flights

    run(main())


def test_an_error_is_shared() -> None:
    async def main() -> None:
        flights: SingleFlight[int] = SingleFlight()

        async def fly() -> int:
            await asyncio.sleep(0)
            raise ValueError("no")

        ends = await asyncio.gather(
            flights.share("k", fly), flights.share("k", fly), return_exceptions=True
        )
        assert [str(end) for end in ends] == ["no", "no"]

    run(main())


def test_when_the_leader_is_cancelled_a_follower_flies() -> None:
    async def main() -> None:
        flights: SingleFlight[str] = SingleFlight()

        async def slow() -> str:
            await asyncio.sleep(60)
            return "never"

        async def quick() -> str:
            return "quick"

        leader = asyncio.create_task(flights.share("k", slow))
        await asyncio.sleep(0)
        follower = asyncio.create_task(flights.share("k", quick))
        await asyncio.sleep(0)
        leader.cancel()
        assert await follower == ("quick", False)
        with pytest.raises(asyncio.CancelledError):
            await leader

    run(main())
