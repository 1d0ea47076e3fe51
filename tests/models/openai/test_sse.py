"""Streamed replies, from the fake and from servers that stream in their own ways."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from crosslight.models.errors import BadSpec, ModelError, Rejected, Unreachable
from crosslight.models.fake import FakeServer
from crosslight.models.fake import parse as script
from crosslight.models.message import user
from crosslight.models.openai.sse import joined, read_body
from crosslight.models.openai.wire import FIELDS
from crosslight.models.protocol import Answer, Choice, Model
from crosslight.models.spec import parse
from tests.models.openai.test_model import ASK, SCHEMA, with_model

RULES = [
    {"text": "Yes or No", "choice": {"Yes": 0.7, "No": 0.2}},
    {"text": "say", "answer": "One, two and three."},
]


def events(*parts: Any, end: str = "\n\n", done: bool = True) -> bytes:
    told = [part if isinstance(part, str) else json.dumps(part) for part in parts]
    return "".join(f"data: {part}{end}" for part in [*told, *(["[DONE]"] * done)]).encode()


def delta(finish: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"model": "m", "choices": [{"index": 0, "delta": fields, "finish_reason": finish}]}


@pytest.mark.parametrize(("habit", "options"), [("only", "?stream=1"), ("always", "")])
def test_a_streaming_endpoint_answers_like_any_other(habit: str, options: str) -> None:
    with (
        FakeServer(script({"rules": RULES})) as plain,
        FakeServer(script({"rules": RULES, "habits": {"stream": habit}})) as streaming,
    ):
        calls: list[Callable[[Model], Awaitable[Answer | Choice]]] = [
            lambda m: m.generate([user("say it")], logprobs=2),
            lambda m: m.generate([user("verdict")], schema=SCHEMA),
            lambda m: m.choose(ASK, ["Yes", "No"]),
        ]
        for call in calls:
            told: list[Any] = [
                with_model(server.spec + more, call)
                for server, more in ((plain, ""), (streaming, options))
            ]
            if isinstance(told[0], Answer):
                assert told[1].text == told[0].text or told[1].parsed
                assert bool(told[1].logprobs) == bool(told[0].logprobs)
            else:
                streamed = replace(told[1], usage=told[0].usage)  # unasked, it is not told
                assert streamed == told[0] and streamed.probabilities["Yes"] > 0.7


def test_what_a_stream_costs_and_thinks_is_read() -> None:
    habits = {"stream": "only", "trace": "Let me see.", "trace_in": "reasoning_content"}
    with FakeServer(script({"rules": RULES, "habits": habits})) as server:
        answer = with_model(server.spec + "?stream=1", lambda m: m.generate([user("say")]))
        assert answer.text == "One, two and three." and answer.usage.completion_tokens > 0


def test_a_stream_that_breaks_off_is_a_fault_of_the_endpoint() -> None:
    with FakeServer("habits") as server:
        spec = f"openai:stream-breaks@{server.url}?stream=1"
        with pytest.raises(Unreachable) as caught:
            with_model(spec, lambda m: m.generate(ASK))
        assert caught.value.retryable
        with pytest.raises(Rejected, match="stream=true"):
            with_model(f"openai:stream-only@{server.url}", lambda m: m.generate(ASK))


@pytest.mark.parametrize(
    "data",
    [
        events(delta(content="No"), delta(content=", it is."), delta("stop")),
        events(delta(content="No"), delta("stop", content=", it is."), end="\r\n\r\n", done=False),
        b": waiting\n\n" + events(delta(role="assistant"), delta(content="No, it is.")),
        events({"choices": [{"message": {"content": "No, it is."}, "finish_reason": "stop"}]}),
    ],
)
def test_forms_of_streams(data: bytes) -> None:
    choice = read_body(data, "text/event-stream")["choices"][0]
    assert choice["message"]["content"] == "No, it is."


def test_pieces_of_every_kind_are_joined() -> None:
    token = {"token": "No", "logprob": -0.1, "top_logprobs": []}
    first = delta(reasoning_content="Hm ")
    second = delta("stop", content="No")
    second["choices"][0]["logprobs"] = {"content": [token]}
    other = {"choices": [{"index": 1, "delta": {"content": "Yes"}, "finish_reason": "length"}]}
    last = {"choices": [], "usage": {"prompt_tokens": 9}}
    told = joined(events(first, other, delta(reasoning_content="hm."), second, last))
    assert told["usage"] == {"prompt_tokens": 9}
    one, two = told["choices"]
    assert one["message"]["reasoning_content"] == "Hm hm." and one["logprobs"]["content"] == [token]
    assert (two["message"]["content"], two["finish_reason"]) == ("Yes", "length")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        events(delta(content="No"), done=False),
        events(delta(content="No"), '{"choices": [{"del', done=False),
    ],
)
def test_a_part_is_no_answer(data: bytes) -> None:
    with pytest.raises(Unreachable):
        joined(data)


@pytest.mark.parametrize(
    "error",
    [
        {"error": {"message": "overloaded", "code": 529}},
        {"object": "error", "message": "out of memory", "code": 500},
        {"base_resp": {"status_code": 1026, "status_msg": "input new_sensitive"}},
    ],
)
def test_an_error_in_a_stream_is_the_response(error: dict[str, Any]) -> None:
    assert joined(events(delta(content="No"), error, done=False)) == error


def test_a_trace_is_kept_from_every_field_that_is_read() -> None:
    for field in FIELDS:
        message = joined(events(delta(**{field: "Hm."}), delta("stop", content="No")))["choices"][0]
        assert message["message"][field] == "Hm."


def test_the_option_is_no_part_of_a_key_and_checked() -> None:
    url = "openai:m@http://h/v1"
    assert parse(f"{url}?stream=1").spec == parse(url).spec
    with pytest.raises(BadSpec, match="stream"):
        parse(f"{url}?stream=maybe")


@pytest.mark.parametrize("secret", ["sk-one\nsk-two", "sk-one\r\nX-Evil: 1", "sk-\u00e9", "sk a"])
def test_a_key_that_no_header_can_carry_is_refused_before_the_first_call(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeServer("echo") as server:
        monkeypatch.setenv("CROSSLIGHT_API_KEY_127_0_0_1", secret)
        with pytest.raises(ModelError) as caught:
            with_model(server.spec, lambda m: m.generate(ASK))
        assert server.stats()["requests"] == 0
    told = caught.value.message + caught.value.hint
    assert "CROSSLIGHT_API_KEY_127_0_0_1" in told
    assert "sk-" not in told and not caught.value.retryable
