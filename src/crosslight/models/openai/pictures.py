"""Pictures by URL, for endpoints that take no data URLs: a small file server of ours.

It listens on the loopback only, on a free port, and has the pictures of the requests that are under
way and nothing else, each at a path that nobody can guess. A picture keeps its path for as long as
the model is open, so that a repeated request is the same one; outside of its requests it is not
there.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from aiohttp import web

from crosslight.models.errors import ModelError, NotSupported, Rejected, ServerFault
from crosslight.models.message import ImageView, Message

HOST = "127.0.0.1"
MOST_REQUESTS = 1024
"""Requests whose pictures are lent at once; further ones wait."""
MOST_CONNECTIONS = 512
NOTE = "pictures were given by URL, from a file server of this process"
REMEDY = (
    "the file server is on 127.0.0.1 of this machine: an endpoint elsewhere needs a tunnel to it "
    "(?pictures_port=N) or an address of yours that leads to it (?pictures_base=URL); see "
    "docs/models.md"
)
BY_URL = "?pictures=url in its spec gives pictures by URL"
_ABOUT_FETCHING = re.compile(r"image|picture|url|fetch|download|connect|media", re.IGNORECASE)
_WANTS_URLS = re.compile(
    r"(only|must be|expected?|requires?)[^.]{0,40}\bhttps?\b|\bdata:? ?ur[li]s?\b[^.]{0,40}"
    r"(not supported|unsupported|not allowed)",
    re.IGNORECASE,
)
_NAME = re.compile(rb"[0-9a-f]{64}")


class PictureServer:
    """Starts with the first picture that is lent. `port` 0: a free one; `base`: the address under
    which the endpoint reaches it, where that is not its own."""

    def __init__(self, port: int = 0, base: str = "") -> None:
        self._port = port
        self._base = base
        self._secret = secrets.token_bytes(32)
        self._pictures: dict[str, bytes] = {}
        self._lent: Counter[str] = Counter()
        self._fetched: set[str] = set()
        self._shown: tuple[bytes, ...] = ()
        self._server = web.Server(self._handle, access_log=None)
        self._runner: web.ServerRunner | None = None
        self._starting = asyncio.Lock()
        self._room = asyncio.Semaphore(MOST_REQUESTS)

    @asynccontextmanager
    async def lending(self, messages: Sequence[Message]) -> AsyncIterator[None]:
        """The pictures of these messages can be fetched inside.

        Raises NotSupported where the endpoint answered without having looked at one of them, ever:
        that would be an answer about nothing.
        """
        async with self._room:
            await self._start()
            images = {self._name(image): image.jpeg for m in messages for image in m.images}
            self._pictures.update(images)
            self._lent.update(list(images))
            try:
                yield
                self._refuse_unseen(images.keys() - self._fetched)
            except (Rejected, ServerFault) as error:
                if images.keys() - self._fetched and _ABOUT_FETCHING.search(error.said):
                    error.hint = REMEDY
                raise
            finally:
                self._lent.subtract(list(images))
                for name in images:
                    if self._lent[name] <= 0:
                        del self._lent[name], self._pictures[name]

    def url(self, image: ImageView) -> str:
        """Where a picture that is lent is fetched."""
        return f"{self._base}/{self._name(image)}.jpg"

    def blank(self, data: bytes) -> bytes:
        """What an endpoint sent, without our address: some repeat it in what they say."""
        for shown in self._shown:
            data = data.replace(shown, b"[pictures]")
        return _NAME.sub(lambda m: b"[picture]" if m[0].decode() in self._pictures else m[0], data)

    async def aclose(self) -> None:
        """Stop serving."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _start(self) -> None:
        async with self._starting:
            if self._runner is not None:
                return
            runner = web.ServerRunner(self._server, shutdown_timeout=0.2)
            await runner.setup()
            try:
                await web.TCPSite(runner, HOST, self._port).start()
            except OSError as error:
                await runner.cleanup()
                raise NotSupported(
                    f"no file server for pictures on port {self._port}: {error.strerror}",
                    hint="name another with ?pictures_port=N, or leave it out for a free one",
                ) from None
            own = f"http://{HOST}:{runner.addresses[0][1]}"
            self._base = self._base or own
            self._shown = tuple(sorted({*_spellings(self._base), *_spellings(own)}, key=_longest))
            self._runner = runner

    def _name(self, image: ImageView) -> str:
        picture = f"{image.photo}/{image.recipe}".encode()
        return hmac.new(self._secret, picture, hashlib.sha256).hexdigest()

    def _refuse_unseen(self, unseen: set[str]) -> None:
        if unseen:
            raise NotSupported("the endpoint answered without fetching the picture", hint=REMEDY)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        name = request.path.removeprefix("/").removesuffix(".jpg")
        data = self._pictures.get(name)
        if data is None:
            return web.Response(status=404)
        if request.method not in ("GET", "HEAD"):
            return web.Response(status=405)
        if len(self._server.connections) > MOST_CONNECTIONS:
            return web.Response(status=503, headers={"Retry-After": "1"})
        if request.method == "GET":
            self._fetched.add(name)
        return web.Response(body=data, content_type="image/jpeg")


def tell_remedy(error: ModelError) -> None:
    """Where a refusal is of pictures as data URLs, its hint names the other form."""
    if _WANTS_URLS.search(error.said):
        error.hint = BY_URL


def _spellings(base: str) -> tuple[bytes, ...]:
    """How an address can stand in JSON: whole, with escaped slashes, as host and port."""
    place = urlsplit(base).netloc
    return (
        base.encode(),
        base.replace("/", "\\/").encode(),
        *([place.encode()] if ":" in place else []),
    )


def _longest(text: bytes) -> tuple[int, bytes]:
    return -len(text), text
