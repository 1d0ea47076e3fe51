"""The fake server behind a mood: what it says in place of an answer, decided at each request."""

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any

from aiohttp import web

from crosslight.models.fake.script import Script
from crosslight.models.fake.server import FakeEndpoint

Mood = Callable[[dict[str, Any], int], web.Response | None]
"""Of the body and the number of the request (from 1): a refusal, or None for an answer."""


def says(status: int, message: str, **more: Any) -> web.Response:
    """An error as most endpoints write it."""
    return web.json_response({"error": {"message": message, **more}}, status=status)


class _Again:
    """A request whose body is read a second time."""

    def __init__(self, request: web.BaseRequest, data: bytes) -> None:
        self.path, self.headers = request.path, request.headers
        self.transport, self.content = request.transport, self
        self._data = data

    async def read(self) -> bytes:
        return self._data


class Moody:
    """A server in a thread. `bodies` and `at_once` tell what it got."""

    def __init__(self, script: Script, mood: Mood) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []
        """Idempotency keys."""
        self.at_once: list[int] = []
        """Requests in work when each came, itself included."""
        self._script = script
        self._mood = mood
        self._in_work = 0
        self._ready: Future[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), daemon=True)
        self.spec = ""

    async def _main(self) -> None:
        fake, end = FakeEndpoint(self._script), asyncio.Event()

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            data = await request.content.read()
            body = json.loads(data or b"{}")
            self.bodies.append(body)
            self.keys.append(request.headers.get("Idempotency-Key", ""))
            self._in_work += 1
            self.at_once.append(self._in_work)
            try:
                said = self._mood(body, len(self.bodies))
                if said is not None:
                    await asyncio.sleep(0.02)
                    return said
                return await fake.handle(_Again(request, data))  # type: ignore[arg-type]
            finally:
                self._in_work -= 1

        runner = web.ServerRunner(web.Server(handle, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._ready.set_result((runner.addresses[0][1], asyncio.get_running_loop(), end))
        await end.wait()
        await runner.cleanup()

    def __enter__(self) -> "Moody":
        self._thread.start()
        port, self._loop, self._end = self._ready.result(timeout=10)
        self.spec = f"openai:moody@http://127.0.0.1:{port}/v1"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(timeout=10)
