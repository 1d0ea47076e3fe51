"""The caller: never twice, faults are no answers, budgets and keys are heeded."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crosslight.flow import Budget, BudgetStop, CallPolicy, RunFailed, RunStop, UnknownPrice
from crosslight.flow.usage import usage_notes
from crosslight.models.errors import (
    BadAnswer,
    ContentFiltered,
    Denied,
    ModelError,
    RateLimited,
    Rejected,
    ServerFault,
    Truncated,
    Unreachable,
)
from crosslight.models.message import user
from crosslight.models.protocol import Answer, ModelCard, Request, Sampling, Usage
from crosslight.records import ImageView
from tests.flow.parts import QUICK, desk, model, run, text_of

USED = Usage(10, 5, 0.01)


def test_an_answer_is_asked_once_and_replayed_in_another_run(tmp_path: Path) -> None:
    async def main() -> None:
        source = model(lambda r: Answer(text_of(r).upper(), usage=USED))
        d = desk(tmp_path, source)
        first = await d.caller.generate([user("hello")], task="t")
        again = await d.caller.generate([user("hello")], task="t")
        assert first == again and first.text == "HELLO"
        d.store.close()
        other = desk(tmp_path, source)
        assert await other.caller.generate([user("hello")], task="t") == first
        assert len(source.requests) == 1
        assert (d.ledger.calls.asked, d.ledger.calls.replayed) == (1, 1)
        assert d.ledger.cost_usd == pytest.approx(0.01)
        assert other.ledger.calls.asked == 0
        assert other.ledger.saved_usd == pytest.approx(0.01)
        other.store.close()

    run(main())


def test_the_record_is_durable_before_the_answer_is_given(tmp_path: Path) -> None:
    async def main() -> None:
        d = desk(tmp_path, model(lambda r: "yes"))
        await d.ask("q")
        assert d.store.stats().answers == 1
        d.store.close()

    run(main())


def test_calls_under_way_share_one_request(tmp_path: Path) -> None:
    async def slow(request: Request) -> str:
        await asyncio.sleep(0.02)
        return "one"

    async def main() -> None:
        source = model(slow)
        d = desk(tmp_path, source)
        assert await asyncio.gather(*(d.ask("same") for _ in range(8))) == ["one"] * 8
        assert len(source.requests) == 1
        assert (d.ledger.calls.asked, d.ledger.calls.replayed) == (1, 7)
        d.store.close()

    run(main())


def test_choose_and_embed_are_stored_as_well(tmp_path: Path) -> None:
    def answer(request: Request) -> Any:
        if request.kind == "choose":
            return {"Yes": 0.7, "No": 0.2}
        return [[1.0, float(len(str(item)))] for item in request.items]

    async def main() -> None:
        source = model(answer)
        d = desk(tmp_path, source)
        first = await d.caller.choose([user("ok?")], ["Yes", "No"], task="c")
        assert await d.caller.choose([user("ok?")], ["Yes", "No"], task="c") == first
        both = await d.caller.embed(["a", "bb"], task="e")
        more = await d.caller.embed(["bb", "ccc", "a", "ccc"], task="e")
        assert np.array_equal(more[[2, 0]], both)
        assert [r.items for r in source.requests[1:]] == [("a", "bb"), ("ccc",)]
        assert (await d.caller.embed([], task="e")).shape[0] == 0
        d.store.close()

    run(main())


@pytest.mark.parametrize("error", [ServerFault("5xx"), Unreachable("gone"), BadAnswer("empty")])
def test_a_retryable_fault_is_asked_again(tmp_path: Path, error: ModelError) -> None:
    ends: list[Any] = [error, error, "fine"]

    async def main() -> None:
        d = desk(tmp_path, model(lambda r: _or_raise(ends.pop(0))))
        assert await d.ask("q") == "fine"
        assert (d.ledger.calls.asked, d.ledger.calls.answered) == (3, 1)
        assert d.ledger.faults == {error.kind: 2}
        assert d.store.stats().faults == {}
        d.store.close()

    run(main())


def test_retries_are_bounded_and_the_next_run_asks_again(tmp_path: Path) -> None:
    async def main() -> None:
        source = model(lambda r: _or_raise(ServerFault("down", hint="wait")))
        d = desk(tmp_path, source, CallPolicy(attempts=3, backoff_s=0.001))
        with pytest.raises(ServerFault):
            await d.ask("q")
        assert len(source.requests) == 3
        with pytest.raises(ServerFault):
            await d.ask("q")
        assert len(source.requests) == 6
        assert d.store.stats().faults == {"server_fault": 1}
        d.store.close()

    run(main())


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        (ContentFiltered("filtered"), ContentFiltered),
        (Rejected("bad request"), Rejected),
        (Answer("cut off", finish="length"), Truncated),
        (Answer("no", finish="content_filter"), ContentFiltered),
        (Answer("  "), BadAnswer),
    ],
)
def test_a_lasting_fault_is_replayed_as_a_failure(
    tmp_path: Path, end: Any, kind: type[ModelError]
) -> None:
    async def main() -> None:
        source = model(lambda r: _or_raise(end))
        first = desk(tmp_path, source)
        with pytest.raises(kind) as caught:
            await first.ask("q")
        asked = len(source.requests)
        first.store.close()
        second = desk(tmp_path, source)
        with pytest.raises(kind) as again:
            await second.ask("q")
        assert again.value.message == caught.value.message
        assert len(source.requests) == asked
        assert (second.ledger.calls.failed, second.ledger.calls.refailed) == (1, 1)
        second.store.close()
        third = desk(tmp_path, model(lambda r: "now"), CallPolicy(retry_failed=True))
        assert await third.ask("q") == "now"
        third.store.close()
        assert await desk(tmp_path, source).ask("q") == "now"

    run(main())


def test_what_a_cut_answer_cost_is_counted(tmp_path: Path) -> None:
    async def main() -> None:
        d = desk(tmp_path, model(lambda r: Answer("cut", finish="length", usage=USED)))
        with pytest.raises(Truncated):
            await d.ask("q")
        assert d.ledger.cost_usd == pytest.approx(0.01)
        assert d.ledger.calls.answered == 0
        d.store.close()

    run(main())


def test_a_time_out_counts_as_unreachable(tmp_path: Path) -> None:
    async def never(request: Request) -> str:
        await asyncio.sleep(60)
        return ""

    async def main() -> None:
        d = desk(tmp_path, model(never), CallPolicy(timeout_s=0.02, attempts=2, backoff_s=0.001))
        with pytest.raises(Unreachable, match=r"no answer in 0\.02 s"):
            await d.ask("q")
        assert d.ledger.faults == {"unreachable": 2}
        assert d.caller.limiter.in_flight == 0
        d.store.close()

    run(main())


def test_retry_after_is_waited_for_and_an_endless_one_stops_the_run(tmp_path: Path) -> None:
    async def main() -> None:
        ends: list[Any] = [RateLimited("slow", retry_after=0.1), "fine"]
        d = desk(tmp_path, model(lambda r: _or_raise(ends.pop(0))))
        began = asyncio.get_running_loop().time()
        assert await d.ask("q") == "fine"
        assert asyncio.get_running_loop().time() - began >= 0.1
        assert d.caller.limiter.limit == 16
        long = desk(tmp_path, model(lambda r: _or_raise(RateLimited("quota", retry_after=9000))))
        with pytest.raises(RunStop, match="asks to wait 9000 s") as caught:
            await long.ask("other")
        assert caught.value.status == "stopped"
        d.store.close()

    run(main())


def test_a_refused_key_ends_the_run_at_the_first_call(tmp_path: Path) -> None:
    async def main() -> None:
        d = desk(tmp_path, model(lambda r: _or_raise(Denied("401", hint="set the key"))))
        with pytest.raises(RunFailed, match="401") as caught:
            await d.ask("q")
        assert caught.value.hint == "set the key"
        d.store.close()
        later = desk(tmp_path, model(lambda r: "with the key"))
        assert await later.ask("q") == "with the key"
        later.store.close()

    run(main())


def test_one_denied_row_among_good_ones_is_only_that_row(tmp_path: Path) -> None:
    async def main() -> None:
        ends: list[Any] = ["good", Denied("403 for this one")]
        d = desk(tmp_path, model(lambda r: _or_raise(ends.pop(0))))
        assert await d.ask("a") == "good"
        with pytest.raises(Denied):
            await d.ask("b")
        d.store.close()

    run(main())


def test_the_budget_stops_before_the_call_and_stored_answers_still_serve(tmp_path: Path) -> None:
    async def main() -> None:
        source = model(lambda r: "a")
        d = desk(tmp_path, source, budget=Budget(calls=2))
        await d.ask("1")
        await d.ask("2")
        with pytest.raises(BudgetStop):
            await d.ask("3")
        assert await d.ask("1") == "a"
        assert len(source.requests) == 2
        assert d.caller.limiter.in_flight == 0
        d.store.close()

    run(main())


def test_a_dollar_budget_is_kept_and_needs_a_price(tmp_path: Path) -> None:
    async def main() -> None:
        source = model(lambda r: Answer("a", usage=Usage(1000, 1000)))
        source.card = ModelCard("openai:m@http://h/v1", "m", endpoint="http://h/v1")
        with pytest.raises(UnknownPrice, match="bound the calls instead"):
            desk(tmp_path, source, budget=Budget(usd=1))
        source.card = ModelCard(
            "openai:m@http://h/v1",
            "m",
            endpoint="http://h/v1",
            usd_per_million_in=1.0,
            usd_per_million_out=1.0,
        )
        d = desk(tmp_path, source, budget=Budget(usd=0.02))
        ends = await asyncio.gather(*(d.ask(str(n)) for n in range(50)), return_exceptions=True)
        assert 5 <= ends.count("a") <= 10  # 0.002 a call
        assert d.ledger.cost_usd <= 0.02
        d.store.close()

    run(main())


def test_the_image_is_in_the_key(tmp_path: Path) -> None:
    async def main() -> None:
        source = model(lambda r: r.messages[-1].images[0].photo)
        d = desk(tmp_path, source)
        for photo in ("a", "b", "a"):
            view = ImageView(photo, "jpeg-v1:768:85", b"same bytes")
            answer = await d.caller.generate([user("what?", view)], task="t")
            assert answer.text == photo
        assert len(source.requests) == 2
        d.store.close()

    run(main())


def test_a_store_that_cannot_write_ends_the_run(tmp_path: Path) -> None:
    async def main() -> None:
        d = desk(tmp_path, model(lambda r: "a"))
        d.store._writer._db.execute("PRAGMA query_only=ON")
        with pytest.raises(RunFailed, match="cannot be used"):
            await d.ask("q")
        d.store.close()

    run(main())


def test_the_schema_is_demanded(tmp_path: Path) -> None:
    async def main() -> None:
        d = desk(tmp_path, model(lambda r: Answer("prose")), QUICK)
        with pytest.raises(BadAnswer, match="not the JSON"):
            await d.ask("q", schema={"type": "object"})
        d.store.close()

    run(main())


def _or_raise(end: Any) -> Any:
    if isinstance(end, ModelError):
        raise end
    return end


SHAPE: dict[str, Any] = {"type": "object", "required": ["verdict"]}


@pytest.mark.parametrize(
    ("replies", "temperature", "asked"),
    [
        (["no", "no", '{"verdict": 1}'], 0.0, 2),  # it would say the same a third time
        (["no", "perhaps", "no"], 0.0, 3),
        (["no", "no", "no"], 0.7, 3),
        (["no", '{"verdict": 1}'], 0.0, 2),
        (["", "", ""], 0.0, 3),  # nothing said is no reply to repeat
    ],
)
def test_the_same_useless_reply_is_not_paid_for_a_third_time(
    replies: list[str], temperature: float, asked: int, tmp_path: Path
) -> None:
    async def main() -> None:
        left = iter(replies)
        source = model(lambda r: next(left))
        d = desk(tmp_path, source)
        sampling = Sampling(temperature=temperature)
        ask = d.caller.generate([user("q")], task="t", schema=SHAPE, sampling=sampling)
        if replies[asked - 1].startswith("{"):
            assert (await ask).parsed == {"verdict": 1}
        else:
            with pytest.raises(BadAnswer):
                await ask
        assert len(source.requests) == d.ledger.calls.asked == asked
        d.store.close()

    run(main())


def test_json_out_of_other_text_is_told_in_the_notes_new_or_replayed(tmp_path: Path) -> None:
    async def main() -> None:
        source = model(lambda r: f'Sure:\n```JSON\n{{"verdict": "{text_of(r)}",}}\n```')
        for _ in range(2):
            d = desk(tmp_path, source)
            for text in "ab":
                said = await d.caller.generate([user(text)], task="t", schema=SHAPE)
                assert said.parsed == {"verdict": text}
            (note,) = usage_notes(d.ledger)
            assert "the JSON of 2 answers was taken out of fences or sentences" in note
            d.store.close()
        assert len(source.requests) == 2

    run(main())
