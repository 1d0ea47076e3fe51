"""The account of a run, and how the hall judges its end."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslight.flow import Budget, Context, RunStop, as_step
from crosslight.models import Model, Request, Unreachable, user
from crosslight.models.fake import FakeModel
from crosslight.records import Done, Dropped, Failed
from crosslight.runs import (
    NOT_REACHED,
    Account,
    Lost,
    RunResult,
    RunSetup,
    open_hall,
    read_run,
    running,
)

ENDS: list[Dropped | Failed] = [Dropped("s", "r"), Failed("s", "unreachable: x"), NOT_REACHED]


@given(st.integers(0, 20), st.lists(st.sampled_from(ENDS), max_size=30), st.integers(0, 5))
def test_every_input_stands_in_one_place(
    finished: int, lost: list[Dropped | Failed], more: int
) -> None:
    reached = [outcome for outcome in lost if outcome != NOT_REACHED]
    account = Account.of(finished + len(lost) + more, finished, lost)
    told = account.as_json()
    assert told["inputs"] == sum(n for name, n in told.items() if name != "inputs")
    assert told["dropped"] + told["failed"] == len(reached)
    assert told["not_reached"] == len(lost) - len(reached) + more


def test_an_input_in_two_places_is_a_defect_and_not_a_number() -> None:
    with pytest.raises(ArithmeticError):
        Account(3, 3, 1, 0).as_json()


@dataclass(frozen=True)
class By:
    """A backend whose model answers by a function."""

    answer: Any
    spec: str = "fake:m"

    async def open(self) -> Model:
        return FakeModel(self.answer, spec=self.spec)


@as_step("ask")
async def ask(row: int, ctx: Context) -> Done[str]:
    """One call a row."""
    return Done((await ctx.models["m"].generate([user(f"{row}")])).text)


def run(folder: Path, answer: Any, rows: int = 6, **more: Any) -> RunResult:
    """The smallest verb: what a new one has to write."""

    async def verb() -> RunResult:
        places = (folder / "out", folder / "answers.sqlite", folder / "images")
        async with open_hall(RunSetup("trial", *places, {"m": By(answer)}, **more)) as hall:
            finished, lost = 0, list[Lost]()
            with hall.part():
                async for result in hall.results([ask], range(rows)):
                    outcome = result.leaves[0].outcome
                    finished += isinstance(outcome, Done)
                    if not isinstance(outcome, Done):
                        lost.append(Lost(outcome, str(result.row)))
            account = Account.of(rows, finished, [one.outcome for one in lost])
            hall.writing(account, lost)
            return hall.finish({}, account, lost)

    return asyncio.run(verb())


def good(request: Request) -> str:
    return "yes"


def dead(request: Request) -> str:
    raise Unreachable("nobody there", hint="is it up?")


def test_a_run_that_gets_through_is_complete(tmp_path: Path) -> None:
    result = run(tmp_path, good)
    assert (result.status, result.exit_code) == ("complete", 0)
    assert result.summary == read_run(tmp_path / "out")


def test_a_run_in_which_nothing_could_be_asked_has_failed(tmp_path: Path) -> None:
    from crosslight.flow import CallPolicy

    result = run(tmp_path, dead, policy=CallPolicy(attempts=1))
    assert (result.status, result.exit_code) == ("failed", 1)
    assert "nobody there" in result.reason and result.hint == "is it up?"
    assert result.summary["account"]["failed"] == 6


def test_one_answer_among_failures_is_no_failed_run(tmp_path: Path) -> None:
    from crosslight.flow import CallPolicy

    def once(request: Request) -> str:
        return good(request) if request.messages[0].text == "3" else dead(request)

    result = run(tmp_path, once, policy=CallPolicy(attempts=1))
    assert (result.status, result.summary["account"]["finished"]) == ("complete", 1)


def test_a_spent_budget_is_a_stop_and_the_rerun_is_whole(tmp_path: Path) -> None:
    result = run(tmp_path, good, budget=Budget(calls=2))
    assert (result.status, result.exit_code) == ("stopped", 3)
    assert result.summary["account"]["not_reached"] == 4
    assert run(tmp_path, good).summary["calls"]["asked"] == 4


def test_a_stop_before_the_first_row_leaves_no_folder(tmp_path: Path) -> None:
    async def verb() -> None:
        places = (tmp_path / "out", tmp_path / "answers.sqlite", tmp_path / "images")
        async with open_hall(RunSetup("trial", *places, {"m": By(good)})) as hall:
            hall.stop("interrupted")
            hall.check()

    with pytest.raises(RunStop):
        asyncio.run(verb())
    assert not (tmp_path / "out").exists()


def test_how_far_a_run_is_can_be_read_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crosslight.runs.run.TELL_S", 0.002)
    places = (tmp_path / "out", tmp_path / "answers.sqlite", tmp_path / "images")
    told: list[dict[str, Any]] = []

    async def verb() -> None:
        async with open_hall(RunSetup("trial", *places, {"m": By(good)})) as hall:
            async for _ in hall.results([ask], range(4), "asking"):
                for _ in range(1_000):
                    await asyncio.sleep(0.01)
                    told.append((running(places[0]) or {}).get("progress", {}))
                    if told[-1].get("asked") == 4:
                        break

    asyncio.run(verb())
    last = told[-1]
    assert (last["name"], last["total"], last["failed"]) == ("asking", 4, 0)
    assert 1 <= last["done"] <= 4 and last["asked"] == 4
    assert running(places[0]) is None
