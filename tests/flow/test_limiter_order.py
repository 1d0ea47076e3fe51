"""Later stages are served first, then earlier rows."""

import asyncio

from crosslight.flow.limiter import current_priority, set_priority


def test_a_later_step_and_an_earlier_row_come_first() -> None:
    async def place(stage: int, row: int) -> tuple[int, int]:
        set_priority(stage, row)
        await asyncio.sleep(0)
        return current_priority()

    async def both() -> list[tuple[int, int]]:
        wanted = [(0, 1), (1, 9), (1, 2), (0, 0)]
        return list(await asyncio.gather(*(place(*one) for one in wanted)))

    places = asyncio.run(both())
    assert sorted(places) == [(-1, 2), (-1, 9), (0, 0), (0, 1)]


def test_each_task_has_a_place_of_its_own() -> None:
    async def inner() -> tuple[int, int]:
        set_priority(3, 3)
        return current_priority()

    async def outer() -> tuple[int, int]:
        await asyncio.create_task(inner())
        return current_priority()

    assert asyncio.run(outer()) == (0, 0)
