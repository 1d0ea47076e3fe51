"""Functions as steps."""

import asyncio
from typing import Any

from crosslight.flow import Context, Leaf, Outcomes, RowResult, Step, as_step
from crosslight.records import Done, Dropped, Failed


@as_step("double")
async def double(row: Any, ctx: Context) -> Outcomes:
    return Done(row * 2)


def test_a_decorated_function_is_a_step_with_a_name() -> None:
    assert isinstance(double, Step)
    assert double.name == "double"
    assert asyncio.run(double(4, Context())) == Done(8)


def test_a_row_tells_what_came_through_and_whether_a_part_failed() -> None:
    leaves = (Leaf(Done(1), 0), Leaf(Dropped("s", "r"), 0), Leaf(Failed("s", "e"), 0))
    assert RowResult(0, "row", leaves).done == [1]
    assert RowResult(0, "row", leaves).failed
    assert not RowResult(0, "row", leaves[:2]).failed
