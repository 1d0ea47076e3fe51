"""The fake as a real HTTP server with an OpenAI-compatible face."""

import asyncio
import math
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from types import TracebackType
from typing import Any

from aiohttp import web
from pydantic_core import to_json

from crosslight.models.fake import wire
from crosslight.models.fake.engine import Ask, Engine, Reply, drawn
from crosslight.models.fake.script import Script, load

JSON = "application/json"
TASK_HEADER = "X-Crosslight-Task"


class FakeEndpoint:
    """Handles requests by a script. `stats` may be read from any thread."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.engine = Engine(script)
        self._slots = asyncio.Semaphore(script.slots) if script.slots else None

    def stats(self) -> dict[str, Any]:
        """Counts since the start."""
        return self.engine.stats.as_json()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Route by path: chat, embeddings, models, stats, health."""
        path = request.path
        if path.endswith("/chat/completions"):
            return await self._chat(request)
        if path.endswith("/embeddings"):
            return await self._embeddings(request)
        if path.endswith("/models"):
            model = {"id": "fake", "object": "model", "max_model_len": self.script.context}
            return _json(to_json({"object": "list", "data": [model]}))
        if path == "/stats":
            return _json(to_json(self.stats()))
        if path == "/health":
            return _json(b'{"status":"ok"}')
        return _error(404, f"no such path: {path}", "not_found")

    async def _chat(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.content.read()
        if not self.engine.admit():
            self.engine.refuse()
            return _rate_limited(self.script.faults.retry_after)
        kind, key = "abandoned", None
        try:
            try:
                ask, wanted = wire.read_chat(body, request.headers.get(TASK_HEADER, ""))
            except wire.Malformed as error:
                kind = "rejected"
                return _error(400, str(error), "invalid_request_error")
            if self.script.think is not None and ask.schema is None:
                # With room to think, the length of a reply does not tell that it is a choice.
                ask = replace(ask, short=wanted.top >= 0 or ask.temperature > 0)
            reply = self.engine.decide(ask)
            await self._work(reply)
            transport = request.transport
            if transport is None or transport.is_closing():
                return web.Response(status=499)
            response = self._respond(request, ask, reply, wanted)
            kind = reply.fault or "ok"
            key = ask.key if reply.fault is None else None
            return response
        finally:
            self.engine.finish(kind, key)

    async def _work(self, reply: Reply) -> None:
        if self._slots is None:
            if reply.delay_s:
                await asyncio.sleep(reply.delay_s)
        else:
            async with self._slots:
                await asyncio.sleep(reply.delay_s)
        if reply.fault == "hang":
            await asyncio.sleep(self.script.faults.hang_s)

    def _respond(
        self, request: web.BaseRequest, ask: Ask, reply: Reply, wanted: wire.Wanted
    ) -> web.StreamResponse:
        fault = reply.fault
        if fault == "server_error":
            return _error(500, "the fake was told to fail", "server_error")
        if fault == "rate_limit":
            return _rate_limited(self.script.faults.retry_after)
        if fault in ("reset", "hang"):
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=499)
        texts, script = self._texts(ask, reply, wanted), self.script
        body = wire.write_chat(ask, reply, wanted, script.can, texts, script.think)
        return _json(body[: len(body) // 2] if fault == "malformed" else body)

    def _texts(self, ask: Ask, reply: Reply, wanted: wire.Wanted) -> list[str]:
        if wanted.n == 1 or not self.script.can.n:
            return [reply.text]
        if reply.choice is None:
            return [reply.text] * wanted.n
        return [drawn(reply.choice, replace(ask, draw=f"{ask.draw}/{i}")) for i in range(wanted.n)]

    async def _embeddings(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.content.read()
        if not self.script.can.embed:
            return _error(404, "no embeddings here", "not_found")
        try:
            texts, model = wire.read_embeddings(body)
        except wire.Malformed as error:
            return _error(400, str(error), "invalid_request_error")
        if not self.engine.admit():
            self.engine.refuse()
            return _rate_limited(self.script.faults.retry_after)
        reply = self.engine.decide(Ask(key=wire.payload_key(body), task="embed"))
        await self._work(reply)
        if reply.fault is not None:
            self.engine.finish(reply.fault)
            return _error(500, "the fake was told to fail", "server_error")
        vectors = [wire.embed_text(text, self.script.dimensions) for text in texts]
        self.engine.finish("ok", wire.payload_key(body))
        return _json(wire.write_embeddings(vectors, model))


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type=JSON)


def _error(status: int, message: str, code: str) -> web.Response:
    return web.Response(status=status, body=wire.error_body(message, code), content_type=JSON)


def _rate_limited(seconds: float) -> web.Response:
    response = _error(429, "slow down", "rate_limit_exceeded")
    response.headers["Retry-After"] = str(math.ceil(seconds))
    response.headers["Retry-After-Ms"] = str(round(seconds * 1000))
    return response


async def serve_script(
    script: Script | str,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    latency_ms: float | None = None,
    slots: int | None = None,
    ready: Callable[[str, FakeEndpoint], None] | None = None,
) -> None:
    """Serve until cancelled. `port` 0 takes a free one; `ready` is told the base URL (`.../v1`)."""
    chosen = load(script) if isinstance(script, str) else script
    changed = {"latency_ms": latency_ms, "slots": slots}
    chosen = chosen.model_copy(update={k: v for k, v in changed.items() if v is not None})
    server = FakeEndpoint(chosen)
    runner = web.ServerRunner(web.Server(server.handle, access_log=None), shutdown_timeout=0.5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, backlog=4096)
        await site.start()
        bound = runner.addresses[0]
        if ready is not None:
            ready(f"http://{host}:{bound[1]}/v1", server)
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def run_fake_server(coroutine: Any) -> None:
    """Run `serve_script(...)` on the fastest loop there is; Ctrl-C ends it."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(coroutine)
    else:
        uvloop.run(coroutine)


class FakeServer:
    """A server in a thread, for tests: `with FakeServer("echo") as fake: parse(fake.spec)`."""

    def __init__(self, script: Script | str = "echo", **options: Any) -> None:
        self.script = load(script) if isinstance(script, str) else script
        self._options = options
        self._ready: Future[tuple[str, FakeEndpoint]] = Future()
        self._thread = threading.Thread(target=self._main, name="fake-server", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self.url = ""
        """Base URL, ending in `/v1`."""

    @property
    def spec(self) -> str:
        """The spec string that talks to this server."""
        return f"openai:{self.script.name}@{self.url}"

    def stats(self) -> dict[str, Any]:
        """Counts since the start."""
        return self._ready.result(timeout=10)[1].stats()

    def __enter__(self) -> "FakeServer":
        self._thread.start()
        self.url = self._ready.result(timeout=10)[0]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._loop is not None and self._task is not None:
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(timeout=10)

    def _main(self) -> None:
        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            self._task = asyncio.current_task()
            ready = self._ready.set_result
            await serve_script(self.script, **self._options, ready=lambda u, s: ready((u, s)))

        try:
            asyncio.run(main())
        except asyncio.CancelledError:
            pass
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)
