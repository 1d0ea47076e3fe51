"""Fetching photos by URL with bounds: size, time, redirects, and public addresses only."""

import asyncio
import re
import socket
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin

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
_AUTHORITY = re.compile(r"\A[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_UNSEEN = {ord(c): None for c in "\t\r\n"}
"""Line breaks and tabs, which readers of URLs leave out."""
_UNSENT = re.compile(r"[^!$&-;=?-Z_a-z~%\[\]]|%(?![0-9A-Fa-f]{2})")


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
        joined = url if base is None else urljoin(str(base), url)
        parsed = URL(joined)
        _ = parsed.raw_host, parsed.port  # yarl reads some parts only when they are asked for
        return _as_given(joined, parsed)
    except ValueError:  # also what IDNA refuses
        raise Refused("unsupported_url", "not a URL") from None


def _as_given(url: str, parsed: URL) -> URL:
    """The URL with the host as the client reads it, and with every other character as it stands:
    a signature holds for one spelling only (`%2F` is not `/`). What no request line may hold is
    escaped."""
    rest = _AUTHORITY.sub("", url.translate(_UNSEEN).strip()).partition("#")[0]
    target = _UNSENT.sub(_escaped, rest)
    if not target.startswith("/"):
        target = "/" + target
    return URL(f"{parsed.scheme}://{parsed.raw_authority}{target}", encoded=True)


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogateescape"))


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
