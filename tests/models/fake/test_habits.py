"""The fake with the habits of real endpoints, over real HTTP: what a client gets, byte by byte."""

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from http.client import IncompleteRead
from pathlib import Path
from typing import Any

import pytest

from crosslight.models.errors import BadSpec
from crosslight.models.fake import FakeServer, load
from crosslight.models.fake import parse as script
from crosslight.models.fake.script import Script
from crosslight.models.spec import parse

SCHEMA = {"type": "object", "properties": {"ok": {"const": True}}, "required": ["ok"]}
FORM = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
LOGS: dict[str, Any] = {"logprobs": True, "top_logprobs": 20}
PICTURE = "data:image/jpeg;base64," + base64.b64encode(b"no picture, but base64").decode()


@pytest.fixture(scope="module")
def habits() -> Iterator[FakeServer]:
    with FakeServer("habits") as server:
        yield server


def send(server: FakeServer, model: str, **fields: Any) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one chat request; status 0 for a connection that broke."""
    told = {"model": model, "messages": [{"role": "user", "content": "Is it safe? Yes or No"}]}
    data = json.dumps(told | fields).encode()
    request = urllib.request.Request(server.url + "/chat/completions", data)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status, dict(response.headers), response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()
    except IncompleteRead as error:
        return 200, {}, error.partial
    except OSError:
        return 0, {}, b""


def choice(server: FakeServer, model: str, **fields: Any) -> dict[str, Any]:
    """The first choice of a request that is answered."""
    status, _, body = send(server, model, **fields)
    assert status == 200, body
    first: dict[str, Any] = json.loads(body)["choices"][0]
    return first


def shows(url: str) -> list[dict[str, Any]]:
    parts = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": "?"}]
    return [{"role": "user", "content": parts}]


def test_traces(habits: FakeServer) -> None:
    said = choice(habits, "think", max_tokens=500)["message"]["content"]
    assert said.startswith("<think>\nThe user asks") and "</think>\n\nIs it safe" in said
    said = choice(habits, "think-closing", max_tokens=500)["message"]["content"]
    assert "<think>" not in said and "</think>\n\nIs it safe" in said
    message = choice(habits, "reasoning-content", max_tokens=500)["message"]
    assert message["reasoning_content"] == "Let me think." and message["content"].startswith("Is")


@pytest.mark.parametrize(
    ("model", "limit"), [("think", 5), ("think-room", 199), ("think-open", 900)]
)
def test_a_trace_without_room_is_open_and_cut(habits: FakeServer, model: str, limit: int) -> None:
    got = choice(habits, model, max_tokens=limit, **LOGS)
    assert got["finish_reason"] == "length" and "</think>" not in got["message"]["content"]
    assert got["logprobs"]["content"][0]["token"] == "<think>"


def test_the_log_probabilities_of_a_thinking_model_are_those_of_the_whole_reply() -> None:
    raw = {"habits": {"trace": "Hm, Yes."}, "rules": [{"choice": {"Yes": 0.2, "No": 0.7}}]}
    with FakeServer(script(raw)) as server:
        got = choice(server, "any", max_tokens=100, **LOGS)
    tokens = [token["token"] for token in got["logprobs"]["content"]]
    assert "".join(tokens) == got["message"]["content"] == "<think>\nHm, Yes.\n</think>\n\nNo"
    assert {t["token"] for t in got["logprobs"]["content"][-1]["top_logprobs"]} >= {"Yes", "No"}


@pytest.mark.parametrize(
    ("model", "begins", "ends"),
    [
        ("fence-capital", "```JSON\n{", "}\n```"),
        ("tilde", "~~~\n{", "}\n~~~"),
        ("prose", "Here is", "Anything else?"),
        ("trailing-comma", '{"ok": true', ",}"),
    ],
)
def test_json_is_wrapped(habits: FakeServer, model: str, begins: str, ends: str) -> None:
    said = choice(habits, model, response_format=FORM)["message"]["content"]
    assert said.startswith(begins) and said.endswith(ends)


def test_answers_in_other_fields(habits: FakeServer) -> None:
    message = choice(habits, "answer-in-reasoning", response_format=FORM)["message"]
    assert message["content"] is None and json.loads(message["reasoning_content"]) == {"ok": True}
    got = choice(habits, "refusal", **LOGS)
    assert got["message"]["content"] is None and "can't" in got["message"]["refusal"]
    assert got["logprobs"]["content"] is None and got["logprobs"]["refusal"]


def test_log_probabilities(habits: FakeServer) -> None:
    def first(model: str) -> Any:
        return choice(habits, model, max_tokens=1, **LOGS)["logprobs"]

    assert first("no-logprobs") is None
    assert first("no-alternatives")["content"][0]["top_logprobs"] == []
    assert first("legacy-logprobs")["token_logprobs"]
    assert first("byte-pair")["content"][0]["token"] == "\u0120Yes"
    told = {t["token"]: t["logprob"] for t in first("minus-infinity")["content"][0]["top_logprobs"]}
    assert told == {"Yes": 0.0, "No": -9999.0, "x": None}


@pytest.mark.parametrize(
    ("model", "fields", "status", "says"),
    [
        ("top5", LOGS, 400, "top_logprobs"),
        ("top5", LOGS | {"top_logprobs": 5}, 200, ""),
        ("no-logprobs-400", LOGS, 400, "logprobs"),
        ("no-logprobs-422", LOGS, 422, "Extra inputs are not permitted"),
        ("max-completion-tokens", {"max_tokens": 5}, 400, "Use 'max_completion_tokens'"),
        ("max-completion-tokens", {"max_completion_tokens": 5}, 200, ""),
        ("no-temperature", {"temperature": 0}, 400, "Only the default (1)"),
        ("no-temperature", {"temperature": 1}, 200, ""),
        ("no-system", {"messages": [{"role": "system", "content": "x"}]}, 400, "System role"),
        ("url-pictures", {"messages": shows(PICTURE)}, 400, "only http(s) URLs"),
        ("url-pictures", {"messages": shows("http://h/a.jpg")}, 200, ""),
        ("data-pictures", {"messages": shows("http://h/a.jpg")}, 400, "only data: URLs"),
        ("stream-only", {}, 400, "stream=true"),
        ("loading-60", {}, 503, "Loading model"),
        ("filter-400", {}, 400, "content management policy"),
        ("context-400", {}, 400, "maximum context length"),
        ("too-big", {}, 413, "<html>"),
        ("bad-gateway", {}, 502, "<html>"),
        ("error-in-200", {}, 200, '"code":429'),
        ("error-in-choice", {}, 200, "Upstream died"),
        ("base-resp", {}, 200, '"status_code":1002'),
        ("no-choices", {}, 200, '"choices":[]'),
        ("no-credit", {}, 429, "insufficient_quota"),
    ],
)
def test_refusals_and_errors(
    habits: FakeServer, model: str, fields: dict[str, Any], status: int, says: str
) -> None:
    got, _, body = send(habits, model, **fields)
    assert (got, says in body.decode()) == (status, True), body


def test_waits_come_in_every_form_and_end(habits: FakeServer) -> None:
    for model, name in [
        ("retry-after-seconds", "Retry-After"),
        ("retry-after-date", "Retry-After"),
        ("retry-after-ms", "Retry-After-Ms"),
        ("rate-limit-reset", "x-ratelimit-reset-requests"),
        ("rate-limit-reset-epoch", "x-ratelimit-reset"),
    ]:
        status, headers, _ = send(habits, model)
        assert status == 429 and name in headers, model
        if model == "retry-after-date":
            assert 0 < parsedate_to_datetime(headers[name]).timestamp() - time.time() < 3
        if name == "x-ratelimit-reset":
            assert 0 < int(headers[name]) - time.time() < 4
        assert send(habits, model)[0] == 200
    assert [send(habits, "drop")[0] for _ in range(4)] == [200, 200, 0, 200]


def test_loading_ends() -> None:
    with FakeServer(script({"habits": {"loading_s": 0.4}})) as server:
        assert send(server, "m")[0] == 503
        time.sleep(0.5)
        assert send(server, "m")[0] == 200


def test_streams(habits: FakeServer) -> None:
    with FakeServer("echo") as plain:
        _, headers, body = send(plain, "m", stream=True, stream_options={"include_usage": True})
    assert headers["Content-Type"] == "text/event-stream"
    events = [line.removeprefix("data: ") for line in body.decode().split("\n\n") if line]
    assert events[-1] == "[DONE]"
    parts = [json.loads(event) for event in events[:-1]]
    said = "".join(c["delta"].get("content", "") for p in parts for c in p["choices"])
    assert said == "Is it safe? Yes or No"
    assert parts[-1]["choices"] == [] and parts[-1]["usage"]["total_tokens"] > 0
    assert parts[-2]["choices"][0]["finish_reason"] == "stop"
    assert b"[DONE]" in send(habits, "stream-always")[2]
    assert b"[DONE]" not in send(habits, "stream-breaks", stream=True)[2]


def test_the_habits_of_a_rule_go_before_those_of_its_model() -> None:
    raw = {
        "models": {"a": {"finish": "SAFETY"}, "b": {}},
        "rules": [{"model": "a", "text": "safe", "habits": {"usage": False}, "answer": "Well."}],
    }
    with FakeServer(script(raw)) as server:
        _, _, body = send(server, "a")
        told = json.loads(body)
        assert told["choices"][0]["finish_reason"] == "stop" and "usage" not in told
        other = [{"role": "user", "content": "Hello"}]
        assert choice(server, "a", messages=other)["finish_reason"] == "SAFETY"
        assert choice(server, "b")["finish_reason"] == "stop"
        assert send(server, "c")[0] == 404


def test_a_script_says_what_is_wrong_with_a_habit(tmp_path: Path) -> None:
    with pytest.raises(BadSpec, match=r"models\.a\.wrap: .*must hold \{answer\} once"):
        script({"models": {"a": {"wrap": "x"}}})
    with pytest.raises(BadSpec, match="over HTTP only"):
        parse("fake:habits")
    assert isinstance(load("habits"), Script)


def test_what_no_server_takes_is_refused(habits: FakeServer) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {}}}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"tools": [tool]}, "'tools' is not supported"),
        ({"tool_choice": "auto"}, "'tool_choice' is not supported"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "role"),
        ({"messages": shows("data:image/png;base64,####")}, "Invalid image_url"),
        ({"messages": shows("data:image/png;base64,YQ")}, "Invalid image_url"),
        ({"messages": shows("ftp://h/a.png")}, "Invalid image_url"),
        ({"temperature": 3}, "temperature"),
        ({"n": 0}, "'n'"),
        ({"top_logprobs": 3}, "needs 'logprobs'"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        ({"response_format": {"type": "yaml"}}, "response_format"),
    ]
    for fields, says in wrong:
        status, _, body = send(habits, "habits", **fields)
        assert status == 400 and says in json.loads(body)["error"]["message"], (fields, body)
    status, _, body = send(habits, "nobody")
    assert (status, json.loads(body)["error"]["code"]) == (404, "model_not_found")


def test_any_object(habits: FakeServer) -> None:
    said = choice(habits, "habits", response_format={"type": "json_object"})["message"]["content"]
    assert set(json.loads(said)) == {"answer"}
    with FakeServer(script({"rules": [{"answer": "plain"}]})) as server:
        form = {"type": "json_object"}
        said = choice(server, "m", response_format=form)["message"]["content"]
        assert json.loads(said) == {"answer": "plain"}
