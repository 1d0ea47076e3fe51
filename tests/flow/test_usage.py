"""A budget holds where an endpoint does not say what an answer used."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crosslight.flow import Budget, BudgetStop, Caller, Ledger, Session, usage_notes
from crosslight.flow.usage import usage_of
from crosslight.models.fake import FakeServer, parse
from crosslight.models.message import user
from crosslight.models.protocol import Answer, Choice, ModelCard, Request, Usage
from crosslight.models.spec import parse as parse_spec
from crosslight.records import ImageView
from crosslight.store import AnswerStore
from tests.flow.parts import QUICK, model, run

PAID = ModelCard("openai:m@u", "m", endpoint="u", usd_per_million_in=2.0, usd_per_million_out=8.0)
ASKED = Request("generate", "t", (user("x" * 350, ImageView("a", "r", b"")),))


def test_what_the_endpoint_says_counts() -> None:
    told = Usage(7, 3, 0.5)
    assert usage_of(PAID, ASKED, Answer("said", usage=told)) == (told, False)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Answer("y" * 35), Usage(1100, 10)),
        (Answer("y" * 35, usage=Usage(900, 0)), Usage(900, 10)),
        (Choice({"Yes": 1.0, "No": 0.0}, 0.0), Usage(1100, 1)),
        (Choice({"Yes": 1.0, "No": 0.0}, 0.0, samples=8), Usage(8800, 64)),
        # A trace is paid for too; room may have been used to its end, and was asked for second.
        (Answer("y" * 35, reasoning="z" * 70), Usage(1100, 30)),
        (Choice({"Yes": 1.0}, 0.0, room=100), Usage(2200, 101)),
        (Choice({"Yes": 1.0}, 0.0, samples=8, room=100), Usage(17600, 864)),
        ([[1.0]], Usage(1100, 0)),
    ],
)
def test_what_it_does_not_say_is_counted_by_us(reply: Any, expected: Usage) -> None:
    assert usage_of(PAID, ASKED, reply) == (expected, True)


def test_nothing_is_counted_where_nothing_hangs_on_it() -> None:
    silent = Answer("said")
    assert usage_of(ModelCard("hf:m", "m"), ASKED, silent) == (Usage(), False)
    assert usage_of(replace(PAID, usd_per_million_in=None), ASKED, silent) == (Usage(), False)


def test_a_budget_holds_over_an_endpoint_that_never_tells_its_usage(tmp_path: Path) -> None:
    silent = parse({"can": {"usage": False}}, name="silent")

    async def main(spec: str) -> tuple[Ledger, float, int]:
        budget = Budget(usd=0.001)
        store = AnswerStore(tmp_path / "a.sqlite")
        asked = 0
        backend = parse_spec(spec)
        async with Session({"m": backend}, store, budget=budget, policy=QUICK) as session:
            with pytest.raises(BudgetStop):
                for asked in range(10_000):
                    question = f"{asked} " + "words " * 50
                    await session.callers["m"].generate([user(question)], task="t")
        return session.ledger, budget.spent_usd, asked

    with FakeServer(silent) as server:
        spec = f"{server.spec}?price=1,1"
        ledger, spent, answers = run(main(spec))
        again, _, _ = run(main(spec))
    assert 0.0005 < spent <= 0.001, "each answer costs something, and the bound holds"
    (note,) = usage_notes(ledger)
    assert note.endswith(f"gives no token counts: those of {answers:,} answers were counted by us")
    told = ledger.as_json()
    assert list(told["counted_by_us"].values()) == [answers]
    assert told["tokens"]["prompt"] > 0 and told["cost"]["usd"] == pytest.approx(spent, abs=1e-6)
    assert again.saved_usd == pytest.approx(spent), "a replay knows what it would have cost"


def test_an_endpoint_that_tells_leaves_no_note(tmp_path: Path) -> None:
    async def main() -> Ledger:
        source = model(lambda request: Answer("said", usage=Usage(5, 5)))
        source.card = PAID
        ledger = Ledger()
        caller = Caller(source, AnswerStore(tmp_path / "a.sqlite"), ledger=ledger, policy=QUICK)
        await caller.generate([user("hello")], task="t")
        return ledger

    ledger = run(main())
    assert usage_notes(ledger) == [] and ledger.as_json()["counted_by_us"] == {}
