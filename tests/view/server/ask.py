"""Asks the viewer's application as a server would: a request in, an answer out, no socket."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


def ask(app: Any, address: str, method: str = "GET", body: str = "", **headers: str) -> Answer:
    """`headers`: with `_` for `-`; the host is the viewer's own unless named."""
    parts = urlsplit(address)
    given = {"host": "127.0.0.1:8600", **{k.replace("_", "-"): v for k, v in headers.items()}}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "scheme": "http",
        "headers": [(k.encode(), v.encode("latin-1")) for k, v in given.items()],
        "server": ("127.0.0.1", 8600),
        "client": ("127.0.0.1", 9),
    }
    sent: list[dict[str, Any]] = []
    asked = iter([{"type": "http.request", "body": body.encode(), "more_body": False}])

    async def receive() -> dict[str, Any]:
        for message in asked:
            return message
        await asyncio.sleep(3600)  # a client that waits for its answer
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    start = next(m for m in sent if m["type"] == "http.response.start")
    found = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
    return Answer(
        start["status"], {k.decode().lower(): v.decode() for k, v in start["headers"]}, found
    )
