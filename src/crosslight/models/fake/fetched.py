"""Pictures that a request names by URL, fetched as real endpoints do: from the loopback only."""

from dataclasses import replace

import aiohttp
from yarl import URL

from crosslight.models.fake import wire
from crosslight.models.fake.engine import Ask
from crosslight.models.fake.picture import sha256
from crosslight.models.fake.request import Refusal

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
MOST_BYTES = 32 * 2**20
SECONDS = 10.0


async def with_fetched(ask: Ask, body: bytes) -> Ask:
    """The question with the bytes of its pictures; one that is elsewhere is not looked at.

    Its key is by content then: an address is another one in each run. Raises Malformed.
    """
    shown: list[bytes | str] = []
    for one in ask.shown:
        if isinstance(one, str) and _is_near(one):
            data = await _fetched(one)
            body = body.replace(one.encode(), sha256(data).encode())
            shown.append(data)
        else:
            shown.append(one)
    if shown == list(ask.shown):
        return ask
    return replace(ask, shown=tuple(shown), key=wire.payload_key(body))


def _is_near(url: str) -> bool:
    try:
        return url.startswith(("http://", "https://")) and URL(url).host in LOOPBACK
    except ValueError:
        return False


async def _fetched(url: str) -> bytes:
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, allow_redirects=False) as response,
        ):
            response.raise_for_status()
            data = bytearray()
            async for chunk in response.content.iter_any():
                data += chunk
                if len(data) > MOST_BYTES:
                    raise wire.Malformed(Refusal("the image is too large", "messages"))
            return bytes(data)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        cause = f"{type(error).__name__} while downloading {url}"
        raise wire.Malformed(Refusal(cause, "messages", "invalid_image_url")) from None
