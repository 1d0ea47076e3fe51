"""The fake as a real HTTP server with an OpenAI-compatible face."""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from types import TracebackType
from typing import Any

from aiohttp import web
from pydantic_core import to_json

from crosslight.models.fake import answers, wire
from crosslight.models.fake.engine import Ask, Engine, Reply, drawn
from crosslight.models.fake.fetched import with_fetched
from crosslight.models.fake.habits import Habits
from crosslight.models.fake.request import unwanted
from crosslight.models.fake.script import Script, load

TASK_HEADER = "X-Crosslight-Task"


class FakeEndpoint:
    """Handles requests by a script. `stats` may be read from any thread."""

    def __init__(self, script: Script, *, any_model: bool = True) -> None:
        self.script = script
        self.engine = Engine(script)
        self._any_model = any_model and not script.models
        self._started = time.monotonic()
        self._asked: Counter[str] = Counter()
        self._used: set[web.RequestHandler] = set()
        """Open connections that a request for a model that `closes` came over."""
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
        if "/models" in path:
            return self._models(path.partition("/models")[2].removeprefix("/"))
        if path == "/stats":
            return answers.as_json(to_json(self.stats()))
        if path == "/health":
            return answers.as_json(b'{"status":"ok"}')
        return answers.failed(404, f"no such path: {path}", "not_found")

    def _models(self, name: str) -> web.Response:
        """One model, or the list of all."""
        if not name:
            rows = [self._card(known) for known in self.script.models or (self.script.name,)]
            return answers.as_json(to_json({"object": "list", "data": rows}))
        if not self._has(name):
            return answers.no_model(name)
        return answers.as_json(to_json(self._card(name)))

    def _card(self, name: str) -> dict[str, Any]:
        card = {"id": name, "object": "model", "created": 0, "owned_by": "crosslight"}
        return card | {"max_model_len": self.script.context}

    def _has(self, name: str) -> bool:
        return self._any_model or name in self.script.models or name == self.script.name

    async def _chat(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.content.read()
        if not self.engine.admit():
            self.engine.refuse()
            return answers.rate_limited(self.script.faults.retry_after)
        kind, key = "abandoned", None
        try:
            try:
                ask, wanted = wire.read_chat(body, request.headers.get(TASK_HEADER, ""))
                ask = await with_fetched(ask, body)
            except wire.Malformed as error:
                kind = "rejected"
                return answers.refused(error.why)
            if not self._has(ask.model):
                kind = "rejected"
                return answers.no_model(ask.model)
            habits = self.engine.habits(ask)
            self._asked[ask.model] += 1
            instead = await self._instead(request, wanted, habits)
            if instead is not None:
                kind = "instead"
                return instead
            if habits.trace and ask.schema is None:
                # With room to think, the length of a reply does not tell that it is a choice.
                ask = replace(ask, short=wanted.top >= 0 or ask.temperature > 0)
            reply = self._decide(ask, habits)
            await self._work(reply)
            transport = request.transport
            if transport is None or transport.is_closing():
                return web.Response(status=499)
            response = await self._respond(request, ask, reply, wanted, habits)
            kind = reply.fault or "ok"
            key = ask.key if reply.fault is None else None
            return response
        finally:
            self.engine.finish(kind, key)

    def _spent(self, connection: web.RequestHandler) -> bool:
        """Whether this connection has carried a request before; from here on it has."""
        before = connection in self._used
        self._used = {known for known in self._used if known.transport is not None} | {connection}
        return before

    async def _instead(
        self, request: web.BaseRequest, wanted: wire.Wanted, habits: Habits
    ) -> web.StreamResponse | None:
        """What habits give in place of an answer."""
        if habits.closes and self._spent(request.protocol):
            return answers.broken(request)
        if time.monotonic() - self._started < habits.loading_s:
            return answers.failed(503, "Loading model", "unavailable_error")
        says = habits.says
        if says is not None and says.now(self._asked[wanted.model]):
            return answers.broken(request) if says.drop else answers.said(says)
        refusal = unwanted(wanted.raw, habits)
        if refusal is None:
            return None
        return answers.detailed(refusal) if habits.refuses_with == 422 else answers.refused(refusal)

    def _decide(self, ask: Ask, habits: Habits) -> Reply:
        """The engine's reply, changed by habits of what is seen and said."""
        reply = self.engine.decide(ask if habits.sees else replace(ask, shown=()))
        if habits.answers and (ask.schema is None or habits.answer_in == "refusal"):
            turn = (self._asked[ask.model] - 1) % len(habits.answers)
            return replace(reply, text=habits.answers[turn], choice=None)
        if ask.schema is wire.ANY_OBJECT and not reply.text.startswith("{"):
            return replace(reply, text=json.dumps({"answer": reply.text}))
        return reply

    async def _work(self, reply: Reply) -> None:
        if self._slots is None:
            if reply.delay_s:
                await asyncio.sleep(reply.delay_s)
        else:
            async with self._slots:
                await asyncio.sleep(reply.delay_s)
        if reply.fault == "hang":
            await asyncio.sleep(self.script.faults.hang_s)

    async def _respond(
        self,
        request: web.BaseRequest,
        ask: Ask,
        reply: Reply,
        wanted: wire.Wanted,
        habits: Habits,
    ) -> web.StreamResponse:
        fault = reply.fault
        if fault == "server_error":
            return answers.failed(500, "the fake was told to fail", "server_error")
        if fault == "rate_limit":
            return answers.rate_limited(self.script.faults.retry_after)
        if fault in ("reset", "hang"):
            return answers.broken(request)
        texts, script = self._texts(ask, reply, wanted, habits), self.script
        told = wire.write_chat(ask, reply, wanted, script.can, texts, habits)
        if habits.stream == "always" or wanted.stream:
            breaks = habits.stream == "breaks" or fault == "malformed"
            return await answers.streamed(request, told, usage=wanted.stream_usage, breaks=breaks)
        body = to_json(told)
        return answers.as_json(body[: len(body) // 2] if fault == "malformed" else body)

    def _texts(self, ask: Ask, reply: Reply, wanted: wire.Wanted, habits: Habits) -> list[str]:
        if wanted.n == 1 or not self.script.can.n or not habits.honours_n:
            return [reply.text]
        if reply.choice is None:
            return [reply.text] * wanted.n
        return [drawn(reply.choice, replace(ask, draw=f"{ask.draw}/{i}")) for i in range(wanted.n)]

    async def _embeddings(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.content.read()
        if not self.script.can.embed:
            return answers.failed(404, "no embeddings here", "not_found")
        try:
            texts, model, base64 = wire.read_embeddings(body)
        except wire.Malformed as error:
            return answers.refused(error.why)
        if not self._has(model):
            return answers.no_model(model)
        if not self.engine.admit():
            self.engine.refuse()
            return answers.rate_limited(self.script.faults.retry_after)
        reply = self.engine.decide(Ask(key=wire.payload_key(body), task="embed"))
        await self._work(reply)
        if reply.fault is not None:
            self.engine.finish(reply.fault)
            return answers.failed(500, "the fake was told to fail", "server_error")
        vectors = [wire.embed_text(text, self.script.dimensions) for text in texts]
        self.engine.finish("ok", wire.payload_key(body))
        return answers.as_json(wire.write_embeddings(vectors, model, base64=base64))


async def serve_script(
    script: Script | str,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    latency_ms: float | None = None,
    slots: int | None = None,
    any_model: bool = True,
    ready: Callable[[str, FakeEndpoint], None] | None = None,
) -> None:
    """Serve until cancelled. `port` 0 takes a free one; `ready` is told the base URL (`.../v1`).

    `any_model`: names that the script does not know are answered too, unless it lists models.
    """
    chosen = load(script) if isinstance(script, str) else script
    changed = {"latency_ms": latency_ms, "slots": slots}
    chosen = chosen.model_copy(update={k: v for k, v in changed.items() if v is not None})
    server = FakeEndpoint(chosen, any_model=any_model)
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
