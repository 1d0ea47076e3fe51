"""Pictures by URL: fetched over HTTP while they are asked about, and by nobody else."""

import asyncio
import json
import logging
import socket
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from crosslight.flow.call_policy import STICKY
from crosslight.models.doctor.probe import probe_model
from crosslight.models.errors import BadSpec, NotSupported, Rejected
from crosslight.models.fake import FakeServer
from crosslight.models.fake import parse as script
from crosslight.models.message import user
from crosslight.models.openai import pictures
from crosslight.models.openai.model import OpenAIBackend, OpenAIModel
from crosslight.models.openai.spec import read_target
from tests.models.openai.test_model import against, chat
from tests.models.pictures import view
from tests.models.ugly import always

RED, BLUE = view("red"), view("blue")
SHOWN = [user("What colour?", RED)]
ONLY_URLS = script({"models": {"m": {"pictures": "url"}}})


class Looks:
    """An endpoint that fetches what it is shown, and keeps what it was sent and got."""

    def __init__(self, *, fetches: bool = True) -> None:
        self.sent: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.got: list[tuple[int, bytes]] = []
        self._fetches = fetches

    @property
    def urls(self) -> list[str]:
        """The addresses of all pictures that were sent."""
        parts = [part for body in self.sent for part in body["messages"][0]["content"]]
        return [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        self.sent.append(json.loads(await request.read()))
        self.keys.append(request.headers["Idempotency-Key"])
        if self._fetches:
            self.got = [await get(url) for url in self.urls]
        return web.Response(text=chat(f"I looked at {self.urls[-1]}"), content_type="text/json")


async def get(url: str, method: str = "GET") -> tuple[int, bytes]:
    async with aiohttp.ClientSession() as session, session.request(method, url) as response:
        return response.status, await response.read()


def test_an_endpoint_that_wants_urls_sees_the_picture() -> None:
    """And the same refuses data URLs, with the remedy."""

    async def use(spec: str) -> None:
        model = await OpenAIBackend.read(spec).open()
        try:
            for image, colour in ((RED, "red"), (BLUE, "blue"), (view("green", 4000), "green")):
                answer = await model.generate([user("What colour?", image)])
                assert answer.text.startswith(f"A {colour} picture")
            assert model.refusals == ()
            assert model.notes == (f"{model.card.spec}: {pictures.NOTE}",)
        finally:
            await model.aclose()

    with FakeServer(ONLY_URLS) as server:
        asyncio.run(use(f"m@{server.url}?pictures=url"))
        with pytest.raises(Rejected, match="only http") as caught:
            asyncio.run(use(f"m@{server.url}"))
        assert caught.value.hint == pictures.BY_URL


def test_doctor_tells_pictures_apart_by_url() -> None:
    with FakeServer(ONLY_URLS) as server:
        lines = asyncio.run(probe_model(f"openai:m@{server.url}?pictures=url"))
        told = {line.name: line for line in lines}
        assert (told["pictures"].state, "4/4" in told["pictures"].detail) == ("ok", True)
        assert "refused" not in told


def test_only_what_is_asked_about_is_there_and_only_then() -> None:
    looks = Looks()

    async def use(model: OpenAIModel) -> None:
        await model.generate([user("Compare.", RED, BLUE)])
        first, second = looks.urls
        assert looks.got == [(200, RED.jpeg), (200, BLUE.jpeg)]
        assert await get(first) == (404, b""), "the request is over"
        [base] = {url.rpartition("/")[0] for url in (first, second)}
        assert base.startswith("http://127.0.0.1:")
        for path in ("", "/", "/../../etc/passwd", f"/{RED.photo}.jpg", "/" + "0" * 64 + ".jpg"):
            assert (await get(base + path))[0] == 404, path
        await model.generate(SHOWN)
        await model.generate(SHOWN)
        assert looks.urls[2:] == [first, first]
        assert looks.keys[1] == looks.keys[2], "a repeated request is the same one"
        await model.aclose()
        with pytest.raises(aiohttp.ClientConnectorError):
            await get(first)

    against(looks, use, "?pictures=url")


def test_two_requests_on_one_picture_end_apart() -> None:
    """The one that ends first does not take it from the other; only GET and HEAD are answered."""
    met: list[tuple[int, bytes]] = []
    gate = asyncio.Event()

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        body = json.loads(await request.read())
        [picture, text] = body["messages"][0]["content"]
        url = picture["image_url"]["url"]
        if text["text"] == "slow":
            await gate.wait()
            met.extend([await get(url, "HEAD"), await get(url, "POST"), await get(url)])
        else:
            await get(url)
        return web.Response(text=chat(), content_type="text/json")

    async def use(model: OpenAIModel) -> None:
        await model.generate(SHOWN)  # the form of request is known: both go at once
        slow = asyncio.create_task(model.generate([user("slow", RED)]))
        await asyncio.sleep(0.05)
        await model.generate([user("quick", RED)])
        gate.set()
        await slow
        assert met == [(200, b""), (405, b""), (200, RED.jpeg)]

    against(handle, use, "?pictures=url")


def test_an_answer_without_a_look_is_none() -> None:
    """Whoever cannot reach the picture may answer all the same: that is kept as no answer."""
    looks = Looks(fetches=False)

    async def use(model: OpenAIModel) -> None:
        with pytest.raises(NotSupported, match="without fetching") as caught:
            await model.generate(SHOWN)
        assert "pictures_port" in caught.value.hint
        assert caught.value.kind not in STICKY
        looks._fetches = True
        await model.generate(SHOWN)
        looks._fetches = False
        await model.generate(SHOWN)  # it may well keep what it fetched once

    against(looks, use, "?pictures=url")


def test_a_picture_that_cannot_be_fetched_is_told_with_the_remedy() -> None:
    error = {"error": {"message": "Cannot connect to host 127.0.0.1 to download the image"}}
    handle = always(json.dumps(error), 400)

    async def use(model: OpenAIModel) -> None:
        with pytest.raises(Rejected) as caught:
            await model.generate(SHOWN)
        assert caught.value.hint == pictures.REMEDY

    against(handle, use, "?pictures=url")


def test_the_address_is_in_no_answer_spec_or_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    by_url, by_data, port = Looks(), Looks(fetches=False), free_port()

    async def use(model: OpenAIModel) -> str:
        return (await model.generate(SHOWN)).text

    base = f"http://localhost:{port}"
    said = against(by_url, use, f"?pictures=url&pictures_port={port}&pictures_base={base}/")
    assert by_url.got == [(200, RED.jpeg)]
    assert by_url.urls[0].startswith(f"{base}/")
    assert said == "I looked at [pictures]/[picture].jpg"
    against(by_data, use)
    assert by_url.keys != by_data.keys, "a key is of one body"
    given = read_target(f"m@http://h/v1?pictures=url&pictures_port={port}&pictures_base={base}")
    assert given.spec == read_target("m@http://h/v1").spec
    assert str(port) not in caplog.text


def test_a_port_that_is_taken_is_told() -> None:
    async def use(model: OpenAIModel) -> None:
        with pytest.raises(NotSupported, match="no file server") as caught:
            await model.generate(SHOWN)
        assert "pictures_port" in caught.value.hint

    with FakeServer("echo") as taken:
        port = taken.url.split(":")[2].partition("/")[0]
        against(always(chat()), use, f"?pictures=url&pictures_port={port}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((pictures.HOST, 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    "options",
    [
        "pictures=files",
        "pictures_port=8123",
        "pictures=url&pictures_port=70000",
        "pictures=url&pictures_base=ftp://h",
        "pictures=url&pictures_base=http://u:p@h",
        "pictures=url&pictures_base=http://h/?a=b",
    ],
)
def test_other_values_are_refused(options: str) -> None:
    with pytest.raises(BadSpec, match="pictures") as caught:
        read_target(f"m@http://h/v1?{options}")
    assert "u:p" not in str(caught.value) + caught.value.hint
