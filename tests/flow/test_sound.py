"""Impossible numbers decide nothing, whether an endpoint sends them or a store holds them."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crosslight.flow.codec import BadRecord, decode_answer, decode_choice, decode_vector
from crosslight.models.errors import BadAnswer
from crosslight.models.message import user
from crosslight.models.protocol import Answer, Choice, TokenLogprob, Usage
from crosslight.store import Record
from tests.flow.parts import desk, model, run

OPTIONS = ["Yes", "No"]
GOOD: dict[str, Any] = {
    "probabilities": {"Yes": 0.75, "No": 0.25},
    "outside_mass": 0.0,
    "samples": 0,
    "model": "m",
}
TEXT: dict[str, Any] = {"text": "a", "parsed": None, "finish": "stop", "logprobs": [], "model": "m"}


def row(value: Any, **more: Any) -> Record:
    text = value if isinstance(value, str) else json.dumps(value)
    return replace(Record("k", "t", "m", "ok", text, "{}"), **more)


def chances(yes: Any, no: Any, **more: Any) -> dict[str, Any]:
    return GOOD | {"probabilities": {"Yes": yes, "No": no}} | more


SHAPES: list[Any] = [{}, [], "Yes", {"Yes": 1.0}, {"Yes": 1, "Maybe": 0}]
IMPOSSIBLE: list[Any] = [
    *(chances(-3, 7), chances(float("nan"), 1.0), chances(float("inf"), 0), chances(0, 0)),
    *(chances(1.0, 1.0), chances(0.5, 0.4), chances("1", 0), chances(True, False)),
    *(chances(None, 1.0), chances([1], 0), chances(10**400, 0), chances(-1e-9, 1.0)),
    *(GOOD | {"outside_mass": mass} for mass in (-0.1, 1.5, float("nan"), "0", None)),
    *(GOOD | {"samples": n} for n in (-1, 1.5, True, 10**30, "5")),
    *(GOOD | {"probabilities": p} for p in SHAPES),
    *(GOOD | {"model": 1}, {}, [], 7, None),
]


@pytest.mark.parametrize("value", IMPOSSIBLE, ids=lambda value: json.dumps(value)[:60])
def test_a_stored_choice_that_is_none(value: Any) -> None:
    with pytest.raises(BadRecord):
        decode_choice(row(value), OPTIONS)


@pytest.mark.parametrize(
    "value",
    [
        TEXT | {"logprobs": [["a", 1.5, []]]},
        TEXT | {"logprobs": [["a", float("nan"), []]]},
        TEXT | {"logprobs": [["a", -1, [["b", float("inf")]]]]},
        TEXT | {"logprobs": [["a", "-1", []]]},
        TEXT | {"logprobs": [["a"]]},
        TEXT | {"logprobs": 5},
        TEXT | {"text": 5},
        '{"text": "a", "parsed": {"n": 1e999}, "finish": "stop", "logprobs": [], "model": ""}',
        "[" * 100_000,
        '{"text": ' + "9" * 5_000 + "}",
        "no JSON",
        "",
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_stored_answer_that_is_none(value: Any) -> None:
    with pytest.raises(BadRecord):
        decode_answer(row(value))


@pytest.mark.parametrize(
    "vector",
    [b"", b"\0\0\0", np.array([np.nan, 1], "<f4").tobytes(), np.array([np.inf], "<f4").tobytes()],
)
def test_a_stored_vector_that_is_none(vector: bytes) -> None:
    with pytest.raises(BadRecord):
        decode_vector(row("", vector=vector))


@pytest.mark.parametrize(
    "fields",
    [
        *({"prompt_tokens": n} for n in (-1, 2**53, 1.5, True, "7", None)),
        *({"cost_usd": usd} for usd in (-1.0, float("inf"), float("nan"), 1e300, "1", None)),
        *({"value": b"{}"}, {"model": 7}, {"vector": "x"}),
    ],
    ids=str,
)
def test_a_record_with_a_field_that_is_none(fields: dict[str, Any]) -> None:
    decode_choice(row(GOOD), OPTIONS)
    with pytest.raises(BadRecord):
        decode_choice(replace(row(GOOD), **fields), OPTIONS)


def spoilt(path: Path, **columns: Any) -> None:
    with sqlite3.connect(path) as db:
        for name, value in columns.items():
            db.execute(f"UPDATE answers SET {name}=?", (value,))
    db.close()


@pytest.mark.parametrize(
    "columns",
    [
        {"value": json.dumps(chances(-3, 7))},
        {"value": json.dumps(chances(float("nan"), 0.5))},
        {"value": b"\xff\xfe"},
        {"value": "\ud800".encode("utf-8", "surrogatepass")},
        {"prompt_tokens": -5},
        {"cost_usd": float("inf")},
        {"value": 12},
    ],
    ids=str,
)
def test_a_bad_record_of_a_store_is_asked_again_replaced_and_noted(
    tmp_path: Path, columns: dict[str, Any]
) -> None:
    async def main() -> None:
        source = model(lambda r: {"Yes": 0.75, "No": 0.25})
        d = desk(tmp_path, source)
        first = await d.caller.choose([user("ok?")], OPTIONS, task="c")
        d.store.close()
        spoilt(tmp_path / "answers.sqlite", **columns)
        for bad, asked in ((1, 2), (0, 2)):  # once more, and then the store is whole again
            d = desk(tmp_path, source)
            assert await d.caller.choose([user("ok?")], OPTIONS, task="c") == first
            assert (d.ledger.bad_records, len(source.requests)) == (bad, asked)
            assert d.ledger.as_json()["bad_records"] == bad
            d.store.close()

    run(main())


def test_a_stored_text_that_breaks_its_schema_is_asked_again(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}

    async def main() -> None:
        source = model(lambda r: {"n": 1})
        d = desk(tmp_path, source)
        await d.caller.generate([user("?")], task="t", schema=schema)
        d.store.close()
        for value in ({"n": "x"}, {}, None):
            spoilt(tmp_path / "answers.sqlite", value=json.dumps(TEXT | {"parsed": value}))
            d = desk(tmp_path, source)
            answer = await d.caller.generate([user("?")], task="t", schema=schema)
            assert answer.parsed == {"n": 1} and d.ledger.bad_records == 1
            d.store.close()
        spoilt(tmp_path / "answers.sqlite", value=json.dumps(TEXT | {"finish": "length"}))
        d = desk(tmp_path, source)
        await d.caller.generate([user("?")], task="t", schema=schema)
        assert d.ledger.bad_records == 1
        d.store.close()

    run(main())


def test_a_bad_vector_costs_itself(tmp_path: Path) -> None:
    async def main() -> None:
        source = model(lambda r: [[1.0, float(len(str(item)))] for item in r.items])
        d = desk(tmp_path, source)
        first = await d.caller.embed(["a", "bb"], task="e")
        d.store.close()
        with sqlite3.connect(tmp_path / "answers.sqlite") as db:
            bad = np.array([np.nan, 1], "<f4").tobytes()
            db.execute("UPDATE answers SET vector=? WHERE request LIKE '%bb%'", (bad,))
        db.close()
        d = desk(tmp_path, source)
        assert np.array_equal(await d.caller.embed(["a", "bb"], task="e"), first)
        assert [r.items for r in source.requests] == [("a", "bb"), ("bb",)]
        d.store.close()

    run(main())


@pytest.mark.parametrize(
    "ask",
    [
        lambda: Choice({"Yes": -3.0, "No": 7.0}, 0.0),
        lambda: Choice({"Yes": float("nan"), "No": 0.0}, 0.0),
        lambda: Choice({"Yes": 1.0, "No": 0.0}, float("inf")),
    ],
)
def test_a_backend_that_gives_an_impossible_choice_gives_a_bad_answer(
    tmp_path: Path, ask: Callable[[], Choice]
) -> None:
    class Odd(type(model(lambda r: ""))):  # type: ignore[misc]
        async def choose(self, *_: Any, **__: Any) -> Choice:
            return ask()

    async def main() -> None:
        d = desk(tmp_path, Odd(lambda r: "", name="odd"))
        with pytest.raises(BadAnswer):
            await d.caller.choose([user("ok?")], OPTIONS, task="c")
        assert d.store.stats().answers == 0
        d.store.close()

    run(main())


@pytest.mark.parametrize(
    "logprobs",
    [
        (TokenLogprob("a", float("nan")),),
        (TokenLogprob("a", 2.0),),
        (TokenLogprob("a", -1.0, (("b", float("inf")),)),),
    ],
)
def test_impossible_log_probabilities_are_a_bad_answer(
    tmp_path: Path, logprobs: tuple[TokenLogprob, ...]
) -> None:
    async def main() -> None:
        d = desk(tmp_path, model(lambda r: Answer("a", logprobs=logprobs)))
        with pytest.raises(BadAnswer):
            await d.ask("q")
        d.store.close()

    run(main())


@pytest.mark.parametrize("count", [10**26, 2**63, 2**53, -1, True, 1.5])
def test_an_impossible_count_of_tokens_is_one_that_was_not_told(tmp_path: Path, count: Any) -> None:
    async def main() -> None:
        d = desk(tmp_path, model(lambda r: Answer("a", usage=Usage(count, count, 0.0))))
        assert await d.ask("q") == "a"
        assert d.ledger.prompt_tokens == d.ledger.completion_tokens == 0
        assert d.store.stats().prompt_tokens == 0
        d.store.close()

    run(main())
