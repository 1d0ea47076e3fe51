"""A step of a recipe, and what a row becomes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from crosslight.flow.context import Context
from crosslight.records import Done, Dropped, Failed, Outcome

Outcomes = Outcome[Any] | list[Outcome[Any]]


@runtime_checkable
class Step(Protocol):
    """An async function over one row, with a stable name. A list as its result is a fan-out."""

    @property
    def name(self) -> str:
        """Short and stable: tables group by it."""
        ...

    async def __call__(self, row: Any, ctx: Context, /) -> Outcomes:
        """Work on one row. May raise: the row then fails, and the run goes on."""
        ...


@dataclass(frozen=True, slots=True)
class FunctionStep:
    """A function as a step."""

    name: str
    run: Callable[[Any, Context], Awaitable[Outcomes]]

    async def __call__(self, row: Any, ctx: Context, /) -> Outcomes:
        """Call the function."""
        return await self.run(row, ctx)


def as_step(name: str) -> Callable[[Callable[[Any, Context], Awaitable[Outcomes]]], FunctionStep]:
    """Decorator: `@as_step("screen")` over `async def screen(row, ctx)`."""

    def wrap(run: Callable[[Any, Context], Awaitable[Outcomes]]) -> FunctionStep:
        return FunctionStep(name, run)

    return wrap


@dataclass(frozen=True, slots=True)
class Leaf:
    """One end of a row. `before` is the value that entered the last step it met."""

    outcome: Done[Any] | Dropped | Failed
    before: Any


@dataclass(frozen=True, slots=True)
class RowResult:
    """What one input row became: at least one leaf, in the order of the fan-outs."""

    index: int
    row: Any
    leaves: tuple[Leaf, ...]

    @property
    def done(self) -> list[Any]:
        """The values that came through."""
        return [leaf.outcome.value for leaf in self.leaves if isinstance(leaf.outcome, Done)]

    @property
    def failed(self) -> bool:
        """Whether any part of the row failed."""
        return any(isinstance(leaf.outcome, Failed) for leaf in self.leaves)
