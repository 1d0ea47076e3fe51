"""A refused parameter is asked for in the next form, once, and told."""

import asyncio
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from crosslight.models.errors import Rejected
from crosslight.models.message import system, user
from crosslight.models.openai.model import OpenAIModel
from crosslight.models.protocol import Sampling
from tests.models.openai.test_model import ASK, SCHEMA, against

Refusal = Callable[[dict[str, Any]], tuple[str, str] | None]
"""Of a body: the message and the parameter that an endpoint refuses, or None."""


class Picky:
    """An endpoint that refuses something, and keeps what it was sent."""

    def __init__(self, refuses: Refusal, status: int = 400) -> None:
        self.sent: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self._refuses = refuses
        self._status = status

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        body = json.loads(await request.read())
        self.sent.append(body)
        self.keys.append(request.headers["Idempotency-Key"])
        await asyncio.sleep(0.01)
        if (refused := self._refuses(body)) is not None:
            error = {"message": refused[0], "param": refused[1] or None}
            return web.json_response({"error": error}, status=self._status)
        text = json.dumps({"verdict": "safe"}) if "Schema" in str(body) else "Yes"
        choice: dict[str, Any] = {"message": {"content": text}, "finish_reason": "stop"}
        if body.get("logprobs"):
            top = [{"token": t, "logprob": math.log(p)} for t, p in (("Yes", 0.7), ("No", 0.2))]
            token = {"token": "Yes", "logprob": math.log(0.7), "top_logprobs": top}
            choice["logprobs"] = {"content": [token]}
        return web.json_response({"choices": [choice] * body.get("n", 1)})


@pytest.mark.parametrize(
    ("message", "most", "asked"),
    [
        ("Invalid value for top_logprobs: must be at most 7", 7, [20, 7]),
        ("Requested sample logprobs of 20, which is greater than max allowed: 3", 3, [20, 3]),
        ("top_logprobs is out of range", 1, [20, 5, 1]),
        ("bad request", 5, [20, 5]),
    ],
)
def test_fewer_alternatives_are_asked_for_once(message: str, most: int, asked: list[int]) -> None:
    picky = Picky(lambda body: (message, "") if body.get("top_logprobs", 0) > most else None)

    async def use(model: OpenAIModel) -> tuple[str, ...]:
        got = await asyncio.gather(
            *(model.choose([user(f"Is it? {i}")], ("Yes", "No")) for i in range(20))
        )
        assert all(choice.samples == 0 for choice in got)
        return model.notes

    notes = against(picky, use)
    assert [body["top_logprobs"] for body in picky.sent] == [*asked, *[asked[-1]] * 19]
    assert len(notes) == len(asked) - 1
    assert message in notes[0] and "400" in notes[0]


def test_log_probabilities_that_are_refused_for_good_are_refused_once() -> None:
    picky = Picky(lambda body: ("x is not supported", "logprobs") if "logprobs" in body else None)

    async def use(model: OpenAIModel) -> tuple[str, ...]:
        got = await asyncio.gather(*(model.choose(ASK, ("Yes", "No")) for _ in range(6)))
        assert {choice.samples for choice in got} == {3}
        return model.notes

    notes = against(picky, use, "?samples=3")
    assert sum("logprobs" in body for body in picky.sent) == 1
    assert len(notes) == 1 and "counted from samples" in notes[0]


def test_what_is_wrong_with_the_row_changes_nothing() -> None:
    picky = Picky(lambda body: ("cannot decode it", "") if "row 0" in str(body) else None)

    async def use(model: OpenAIModel) -> None:
        with pytest.raises(Rejected, match="cannot decode"):
            await model.choose([user("row 0")], ("Yes", "No"))
        assert (await model.choose([user("row 1")], ("Yes", "No"))).samples == 0
        assert model.notes == ()

    against(picky, use)
    assert picky.sent[-1]["top_logprobs"] == 20


OTHERS: list[tuple[Refusal, str, dict[str, Any]]] = [
    (
        lambda body: (
            ("'max_tokens' is not supported: use 'max_completion_tokens'", "max_tokens")
            if "max_tokens" in body
            else None
        ),
        "max_completion_tokens is sent",
        {"max_completion_tokens": 64},
    ),
    (
        lambda body: (
            ("Expected a value >= 100, got 64", "max_tokens") if body["max_tokens"] < 100 else None
        ),
        "at least 100",
        {"max_tokens": 100},
    ),
    (
        lambda body: (
            ("max_tokens is too large: 64. At most 32 are possible", "")
            if body["max_tokens"] > 32
            else None
        ),
        "at most 32",
        {"max_tokens": 32},
    ),
    (
        lambda body: (
            ("'temperature' does not support 0; only the default (1)", "temperature")
            if "temperature" in body
            else None
        ),
        "own temperature",
        {},
    ),
    (
        lambda body: (
            ("`temperature` must be strictly positive", "")
            if body.get("temperature") == 0
            else None
        ),
        "0.01",
        {"temperature": 0.01},
    ),
    (
        lambda body: ("Extra inputs are not permitted", "seed") if "seed" in body else None,
        "no seed",
        {},
    ),
    (
        lambda body: ("Unknown parameter: 'top_p'", "") if "top_p" in body else None,
        "top_p",
        {},
    ),
]


@pytest.mark.parametrize(("refuses", "told", "sent"), OTHERS)
def test_other_parameters(refuses: Refusal, told: str, sent: dict[str, Any]) -> None:
    picky = Picky(refuses)
    sampling = Sampling(max_tokens=64, seed=7, top_p=0.9)

    async def use(model: OpenAIModel) -> tuple[str, ...]:
        await asyncio.gather(*(model.generate(ASK, sampling=sampling) for _ in range(8)))
        return model.notes

    (note,) = against(picky, use)
    assert told in note
    assert len(picky.sent) == 9, "the refusal is paid once"
    assert picky.sent[-1].items() >= sent.items()
    assert refuses(picky.sent[-1]) is None


def test_the_system_role_is_folded_into_the_question() -> None:
    def refuses(body: dict[str, Any]) -> tuple[str, str] | None:
        roles = [message["role"] for message in body["messages"]]
        return ("System role not supported", "") if "system" in roles else None

    picky = Picky(refuses)
    asked = [system("Be kind."), user("Who are you?")]
    (note,) = against(picky, lambda m: _then_notes(m, m.generate(asked)))
    assert "system role" in note
    assert picky.sent[-1]["messages"] == [{"role": "user", "content": "Be kind.\n\nWho are you?"}]


@pytest.mark.parametrize("levels", [1, 2])
def test_a_schema_in_a_weaker_form_is_still_checked(levels: int) -> None:
    forms = ["json_schema", "json_object"][:levels]

    def refuses(body: dict[str, Any]) -> tuple[str, str] | None:
        form = body.get("response_format", {}).get("type")
        return (f"response_format {form} is unavailable", "") if form in forms else None

    picky = Picky(refuses)

    async def use(model: OpenAIModel) -> tuple[str, ...]:
        for _ in range(3):
            assert (await model.generate(ASK, schema=SCHEMA)).parsed == {"verdict": "safe"}
        return model.notes

    assert len(against(picky, use)) == levels
    assert len(picky.sent) == levels + 3
    assert '"enum": ["safe", "unsafe"]' in picky.sent[-1]["messages"][0]["content"]


def test_every_sample_has_a_key_of_its_own() -> None:
    picky = Picky(lambda body: ("n must be 1", "n") if body.get("n", 1) > 1 else None)
    choice = against(
        picky, lambda m: m.choose(ASK, ("Yes", "No")), "?samples=5&lacks=logprobs,seed"
    )
    assert choice.samples == 5
    assert len(set(picky.keys)) == len(picky.keys) >= 6


def test_a_prompt_that_is_too_long_is_no_matter_of_parameters() -> None:
    message = "maximum context length is 4096 tokens, you asked for max_tokens=64"
    picky = Picky(lambda body: (message, ""))

    async def use(model: OpenAIModel) -> None:
        with pytest.raises(Rejected):
            await model.generate(ASK)
        assert model.notes == ()

    against(picky, use)
    assert len(picky.sent) == 1


async def _then_notes(model: OpenAIModel, call: Any) -> tuple[str, ...]:
    await call
    return model.notes
