"""Connections that a server closes behind a response without saying so."""

import asyncio

import pytest
from aiohttp import web

from crosslight.models.errors import Unreachable
from crosslight.models.fake import FakeServer
from crosslight.models.openai.model import OpenAIModel
from crosslight.models.protocol import Model
from tests.models.openai.test_model import ASK, against, with_model


def test_a_request_over_a_closed_connection_goes_out_again_at_once() -> None:
    async def use(model: Model) -> int:
        await asyncio.gather(*(model.generate(ASK) for _ in range(3)))  # three are kept, and closed
        answers = [await model.generate(ASK) for _ in range(4)]
        return sum(bool(answer.text) for answer in answers)

    with FakeServer("habits") as server:
        assert with_model(f"openai:closes@{server.url}", use) == 4


@pytest.mark.parametrize("begun", [False, True])
def test_a_server_that_breaks_every_time_is_unreachable(begun: bool) -> None:
    """A fresh connection that breaks is no leftover; neither is a response that does."""
    seen: list[int] = []

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        seen.append(len(seen))
        if begun and not seen[1:]:
            return web.json_response({"choices": [{"message": {"content": "Yes"}}]})
        response = web.StreamResponse(headers={"Content-Length": "9"})
        if begun:
            await response.prepare(request)
        assert request.transport is not None
        request.transport.abort()
        return response

    async def use(model: OpenAIModel) -> None:
        if begun:
            await model.generate(ASK)
        with pytest.raises(Unreachable):
            await model.generate(ASK)

    against(handle, use)
    assert len(seen) == (2 if begun else 1)
