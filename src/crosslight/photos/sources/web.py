"""Fetching photos by URL with bounds: size, time, redirects, and public addresses only."""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from types import TracebackType
from typing import Final, Self
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from crosslight.photos.sources.found import Refused, SourceError
from crosslight.store import BadImage, Bounds

_NAT64: Final = IPv6Network("64:ff9b::/96")  # holds an IPv4 address that may be private
_TEXT_TYPES = ("text/", "application/json", "application/xhtml", "application/pdf")
_HEADERS = {
    "User-Agent": "crosslight (dataset builder)",
    "Accept": "image/*,*/*;q=0.1",
    "Accept-Encoding": "identity",  # a compressed body could grow beyond any bound
}


class Fetcher:
    """An async context manager around one HTTP session; `get` may be called concurrently.

    `timeout` is seconds for a whole download. Proxies and cookies are not used. With
    `allow_private` also loopback and local networks are asked.
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
            connector=aiohttp.TCPConnector(resolver=resolver, limit=self.at_once),
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
            for _ in range(self.redirects + 1):
                self._admit(url)
                body, following = await self._ask(url)
                if body is not None:
                    return body
                url = urljoin(url, following)
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

    def _admit(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            raise Refused("unsupported_url", "not a URL") from None
        if parts.scheme not in ("http", "https") or not host:
            raise Refused("unsupported_url", "only http and https are read")
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:
            if host.replace(".", "").isdigit():  # 2130706433 and 127.1 are old ways to say an IP
                raise Refused("unsupported_url", "a number is no host") from None
            return  # a name: judged when it is resolved
        if not (self.allow_private or is_public(address)):
            raise _private()

    async def _ask(self, url: str) -> tuple[bytes | None, str]:
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


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the open internet, also where an IPv4 hides in an IPv6."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        hidden = address.ipv4_mapped or address.sixtofour
        if hidden is not None:
            return is_public(hidden)
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


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
                if not is_public(ip_address(result["host"].partition("%")[0])):
                    raise _PrivateAddress(f"{host} is private")
        return results

    async def close(self) -> None:
        """Nothing is held."""
        await self._inner.close()
