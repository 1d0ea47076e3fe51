"""Connections that were kept for the next request, and that the server closed without a word.

llama.cpp closes after a stream, uvicorn after a fault of its application, and most servers after
some seconds of idleness (often 5). A request that then breaks before anything of a response came is
sent again at once: it reached nobody, or its `Idempotency-Key` tells that it is the same.
"""

from dataclasses import dataclass
from types import SimpleNamespace

import aiohttp

TRIES = 4
"""Times that one request is sent at most: a pool may hold several such connections."""


@dataclass(slots=True)
class Connection:
    """What one request went over."""

    reused: bool = False
    was_closed: bool = False
    """It was kept, and broke before a response began."""

    def answered(self) -> None:
        """A response began: what breaks now is no leftover."""
        self.reused = False

    def broke(self, error: BaseException) -> None:
        """The request ended in this error."""
        gone = aiohttp.ServerDisconnectedError | aiohttp.ClientOSError | ConnectionResetError
        self.was_closed = self.reused and isinstance(error, gone)


def noting() -> aiohttp.TraceConfig:
    """Notes on the `Connection` that a request is given whether it was kept."""
    config = aiohttp.TraceConfig()

    async def reused(
        session: aiohttp.ClientSession,
        context: SimpleNamespace,
        params: aiohttp.TraceConnectionReuseconnParams,
    ) -> None:
        sent = context.trace_request_ctx
        if isinstance(sent, Connection):
            sent.reused = True

    config.on_connection_reuseconn.append(reused)
    return config
