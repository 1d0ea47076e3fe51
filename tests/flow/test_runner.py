"""Rows: in order, caught one by one, bounded, stopped in order."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslight.flow import Budget, Context, Outcomes, Runner, as_step
from crosslight.models.errors import ContentFiltered
from crosslight.records import Done, Dropped, Failed
from tests.flow.parts import ask, collect, desk, model, run, runner_of


@as_step("wait")
async def wait(row: tuple[int, int], ctx: Context) -> Outcomes:
    for _ in range(row[0]):
        await asyncio.sleep(0)
    return [Done(n) for n in range(row[1])]


@as_step("sift")
async def sift(row: int, ctx: Context) -> Outcomes:
    await asyncio.sleep(0)
    if row == 1:
        return Dropped("sift", "is one")
    if row == 2:
        raise ContentFiltered("no", hint="h")
    if row == 3:
        raise KeyError("oops")
    return Done(row)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), max_size=30),
    st.integers(1, 6),
    st.integers(1, 10),
)
def test_rows_come_out_in_order_and_none_is_lost(
    rows: list[tuple[int, int]], alive: int, window: int
) -> None:
    runner = runner_of([wait, sift], alive=alive, window=window)
    results = run(collect(runner, rows))
    assert [r.index for r in results] == list(range(len(rows)))
    assert [r.row for r in results] == rows
    assert [len(r.leaves) for r in results] == [max(1, fan) for _, fan in rows]
    assert runner.status == "complete" and runner.taken == runner.finished == len(rows)
    entered, passed = runner.funnel.as_json()
    assert entered["in"] == len(rows) and passed["in"] == sum(fan for _, fan in rows)


def test_what_becomes_of_a_row() -> None:
    [result] = run(collect(runner_of([wait, sift]), [(0, 4)]))
    kept, dropped, filtered, broken = result.leaves
    assert kept.outcome == Done(0) and result.done == [0]
    assert dropped.outcome == Dropped("sift", "is one") and dropped.before == 1
    assert filtered.outcome == Failed("sift", "content_filter: no", False, "h")
    assert broken.outcome == Failed("sift", "KeyError: 'oops'")
    assert result.failed


def test_the_funnel_groups_by_reason_and_by_kind_of_error() -> None:
    runner = runner_of([wait, sift])
    run(collect(runner, [(0, 4), (0, 3), (0, 0)]))
    assert runner.funnel.as_json() == [
        {"step": "wait", "in": 3, "done": 7, "dropped": {"nothing": 1}, "failed": {}},
        {
            "step": "sift",
            "in": 7,
            "done": 2,
            "dropped": {"is one": 2},
            "failed": {"KeyError": 1, "content_filter": 2},
        },
    ]


def test_rows_are_taken_as_they_are_needed() -> None:
    taken = []

    def endless() -> Iterator[tuple[int, int]]:
        for n in range(10**9):
            taken.append(n)
            yield (1, 1)

    async def main() -> None:
        runner = runner_of([wait], alive=4, window=8)
        rows = runner.run(endless())
        for _ in range(20):
            await anext(rows)
        await rows.aclose()
        await asyncio.sleep(0.01)
        assert len(taken) <= 20 + 8 + 1

    run(main())


def test_async_rows_and_errors_in_them() -> None:
    async def rows() -> AsyncIterator[tuple[int, int]]:
        yield (0, 1)
        await asyncio.sleep(0)
        yield (0, 2)
        raise OSError("the disk is gone")

    async def main() -> None:
        seen = []
        with pytest.raises(OSError, match="disk"):
            async for result in runner_of([wait]).run(rows()):
                seen.append(result.index)
        assert seen == [0, 1]

    run(main())


def test_a_slow_row_does_not_hold_the_others_up() -> None:
    order = []
    others_done = asyncio.Event()

    @as_step("note")
    async def note(row: int, ctx: Context) -> Outcomes:
        if row == 0:
            await others_done.wait()
        order.append(row)
        if len(order) == 49:
            others_done.set()
        return Done(row)

    results = run(collect(runner_of([note]), range(50)))
    assert order[-1] == 0
    assert [r.row for r in results] == list(range(50))


@pytest.mark.parametrize(
    ("bound", "status"), [(3, "failed"), (0.5, "failed"), (0.95, "complete"), (None, "complete")]
)
def test_too_many_failures_end_the_run(bound: Any, status: str) -> None:
    @as_step("fail")
    async def fail(row: int, ctx: Context) -> Outcomes:
        await asyncio.sleep(0)
        if row % 10:
            raise ValueError("bad row")
        return Done(row)

    runner = runner_of([fail], fail_on_error=bound, alive=4)
    results = run(collect(runner, range(200)))
    assert runner.status == status
    assert (len(results) == 200) == (status == "complete")
    if status == "failed":
        assert "rows failed" in runner.reason


def test_stop_cancels_what_is_under_way_and_gives_what_is_done() -> None:
    @as_step("hang")
    async def hang(row: int, ctx: Context) -> Outcomes:
        if row >= 5:
            await asyncio.sleep(60)
        return Done(row)

    async def main() -> None:
        runner = runner_of([hang], alive=8)
        asyncio.get_running_loop().call_later(0.05, runner.stop, "interrupted")
        results = await collect(runner, range(1000))
        assert [r.row for r in results] == [0, 1, 2, 3, 4]
        assert (runner.status, runner.reason) == ("stopped", "interrupted")

    run(main())


def test_a_spent_budget_is_a_status_and_the_next_run_goes_on(tmp_path: Path) -> None:
    async def one(budget: Budget | None) -> tuple[Runner, list[str], int]:
        source = model(lambda r: "answer to " + r.messages[-1].text)
        d = desk(tmp_path, source, budget=budget)
        runner = runner_of([ask], models={"m": d.caller})
        results = await collect(runner, range(30))
        d.store.close()
        return runner, [value for r in results for value in r.done], len(source.requests)

    first, done, asked = run(one(Budget(calls=12)))
    assert (first.status, asked, len(done)) == ("stopped", 12, 12)
    assert "budget" in first.reason and "run the same command" in first.hint
    second, everything, asked = run(one(None))
    assert (second.status, asked) == ("complete", 18)
    assert everything[:12] == done and len(everything) == 30


def test_a_step_that_catches_everything_does_not_swallow_the_stop(tmp_path: Path) -> None:
    @as_step("greedy")
    async def greedy(row: int, ctx: Context) -> Outcomes:
        try:
            return await ask(row, ctx)
        except Exception:
            return Done("made up")

    async def main() -> None:
        d = desk(tmp_path, model(lambda r: "a"), budget=Budget(calls=1))
        runner = runner_of([greedy], models={"m": d.caller})
        results = await collect(runner, range(5))
        assert [r.done for r in results] == [["a"]]
        assert runner.status == "stopped"
        d.store.close()

    run(main())


def test_memory_of_the_runner_is_bounded_by_its_window() -> None:
    async def main() -> None:
        runner = runner_of([wait], alive=8, window=16)
        most = 0
        async for _ in runner.run((1, 1) for _ in range(2000)):
            most = max(most, len(runner._queue))
        assert most <= 17

    run(main())


def test_blocking_work_goes_to_the_pool() -> None:
    import threading

    @as_step("block")
    async def block(row: int, ctx: Context) -> Outcomes:
        return Done(await ctx.blocking(threading.current_thread))

    [result] = run(collect(runner_of([block]), [0]))
    assert result.done[0].name.startswith("blocking")
