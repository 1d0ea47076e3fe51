"""A raw HTTP server on loopback for what no well-behaved endpoint does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from crosslight.models.openai.model import OpenAIBackend, OpenAIModel

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def endpoint(handle: Handle, options: str = "") -> AsyncIterator[OpenAIModel]:
    """A model that talks to `handle`."""
    runner = web.ServerRunner(web.Server(handle, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    model = await OpenAIBackend.read(f"m@http://127.0.0.1:{port}/v1{options}").open()
    try:
        yield model
    finally:
        await model.aclose()
        await runner.cleanup()


def always(
    body: bytes | str, status: int = 200, content_type: str = "application/json", **headers: str
) -> Handle:
    """Answer every request alike. `Retry_After=...` sets the header Retry-After."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        data = body.encode() if isinstance(body, str) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, body=data, content_type=content_type, headers=named)

    return handle


async def slow_drip(request: web.BaseRequest) -> web.StreamResponse:
    """One byte every 50 ms, for ever."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.05)
