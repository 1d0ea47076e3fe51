"""The OpenAI-compatible backend against the fake server and against ugly ones."""

import asyncio
import json
import math
import pickle
import socket
import time
import traceback
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any

import numpy as np
import pytest
from aiohttp import ClientSession, web

from crosslight.models.errors import (
    BadAnswer,
    ContentFiltered,
    Denied,
    EmptyAnswer,
    Missing,
    ModelError,
    NotSupported,
    RateLimited,
    Refused,
    Rejected,
    ServerFault,
    Truncated,
    Unreachable,
)
from crosslight.models.fake import FakeServer
from crosslight.models.fake import parse as script
from crosslight.models.message import system, user
from crosslight.models.openai import errors as http_errors
from crosslight.models.openai.model import OpenAIModel
from crosslight.models.openai.waits import retry_after
from crosslight.models.protocol import Answer, Choice, Model, Sampling
from crosslight.models.spec import parse
from tests.models.pictures import view
from tests.models.ugly import Handle, always, endpoint, slow_drip

SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"enum": ["safe", "unsafe"]}},
    "required": ["verdict"],
    "additionalProperties": False,
}
ASK = [user("Is it safe? Yes or No")]


def with_model(spec: str, use: Callable[[Model], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        model = await parse(spec).open()
        try:
            return await use(model)
        finally:
            await model.aclose()

    return asyncio.run(main())


def against(handle: Handle, use: Callable[[OpenAIModel], Awaitable[Any]], options: str = "") -> Any:
    async def main() -> Any:
        async with endpoint(handle, options) as model:
            return await use(model)

    return asyncio.run(main())


def chat(content: Any = "fine", finish: str = "stop", **message: Any) -> str:
    choice = {"message": {"content": content, **message}, "finish_reason": finish}
    return json.dumps({"model": "m-1", "choices": [choice]})


def caught(handle: Handle, kind: type[ModelError], options: str = "", **call: Any) -> ModelError:
    async def use(model: OpenAIModel) -> ModelError:
        with pytest.raises(kind) as error:
            await model.generate(ASK, **call)
        assert error.value.__context__ is None or isinstance(error.value.__context__, ValueError)
        return error.value

    found = against(handle, use, options)
    assert isinstance(found, ModelError)
    return found


def test_a_text_a_schema_log_probabilities_and_usage() -> None:
    async def use(model: Model) -> None:
        answer = await model.generate([system("Be brief."), user("héllo ☃ 😀")])
        assert answer.text.startswith("héllo ☃")
        assert answer.finish == "stop"
        assert answer.usage.prompt_tokens > 0
        assert answer.usage.cost_usd == pytest.approx(answer.usage.prompt_tokens * 1e-6)
        parsed = await model.generate(ASK, schema=SCHEMA, task="judge")
        assert parsed.parsed["verdict"] in ("safe", "unsafe")
        tokens = (await model.generate(ASK, logprobs=3)).logprobs
        assert tokens
        assert all(math.exp(token.logprob) <= 1 for token in tokens)

    with FakeServer("echo") as fake:
        with_model(fake.spec + "?price=1,0", use)


def test_a_lone_surrogate_is_no_crash() -> None:
    async def use(model: Model) -> None:
        with pytest.raises(ModelError):
            await model.generate([user("half \ud83d")])

    with FakeServer("echo") as fake:
        with_model(fake.spec, use)


def test_the_right_picture_is_sent() -> None:
    async def use(model: Model) -> list[Choice]:
        colours = ("red", "green", "blue")
        question = "Which colour: red, green or blue?"
        return [
            await model.choose([user(question, view("white"), view(colour))], colours)
            for colour in colours
        ]

    with FakeServer("echo") as fake:
        choices = with_model(fake.spec, use)
    for colour, choice in zip(("red", "green", "blue"), choices, strict=True):
        assert choice.probabilities[colour] > 0.9
        assert sum(choice.probabilities.values()) == pytest.approx(1)
        assert 0 < choice.outside_mass < 0.1
        assert choice.samples == 0


def test_a_picture_over_a_megabyte_goes_out_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    import hashlib
    import io

    from crosslight.models.message import ImageView

    sent: list[object] = []
    request = ClientSession.request

    def watched(session: ClientSession, method: str, url: Any, **rest: Any) -> Any:
        sent.append(rest.get("data"))
        return request(session, method, url, **rest)

    monkeypatch.setattr(ClientSession, "request", watched)
    data = bytes(np.random.default_rng(0).integers(0, 256, 2_000_000, dtype=np.uint8))
    digest = hashlib.sha256(data).hexdigest()
    rule = {"image": digest, "answer": "seen"}
    with FakeServer(script({"rules": [rule]})) as fake:
        photo = ImageView(digest, "test", data)
        answer = with_model(fake.spec, lambda m: m.generate([user("what?", photo)]))
    assert answer.text == "seen"
    # As a file, which aiohttp writes piece by piece; a block of bytes would hold the loop.
    assert isinstance(sent[-1], io.BytesIO)


def test_the_body_is_valid_json_with_images_before_text() -> None:
    seen: list[dict[str, Any]] = []

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        seen.append({"body": json.loads(await request.read()), "headers": dict(request.headers)})
        return web.Response(body=chat().encode(), content_type="application/json")

    async def use(model: OpenAIModel) -> None:
        sampling = Sampling(temperature=0.5, top_p=0.9, max_tokens=9, seed=3, stop=("\n",))
        messages = [system("s"), user('q "x"\n', view("red"))]
        for task in ("judge", "judge", "other"):
            await model.generate(messages, sampling=sampling, task=task)

    against(handle, use, "?thinking=off")
    body = seen[0]["body"]
    assert body["model"] == "m"
    assert (body["temperature"], body["top_p"], body["max_tokens"]) == (0.5, 0.9, 9)
    assert (body["seed"], body["stop"]) == (3, ["\n"])
    assert body["chat_template_kwargs"] == {"enable_thinking": False}
    parts = body["messages"][1]["content"]
    assert [part["type"] for part in parts] == ["image_url", "text"]
    assert parts[1]["text"] == 'q "x"\n'
    keys = [row["headers"]["Idempotency-Key"] for row in seen]
    assert len(set(keys)) == 1
    assert seen[0]["headers"]["X-Crosslight-Task"] == "judge"
    assert "Authorization" not in seen[0]["headers"]


def test_samples_replace_missing_log_probabilities() -> None:
    async def use(model: Model) -> list[Choice]:
        return [await model.choose(ASK, ("Yes", "No")) for _ in range(2)]

    rules = {"rules": [{"choice": {"Yes": 0.7, "No": 0.2}}], "can": {"logprobs": False}}
    for n in (True, False):
        raw = {**rules, "can": {"logprobs": False, "n": n}}
        with FakeServer(script(raw)) as fake:
            first, second = with_model(fake.spec + "?samples=12", use)
            calls = fake.stats()["requests"]
        assert first.samples == second.samples == 12
        assert set(first.probabilities) == {"Yes", "No"}
        assert sum(first.probabilities.values()) == pytest.approx(1)
        # The first question also tries log-probabilities; the second knows better.
        assert calls == (1 + 1 + 1 if n else 1 + 12 + 12)


def test_without_log_probabilities_and_samples_nothing_is_claimed() -> None:
    with FakeServer("plain") as fake:

        async def use(model: Model) -> None:
            with pytest.raises(NotSupported):
                await model.choose(ASK, ("Yes", "No"))

        with_model(fake.spec + "?samples=0", use)
        with_model(fake.spec + "?samples=0&lacks=logprobs", use)


def test_an_endpoint_that_rejects_log_probabilities_and_n_still_chooses() -> None:
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        body = json.loads(await request.read())
        if "logprobs" in body or "n" in body:
            return web.Response(status=400, body=b'{"error":{"message":"unknown field"}}')
        return web.Response(body=chat("Yes.").encode())

    choice = against(handle, lambda m: m.choose(ASK, ("Yes", "No")), "?samples=3")
    assert choice.samples == 3
    assert choice.probabilities == {"Yes": 1.0, "No": 0.0}


def test_a_request_that_is_wrong_anyway_keeps_its_own_error() -> None:
    async def use(model: OpenAIModel) -> None:
        with pytest.raises(Rejected, match="too long"):
            await model.choose(ASK, ("Yes", "No"))
        assert model.capabilities.logprobs

    against(always('{"error":{"message":"prompt too long"}}', 400), use)


def test_a_model_that_says_nothing_is_no_verdict() -> None:
    async def use(model: OpenAIModel) -> None:
        with pytest.raises(BadAnswer):
            await model.choose(ASK, ("Yes", "No"))
        assert model.capabilities.logprobs

    against(always(chat("")), use)


def test_embeddings_are_unit_vectors_in_order() -> None:
    async def use(model: Model) -> Any:
        with pytest.raises(NotSupported):
            await model.embed([view("red")])
        assert (await model.embed([])).shape[0] == 0
        return await model.embed(["a red car", "the red car", "tax law"])

    with FakeServer("echo") as fake:
        rows = with_model(fake.spec, use)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    assert rows[0] @ rows[1] > rows[0] @ rows[2]


@pytest.mark.parametrize(
    "body",
    [
        '{"data": []}',
        '{"data": [{"index": 0}]}',
        '{"data": [{"index": 0, "embedding": [0, 0]}]}',
        '{"data": [{"index": 0, "embedding": [1, "x"]}]}',
        '{"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1]}]}',
        "{}",
    ],
)
def test_bad_embeddings(body: str) -> None:
    async def use(model: OpenAIModel) -> None:
        with pytest.raises(BadAnswer):
            await model.embed(["one text"])

    against(always(body), use)


@pytest.mark.parametrize(
    ("status", "body", "kind", "retryable"),
    [
        (400, '{"error":{"message":"bad field"}}', Rejected, False),
        (400, '{"error":{"code":"content_filter","message":"no"}}', ContentFiltered, False),
        (401, '{"error":{"message":"bad key"}}', Denied, False),
        (403, "", Denied, False),
        (404, '{"detail":"no such model"}', Missing, False),
        (408, "", Unreachable, True),
        (409, "", Unreachable, True),
        (413, "", Rejected, False),
        (422, '{"detail":[{"loc":["x"]}]}', Rejected, False),
        (429, '{"error":{"code":"insufficient_quota"}}', Denied, False),
        (429, "", RateLimited, True),
        (500, "<html>", ServerFault, True),
        (501, "", NotSupported, False),
        (503, '{"error":"loading model"}', ServerFault, True),
        (529, "overloaded", ServerFault, True),
        (302, "", Rejected, False),
        (204, "", Rejected, False),
    ],
)
def test_statuses(status: int, body: str, kind: type[ModelError], retryable: bool) -> None:
    error = caught(always(body, status, Location="http://127.0.0.1:9/"), ModelError)
    assert type(error) is kind
    assert error.retryable is retryable
    assert error.status == status


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "7"}, 7.0),
        ({"Retry_After": "0.5"}, 0.5),
        ({"Retry_After": "-3"}, 0.0),
        ({"Retry_After": "soon"}, None),
        ({"Retry_After_Ms": "250", "Retry_After": "9"}, 0.25),
        ({}, None),
    ],
)
def test_retry_after_in_seconds(headers: dict[str, str], seconds: float | None) -> None:
    assert caught(always("", 429, **headers), RateLimited).retry_after == seconds


def test_retry_after_as_a_date() -> None:
    date = formatdate(time.time() + 60, usegmt=True)
    wait = caught(always("", 503, Retry_After=date), ServerFault).retry_after
    assert wait is not None
    assert 50 < wait <= 61
    past = formatdate(time.time() - 60, usegmt=True)
    assert retry_after({"Retry-After": past}) == 0.0


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('{"choices": [{"mess', ServerFault),
        ("", ServerFault),
        ("<html>login</html>", ServerFault),
        ("[]", ServerFault),
        ("{}", ServerFault),
        ('{"choices": []}', ServerFault),
        ('{"choices": [null]}', ServerFault),
        ('{"choices": [{}]}', EmptyAnswer),
        ('{"choices": [{"message": null, "finish_reason": "stop"}]}', EmptyAnswer),
        (chat(""), EmptyAnswer),
        (chat("  \n"), EmptyAnswer),
        (chat(None), EmptyAnswer),
        (chat("", "content_filter"), ContentFiltered),
        (chat("half an ans", "content_filter"), ContentFiltered),
        (chat(None, "length", reasoning_content="thinking..."), Truncated),
    ],
)
def test_what_is_no_answer_is_raised(body: str, kind: type[ModelError]) -> None:
    assert type(caught(always(body), ModelError)) is kind


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (chat('{"verdict": "safe"', "length"), Truncated),
        (chat('{"verdict": "safe"}', "length"), Truncated),
        (chat('{"verdict": "maybe"}'), BadAnswer),
        (chat("Safe."), BadAnswer),
        (chat(None, refusal="I can't help with that."), Refused),
    ],
)
def test_what_is_no_json_answer_is_raised(body: str, kind: type[ModelError]) -> None:
    assert type(caught(always(body), ModelError, schema=SCHEMA)) is kind


def test_unusual_but_good_replies() -> None:
    async def use(model: OpenAIModel) -> Answer:
        return await model.generate(ASK)

    parts = [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}, {"type": "x"}]
    assert against(always(chat(parts)), use).text == "one two"
    assert against(always(chat("cut", "length")), use).finish == "length"
    assert against(always(chat("odd", "tool_calls")), use).finish == "other"
    assert against(always(chat(None, refusal="I won't.")), use).text == "I won't."
    assert against(always(chat("plain"), content_type="text/html"), use).text == "plain"
    assert against(always(chat("日本語 ✓ \u0000")), use).text == "日本語 ✓ \u0000"
    assert against(always(chat("bom").encode("utf-8")), use).usage.prompt_tokens == 0


def test_a_body_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_errors, "MAX_BODY", 1000)
    error = caught(always(chat("x" * 5000)), BadAnswer)
    assert "MiB" in error.message


def test_a_slow_drip_and_a_dead_port_are_unreachable() -> None:
    start = time.monotonic()
    error = caught(slow_drip, Unreachable, "?timeout=0.3")
    assert time.monotonic() - start < 5
    assert "0.3 s" in error.message
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        spec = f"openai:m@http://127.0.0.1:{held.getsockname()[1]}/v1"

        async def use(model: Model) -> None:
            with pytest.raises(Unreachable) as refused:
                await model.generate(ASK)
            assert refused.value.hint

        with_model(spec, use)


@pytest.mark.parametrize("fault", ["reset", "malformed", "empty", "content_filter", "cut"])
def test_faults_of_the_fake_are_errors_here(fault: str) -> None:
    kinds = {
        "reset": Unreachable,
        "malformed": ServerFault,
        "empty": BadAnswer,
        "content_filter": ContentFiltered,
        "cut": Truncated,
    }

    async def use(model: Model) -> None:
        with pytest.raises(kinds[fault]):
            await model.generate(ASK, schema=SCHEMA)

    with FakeServer(script({"rules": [{"error": fault}]})) as fake:
        with_model(fake.spec, use)
        assert fake.stats()["kinds"] == {fault: 1}


SECRET = "hunter2-hunter2-hunter2"


@pytest.mark.parametrize(
    "body",
    [
        f"your key is {SECRET}",
        "x" * 285 + SECRET,
        json.dumps({"error": {"message": "x" * 285 + SECRET}}),
        json.dumps({"error": {"message": "x" * 1990 + SECRET}}),
    ],
    ids=["no JSON", "cut as text", "cut as a message", "cut as words"],
)
@pytest.mark.parametrize("status", [200, 500])
def test_no_half_of_a_key_is_left_where_a_text_is_cut(
    status: int, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSLIGHT_API_KEY_127_0_0_1", SECRET)
    error = caught(always(body.encode(), status=status), ModelError)
    told = f"{error} {error.hint} {error.said}"
    assert "hunter" not in told


def test_a_key_that_an_answer_repeats_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSLIGHT_API_KEY_127_0_0_1", SECRET)
    body = json.dumps({**json.loads(chat(f"It is {SECRET}.")), "model": SECRET})
    answer = against(always(body), lambda model: model.generate(ASK))
    assert SECRET not in repr(answer)


def test_a_small_body_of_endless_parts_is_not_read() -> None:
    parts = b'{"choices": [' + b"{}," * 1_000_001 + b"{}]}"
    assert "parts" in caught(always(parts), BadAnswer).message


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500, 302])
def test_a_key_never_shows(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSLIGHT_API_KEY_127_0_0_1", SECRET)
    got: list[str] = []

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        got.append(request.headers["Authorization"])
        body = {"error": {"message": f"wrong key {SECRET}, Authorization: Bearer {SECRET}"}}
        return web.Response(status=status, body=json.dumps(body).encode())

    async def use(model: OpenAIModel) -> str:
        try:
            await model.generate(ASK)
        except ModelError as error:
            told = [repr(error), str(error), error.hint, "".join(traceback.format_exception(error))]
            told.append(str(pickle.dumps((error.args, error.__dict__))))
        assert told
        with pytest.raises(TypeError):
            pickle.dumps(model)
        return " ".join([*told, repr(model), repr(vars(model)), repr(model.card)])

    told = against(handle, use)
    assert got == [f"Bearer {SECRET}"]
    assert SECRET not in told


def test_a_redirect_is_not_followed_with_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSLIGHT_API_KEY_127_0_0_1", SECRET)
    paths: list[str] = []

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        paths.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    error = caught(handle, Rejected)
    assert "redirect" in error.hint
    assert paths == ["/v1/chat/completions"]


def test_a_hundred_calls_at_once_share_connections() -> None:
    async def use(model: Model) -> list[Answer]:
        calls = [model.generate([user(f"number {i}")]) for i in range(100)]
        return await asyncio.gather(*calls)

    with FakeServer("echo", latency_ms=20) as fake:
        start = time.monotonic()
        answers = with_model(fake.spec, use)
        assert time.monotonic() - start < 10
        assert fake.stats()["peak_in_flight"] > 50
    assert [a.text for a in answers] == [f"number {i}" for i in range(100)]


def test_cancelling_a_call_leaves_the_model_usable() -> None:
    async def use(model: Model) -> str:
        task = asyncio.create_task(model.generate([user("slow")]))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return (await model.generate([user("fast")])).text

    rules = [{"text": "slow", "latency_ms": 30_000}]
    with FakeServer(script({"rules": rules})) as fake:
        assert with_model(fake.spec, use) == "fast"


def test_what_an_endpoint_lacks_is_refused_before_a_call() -> None:
    async def use(model: Model) -> None:
        for call in (
            model.generate(ASK, schema=SCHEMA),
            model.generate(ASK, logprobs=2),
            model.generate([user("x", view("red"))]),
            model.embed(["x"]),
        ):
            with pytest.raises(NotSupported):
                await call

    with FakeServer("echo") as fake:
        with_model(fake.spec + "?lacks=schema,logprobs,images,embed", use)
        assert fake.stats()["requests"] == 0


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
@pytest.mark.parametrize("schema", [SCHEMA, None])
def test_an_answer_in_the_field_of_the_trace_is_told_and_not_taken(
    field: str, schema: dict[str, Any] | None
) -> None:
    body = chat(None, **{field: '{"verdict": "safe"}'})
    error = caught(always(body), BadAnswer, schema=schema)
    assert f"put its answer into {field}" in error.message
    assert "?thinking=off" in error.hint
