"""Budgets: parsed, kept by concurrent calls, stopping as a status."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslight.flow import Budget, BudgetStop, Session
from crosslight.models import user
from crosslight.models.fake import FakeServer
from crosslight.models.fake import parse as parse_script
from crosslight.models.protocol import Choice
from crosslight.models.spec import parse
from crosslight.store import AnswerStore
from tests.flow.parts import run


@pytest.mark.parametrize(
    ("text", "usd", "calls"),
    [
        ("5usd", 5.0, None),
        ("0.25 USD", 0.25, None),
        ("3$", 3.0, None),
        ("200calls", None, 200),
        ("1call", None, 1),
        ("5usd,200calls", 5.0, 200),
    ],
)
def test_parse(text: str, usd: float | None, calls: int | None) -> None:
    budget = Budget.parse(text)
    assert (budget.usd, budget.calls) == (usd, calls)


@pytest.mark.parametrize("text", ["", "5", "-5usd", "usd", "5eur", "1.5calls", "5usd 3calls"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"budget|whole"):
        Budget.parse(text)


def test_a_call_waits_for_reservations_and_then_fits() -> None:
    async def main() -> None:
        budget = Budget(usd=1.0)
        await budget.reserve(0.9)
        second = asyncio.create_task(budget.reserve(0.5))
        await asyncio.sleep(0)
        assert not second.done()
        budget.settle(0.9, 0.1)
        await second

    run(main())


def test_it_stops_when_the_next_call_can_never_fit() -> None:
    async def main() -> None:
        budget = Budget(usd=1.0)
        await budget.reserve(0.6)
        budget.settle(0.6, 0.6)
        with pytest.raises(BudgetStop) as caught:
            await budget.reserve(0.6)
        assert "run the same command" in caught.value.hint
        assert caught.value.status == "stopped"

    run(main())


@settings(max_examples=50, deadline=None)
@given(
    st.floats(0.1, 5),
    st.lists(st.tuples(st.floats(0.01, 1), st.floats(0, 1)), min_size=1, max_size=30),
)
def test_concurrent_calls_never_pass_it_when_estimates_bound_the_cost(
    usd: float, calls: list[tuple[float, float]]
) -> None:
    async def main() -> float:
        budget = Budget(usd=usd)

        async def call(estimate: float, share: float) -> None:
            await budget.reserve(estimate)
            await asyncio.sleep(0)
            budget.settle(estimate, estimate * share)

        await asyncio.gather(*(call(*c) for c in calls), return_exceptions=True)
        return budget.spent_usd

    assert run(main()) <= usd * (1 + 1e-6)


def test_calls_are_counted_exactly() -> None:
    async def main() -> None:
        budget = Budget(calls=10)

        async def call() -> None:
            await budget.reserve(0.0)
            await asyncio.sleep(0)
            budget.settle(0.0, 0.0)

        ends = await asyncio.gather(*(call() for _ in range(25)), return_exceptions=True)
        assert sum(isinstance(end, BudgetStop) for end in ends) == 15
        assert budget.spent_calls == 10

    run(main())


def test_a_call_that_was_not_made_gives_its_reservation_back() -> None:
    async def main() -> None:
        budget = Budget(calls=1)
        await budget.reserve(0.0)
        waiting = asyncio.create_task(budget.reserve(0.0))
        await asyncio.sleep(0)
        assert not waiting.done()
        budget.give_back(0.0)
        await waiting
        assert budget.spent_calls == 0

    asyncio.run(main())


@pytest.mark.parametrize("lacks", ["logprobs,n", "logprobs"])
def test_each_sample_of_a_choice_is_a_call(tmp_path: Path, lacks: str) -> None:
    """Also where `n` is refused on the way: then the first choice is more than was reserved."""
    habits = {} if "n" in lacks.split(",") else {"habits": {"refuses": ["n"]}}
    with FakeServer(parse_script({"can": {"logprobs": False}, **habits})) as server:
        backend = parse(f"openai:m@{server.url}?lacks={lacks}&samples=4")

        async def main() -> list[object]:
            budget, found = Budget(calls=14), list[object]()
            store = AnswerStore(tmp_path / "answers.sqlite")
            async with Session({"model": backend}, store, budget=budget) as session:
                asked = [
                    session.context.models["model"].choose([user(f"Is it {at}?")], ("Yes", "No"))
                    for at in range(6)
                ]
                found += await asyncio.gather(*asked, return_exceptions=True)
            refused = 1 if habits else 0  # which the server does not count
            assert budget.spent_calls == server.stats()["requests"] + refused <= 14
            return found

        found = run(main())
    assert sum(isinstance(one, Choice) for one in found) == 3
    assert sum(isinstance(one, BudgetStop) for one in found) == 3
