"""Small models, steps and stores for the tests of the flow."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from crosslight.flow import Budget, Caller, CallPolicy, Context, Ledger, Runner, Step, as_step
from crosslight.flow.step import RowResult
from crosslight.models.fake import FakeModel
from crosslight.models.message import user
from crosslight.models.protocol import Model, Request
from crosslight.records import Done
from crosslight.store import AnswerStore

T = TypeVar("T")
QUICK = CallPolicy(backoff_s=0.001, timeout_s=5.0)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine, with a bound."""

    async def bounded() -> T:
        return await asyncio.wait_for(main, 60)

    return asyncio.run(bounded())


def text_of(request: Request) -> str:
    """The last user text."""
    return request.messages[-1].text


def model(answer: Callable[[Request], Any]) -> FakeModel:
    """A model that answers by a function."""
    return FakeModel(answer, name="scripted")


@dataclass
class Desk:
    """A caller with what stands around it."""

    caller: Caller
    store: AnswerStore
    ledger: Ledger

    async def ask(self, text: str, **more: Any) -> str:
        """One question in text."""
        return (await self.caller.generate([user(text)], task="t", **more)).text


def desk(
    tmp_path: Path, source: Model, policy: CallPolicy = QUICK, budget: Budget | None = None
) -> Desk:
    """A caller over the store of this folder. In a running loop only."""
    store = AnswerStore(tmp_path / "answers.sqlite")
    ledger = Ledger()
    caller = Caller(source, store, ledger=ledger, policy=policy, budget=budget)
    return Desk(caller, store, ledger)


@as_step("ask")
async def ask(row: Any, ctx: Context) -> Done[str]:
    """Asks the model `m` about the row."""
    return Done((await ctx.models["m"].generate([user(f"about {row}")], task="ask")).text)


async def collect(runner: Runner, rows: Any) -> list[RowResult]:
    """All results."""
    return [result async for result in runner.run(rows)]


def runner_of(
    steps: Sequence[Step], *, models: dict[str, Model] | None = None, **more: Any
) -> Runner:
    """A runner with these models."""
    return Runner(Context(models or {}), steps, **more)
