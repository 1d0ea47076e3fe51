"""Resumable download of one file of known size: over http(s) with Range, or from a local path."""

import http.client
import ipaddress
import os
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from email.message import Message
from pathlib import Path

from crosslight.models.errors import ModelError, Rejected, Truncated, Unreachable
from crosslight.models.fetch.manifest import Hub
from crosslight.store import open_resumed

TIMEOUT = 8.0
"""Seconds to connect, and seconds without a byte. A stall is resumed, so it can be short."""
STALLS = 4
"""How often a broken download is resumed before the place is given up."""
CHUNK = 1 << 20
HUB = "https://huggingface.co"

Counter = Callable[[int], None]
"""Is told how many bytes are there."""


def hub_url(hub: Hub) -> str:
    """Where the hub serves the file; HF_ENDPOINT names a mirror."""
    base = os.environ.get("HF_ENDPOINT", "").rstrip("/") or HUB
    return f"{base}/{hub.repo}/resolve/{hub.revision}/{urllib.parse.quote(hub.file)}"


def download(url: str, part: Path, size: int, count: Counter) -> None:
    """Fill `part` up to `size` bytes, going on from what it already holds.

    Raises `Unreachable`, `Rejected` (the server says no, or holds more than `size`) or
    `Truncated`; `part` stays for a later try except where it cannot be right.
    """
    parsed = urllib.parse.urlsplit(url)
    if parsed.scheme == "file":
        _copy(Path(urllib.request.url2pathname(parsed.path)), part, size)
        count(size)
        return
    if parsed.scheme not in ("https", "http"):
        raise Rejected(f"not an address to download from: {url}")
    if parsed.scheme == "http" and not _trusted(parsed.hostname or "", url):
        raise Rejected(f"plain http is for this machine only: {url}", hint="use https")
    for attempt in range(STALLS):
        before = _size(part)
        try:
            _receive(url, part, size, count)
        except (TimeoutError, ConnectionError, http.client.HTTPException, OSError) as error:
            failure: ModelError = Unreachable(f"{_host(url)}: {_reason(error)}")
            if before == 0 and _size(part) == 0:
                raise failure from error  # it never spoke: do not wait for it again
        else:
            if _size(part) == size:
                return
            failure = Truncated(f"{_host(url)}: {_size(part)} of {size} bytes")
        if _size(part) <= before and attempt > 0:
            break
    raise failure


def _receive(url: str, part: Path, size: int, count: Counter) -> None:
    """One request. Appends to `part` if the server honours Range, else begins anew."""
    have = _size(part)
    if have >= size:
        part.unlink()
        have = 0
    headers = {"User-Agent": "crosslight", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - scheme checked above
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
            if have and not _continues(response.status, response.headers, have):
                have = 0
            with open_resumed(part, append=bool(have)) as file:
                while chunk := response.read(CHUNK):
                    have += len(chunk)
                    if have > size:
                        file.close()
                        part.unlink()
                        raise Rejected(f"{_host(url)} holds more than the expected {size} bytes")
                    file.write(chunk)
                    count(have)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink(missing_ok=True)
            raise ConnectionError("the server does not hold that range") from error
        if error.code >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ConnectionError(f"HTTP {error.code}") from error
        raise Rejected(f"{_host(url)}: HTTP {error.code}", status=error.code) from error


def _continues(status: int, headers: Message, have: int) -> bool:
    """Whether the answer goes on exactly where the part ends."""
    return status == http.HTTPStatus.PARTIAL_CONTENT and str(
        headers.get("Content-Range", "")
    ).startswith(f"bytes {have}-")


def _copy(source: Path, part: Path, size: int) -> None:
    try:
        if source.stat().st_size != size:
            raise Truncated(f"{source.name} holds {source.stat().st_size} bytes, not {size}")
        with source.open("rb") as whole, open_resumed(part, append=False) as file:
            shutil.copyfileobj(whole, file, CHUNK)
    except OSError as error:
        raise Unreachable(f"{source.name}: {error.strerror}") from error


def _size(path: Path) -> int:
    return path.lstat().st_size if path.exists() else 0


def _trusted(host: str, url: str) -> bool:
    """Loopback, or the mirror that the user named; the hash is checked in any case."""
    mirror = os.environ.get("HF_ENDPOINT", "").rstrip("/")
    if mirror and url.startswith(mirror + "/"):
        return True
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host(url: str) -> str:
    return urllib.parse.urlsplit(url).hostname or url


def _reason(error: BaseException) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason) or type(error).__name__
