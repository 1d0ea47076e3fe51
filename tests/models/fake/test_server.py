"""The fake over real HTTP."""

import asyncio
import json
import multiprocessing
import time
import urllib.error
import urllib.request
from typing import Any

import aiohttp
import pytest

from crosslight.models.fake import FakeServer
from crosslight.models.fake import parse as script
from crosslight.models.message import user
from crosslight.models.spec import parse


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as response:
        return json.load(response)


def body(text: str = "hi", **fields: Any) -> bytes:
    return json.dumps(
        {"model": "m", "messages": [{"role": "user", "content": text}], **fields}
    ).encode()


def post(url: str, data: bytes) -> tuple[int, dict[str, str], Any]:
    request = urllib.request.Request(url + "/chat/completions", data)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status, dict(response.headers), json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), json.load(error)


def test_models_stats_health_and_404() -> None:
    with FakeServer("echo") as fake:
        root = fake.url.removesuffix("/v1")
        assert get(fake.url + "/models")["data"][0]["max_model_len"] == 32768
        assert get(root + "/health") == {"status": "ok"}
        assert get(root + "/stats") == fake.stats()
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(root + "/nowhere")
        assert caught.value.code == 404
        caught.value.close()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"messages": 3}',
        b'{"messages": [{"role": "user"}]}',
        b'{"messages": [{"role":"user","content":[{"type":"image_url"}]}]}',
        body(n="many"),
        body(response_format=3),
        b"\xff\xfe",
    ],
)
def test_what_is_no_request_is_refused_with_400(data: bytes) -> None:
    with FakeServer("echo") as fake:
        status, _, told = post(fake.url, data)
        assert status == 400
        assert told["error"]["message"]
        assert fake.stats()["in_flight"] == 0


def test_rate_limits_carry_retry_after() -> None:
    raw = {"rules": [{"error": "rate_limit"}], "faults": {"retry_after": 1.5}}
    with FakeServer(script(raw)) as fake:
        status, headers, _ = post(fake.url, body())
    assert status == 429
    assert (headers["Retry-After"], headers["Retry-After-Ms"]) == ("2", "1500")


def test_beyond_slots_and_queue_is_429() -> None:
    async def main(url: str) -> list[int]:
        async with aiohttp.ClientSession() as session:

            async def one(i: int) -> int:
                async with session.post(url + "/chat/completions", data=body(str(i))) as response:
                    await response.read()
                    return response.status

            return await asyncio.gather(*(one(i) for i in range(12)))

    with FakeServer(script({"latency_ms": 200, "slots": 2, "queue": 2})) as fake:
        statuses = asyncio.run(main(fake.url))
        assert fake.stats()["kinds"] == {"ok": 4, "queue_full": 8}
    assert sorted(statuses) == [200] * 4 + [429] * 8


def test_slots_bound_the_pace() -> None:
    async def main(spec: str) -> float:
        model = await parse(spec).open()
        start = time.monotonic()
        await asyncio.gather(*(model.generate([user(str(i))]) for i in range(20)))
        await model.aclose()
        return time.monotonic() - start

    with FakeServer("echo", latency_ms=50, slots=5) as fake:
        assert asyncio.run(main(fake.spec)) >= 0.19


def test_n_and_log_probabilities() -> None:
    rules = {"rules": [{"choice": {"Yes": 0.5, "No": 0.4}}]}
    with FakeServer(script(rules)) as fake:
        data = body(n=40, temperature=1, max_tokens=1, logprobs=True, top_logprobs=2)
        told = post(fake.url, data)[2]
    texts = [choice["message"]["content"] for choice in told["choices"]]
    assert set(texts) >= {"Yes", "No"}
    top = told["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    assert [t["token"] for t in top] == ["Yes", "No"]


def test_who_leaves_is_not_counted_as_answered() -> None:
    async def main(url: str) -> None:
        async with aiohttp.ClientSession() as session:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await session.post(url + "/chat/completions", data=body("gone"))

    with FakeServer("echo", latency_ms=600) as fake:
        asyncio.run(main(fake.url))
        deadline = time.monotonic() + 5
        while fake.stats()["in_flight"] and time.monotonic() < deadline:
            time.sleep(0.05)
        assert fake.stats()["kinds"] == {"abandoned": 1}
        assert fake.stats()["answers"] == 0


def test_the_same_payload_twice_is_told() -> None:
    with FakeServer("echo") as fake:
        for text in ("a", "b", "a"):
            assert post(fake.url, body(text))[0] == 200
        assert fake.stats()["answered_twice"] == 1
        assert fake.stats()["payloads"] == 2


def test_two_servers_answer_alike() -> None:
    schema = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}
    form = {"type": "json_schema", "json_schema": {"name": "t", "schema": schema}}
    replies = []
    for _ in range(2):
        with FakeServer("echo") as fake:
            replies.append(post(fake.url, body("same", response_format=form))[2])
    assert replies[0] == replies[1]


def _serve(urls: "multiprocessing.Queue[str]") -> None:
    from crosslight.models.fake.server import run_fake_server, serve_script

    run_fake_server(serve_script("echo", ready=lambda url, server: urls.put(url)))


def test_it_serves_from_a_process_of_its_own() -> None:
    context = multiprocessing.get_context("spawn")
    urls: multiprocessing.Queue[str] = context.Queue()
    process = context.Process(target=_serve, args=(urls,), daemon=True)
    process.start()
    try:
        url = urls.get(timeout=30)
        assert post(url, body("over there"))[2]["choices"][0]["message"]["content"] == "over there"
    finally:
        process.terminate()
        process.join(10)


def test_a_taken_port_is_an_error_at_once() -> None:
    with FakeServer("echo") as fake:
        port = int(fake.url.rsplit(":", 1)[1].split("/")[0])
        with pytest.raises(OSError), FakeServer("echo", port=port):
            pass
