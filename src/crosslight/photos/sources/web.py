"""Fetching photos by URL with bounds: size, time, redirects, and public addresses only."""

import asyncio
import socket
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from crosslight.photos.addresses import (
    connected_host,
    is_public,
    literal_address,
    peer_is_public,
)
from crosslight.photos.sources.found import Refused, SourceError
from crosslight.store import BadImage, Bounds

_TEXT_TYPES = ("text/", "application/json", "application/xhtml", "application/pdf")
_HEADERS = {
    "User-Agent": "crosslight (dataset builder)",
    "Accept": "image/*,*/*;q=0.1",
    "Accept-Encoding": "identity",  # a compressed body could grow beyond any bound
}


class Fetcher:
    """An async context manager around one HTTP session; `get` may be called concurrently.

    `timeout` is seconds for a whole download. Proxies and cookies are not used. With
    `allow_private` also loopback and local networks are asked; without it an address is judged
    three times: as it stands in the URL that the client is given, as its name resolves, and by
    the socket before it connects.
    """

    def __init__(
        self,
        *,
        max_bytes: int = Bounds().max_bytes,
        timeout: float = 30.0,
        redirects: int = 5,
        at_once: int = 8,
        allow_private: bool = False,
    ) -> None:
        self.max_bytes = max_bytes
        self.timeout = timeout
        self.redirects = redirects
        self.at_once = at_once
        self.allow_private = allow_private
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        resolver = _PublicResolver(self.allow_private)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=resolver,
                limit=self.at_once,
                socket_factory=None if self.allow_private else _public_socket,
            ),
            timeout=aiohttp.ClientTimeout(total=self.timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            auto_decompress=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, url: str) -> bytes:
        """The bytes behind a URL. Raises `Refused`, `SourceError` or `BadImage`."""
        try:
            at = _parsed(url)
            for _ in range(self.redirects + 1):
                self._admit(at)
                body, following = await self._ask(at)
                if body is not None:
                    return body
                at = _parsed(following, at)
        except TimeoutError as error:
            detail = f"no whole answer in {self.timeout:g} s"
            raise SourceError("timeout", detail, retryable=True) from error
        except aiohttp.ClientConnectorDNSError as error:
            if isinstance(error.os_error, _PrivateAddress):
                raise _private() from error
            raise SourceError("unreachable", "the host has no address", retryable=True) from error
        except aiohttp.InvalidURL as error:
            raise Refused("unsupported_url", "not a URL") from error
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
            raise SourceError("unreachable", type(error).__name__, retryable=True) from error
        raise SourceError("too_many_redirects", f"more than {self.redirects}")

    def _admit(self, url: URL) -> None:
        """Judge where a URL leads: the same object is then given to the client."""
        host = connected_host(url)
        if url.scheme not in ("http", "https") or not host:
            raise Refused("unsupported_url", "only http and https are read")
        try:
            address = literal_address(host.partition("%")[0])
        except ValueError as error:
            raise Refused("unsupported_url", str(error)) from None
        # A name is judged when it is resolved.
        if address is not None and not (self.allow_private or is_public(address)):
            raise _private()

    async def _ask(self, url: URL) -> tuple[bytes | None, str]:
        assert self._session is not None, "use `async with Fetcher()`"
        try:
            request = self._session.get(url, allow_redirects=False)
        except ValueError:
            raise Refused("unsupported_url", "not a URL") from None
        async with request as response:
            status = response.status
            if status in (301, 302, 303, 307, 308) and "Location" in response.headers:
                return None, response.headers["Location"]
            if status != 200:
                again = status in (408, 425, 429) or status >= 500
                raise SourceError(f"http_{status}", response.reason or "", retryable=again)
            kind = response.headers.get("Content-Type", "").lower()
            if kind.startswith(_TEXT_TYPES):
                raise BadImage("not_an_image", f"the server says {kind[:60]}")
            if (response.content_length or 0) > self.max_bytes:
                raise self._too_large()
            body = bytearray()
            async for chunk in response.content.iter_chunked(1 << 16):
                body += chunk
                if len(body) > self.max_bytes:
                    raise self._too_large()
            return bytes(body), ""

    def _too_large(self) -> BadImage:
        return BadImage("too_large", f"more than {self.max_bytes:,} bytes")


def _parsed(url: str, base: URL | None = None) -> URL:
    """A URL (of a redirect: against the one before) that can be taken apart. Raises `Refused`."""
    try:
        parsed = URL(url) if base is None else base.join(URL(url))
        _ = parsed.raw_host, parsed.port  # yarl reads some parts only when they are asked for
    except ValueError:  # also what IDNA refuses
        raise Refused("unsupported_url", "not a URL") from None
    return parsed


def _public_socket(info: tuple[Any, ...]) -> socket.socket:
    """A socket for an address that is about to be connected to.

    The last gate: whatever was read out of a URL or a DNS answer, this is where it leads.
    """
    family, kind, proto, _, address = info
    if not peer_is_public(str(address[0])):
        raise _private()
    return socket.socket(family, kind, proto)


def _private() -> Refused:
    return Refused("private_address", "not on the public internet; save it as a file first")


class _PrivateAddress(OSError):
    """A name that resolves to a private address."""


class _PublicResolver(AbstractResolver):
    """Resolves names, and refuses those that lead into a private network.

    The check is on the address that is then connected to, so a name cannot change in between.
    """

    def __init__(self, allow_private: bool) -> None:
        self._inner = aiohttp.ThreadedResolver()
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Addresses of `host`. Raises OSError."""
        results = await self._inner.resolve(host, port, family)
        if not self._allow_private:
            for result in results:
                if not peer_is_public(result["host"]):
                    raise _PrivateAddress(f"{host} is private")
        return results

    async def close(self) -> None:
        """Nothing is held."""
        await self._inner.close()
