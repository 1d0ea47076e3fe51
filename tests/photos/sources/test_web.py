"""URLs: bounded, public, and with an outcome for everything a server may do."""

import asyncio
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import web

from crosslight.photos.addresses import is_public
from crosslight.photos.screen import ScreenConfig, screen_photos
from crosslight.photos.sources import Fetcher, Refused, SourceError, open_source
from crosslight.records import Done, Dropped, Failed
from crosslight.store.decode import BadImage
from crosslight.store.images import ImageStore
from tests.build.hostile import encoded, photo

PICTURE = encoded(photo(1))


async def _endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(1000):
        await response.write(bytes(100_000))
    return response


async def _slow(request: web.Request) -> web.Response:
    await asyncio.sleep(5)
    return web.Response(body=PICTURE)


async def _page(request: web.Request) -> web.Response:
    return web.Response(text="<html>", content_type="text/html")


async def _redirect(request: web.Request) -> web.Response:
    # As it stands: HTTPFound would write it in yarl's spelling.
    return web.Response(status=302, headers={"Location": request.query["to"]})


async def _status(request: web.Request) -> web.Response:
    return web.Response(status=int(request.match_info["code"]))


async def _picture(request: web.Request) -> web.Response:
    return web.Response(body=PICTURE, content_type="image/jpeg")


async def _asked(request: web.Request) -> web.Response:
    """Gives back the request line, byte for byte (as octets: no picture is asked for)."""
    return web.Response(body=request.raw_path.encode(), content_type="application/octet-stream")


def serve(use: Callable[[str], Awaitable[None]]) -> None:
    """Run `use` with the address of a small server."""

    async def main() -> None:
        app = web.Application()
        app.router.add_get("/a.jpg", _picture)
        app.router.add_get("/endless", _endless)
        app.router.add_get("/slow", _slow)
        app.router.add_get("/page", _page)
        app.router.add_get("/as-given/{rest:.*}", _asked)
        app.router.add_get("/to", _redirect)
        app.router.add_get("/status/{code}", _status)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            await use(site.name and f"http://127.0.0.1:{runner.addresses[0][1]}")
        finally:
            await runner.cleanup()

    asyncio.run(main())


def test_what_a_server_may_do() -> None:
    async def use(base: str) -> None:
        async with Fetcher(allow_private=True, max_bytes=1_000_000, timeout=0.5) as hasty:
            with pytest.raises(SourceError) as late:
                await hasty.get(f"{base}/slow")
            assert (late.value.error, late.value.retryable) == ("timeout", True)
        async with Fetcher(allow_private=True, max_bytes=1_000_000, timeout=30) as fetcher:
            assert await fetcher.get(f"{base}/a.jpg") == PICTURE
            assert await fetcher.get(f"{base}/to?to=/a.jpg") == PICTURE
            with pytest.raises(BadImage, match="too_large"):
                await fetcher.get(f"{base}/endless")
            with pytest.raises(BadImage, match="not_an_image"):
                await fetcher.get(f"{base}/page")
            for path, error, retryable in (
                ("/status/404", "http_404", False),
                ("/status/429", "http_429", True),
                ("/status/503", "http_503", True),
                ("/to?to=/to?to=/to", "http_500", True),
            ):
                with pytest.raises(SourceError) as caught:
                    await fetcher.get(base + path)
                assert (caught.value.error, caught.value.retryable) == (error, retryable)
            with pytest.raises(SourceError, match="unreachable"):
                await fetcher.get("http://127.0.0.1:9/a.jpg")

    serve(use)


SIGNED = (
    "a%2Fb/kitchen%20%28new%29+1.jpg?X-Amz-Credential=AK%2F2026%2Fs3%2Faws4_request"
    "&X-Amz-Signature=0a%2f+b==&response-content-disposition=%22x%22&a=b%26c&k"
)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (SIGNED, SIGNED),
        (f"{SIGNED}#part", SIGNED),
        ("%7Euser/%41.jpg?to=http://a/b", "%7Euser/%41.jpg?to=http://a/b"),
        ("a|b c.jpg?q=é\t^", "a%7Cb%20c.jpg?q=%C3%A9%5E"),
        ("100%.jpg?n=%zz&{x}", "100%25.jpg?n=%25zz&%7Bx%7D"),
    ],
)
def test_a_url_is_sent_as_it_is_given(given: str, sent: str) -> None:
    """A signature holds for one spelling; so it is over a redirect, whole or relative."""

    async def use(base: str) -> None:
        async with Fetcher(allow_private=True) as fetcher:
            assert (await fetcher.get(f"{base}/as-given/{given}")).decode() == f"/as-given/{sent}"
            for place in (f"{base}/as-given/{given}", f"/as-given/{given}"):
                asked = await fetcher.get(f"{base}/to?to={quote(place, safe='')}")
                assert asked.decode() == f"/as-given/{sent}", place

    serve(use)


def test_redirects_are_bounded() -> None:
    async def use(base: str) -> None:
        async with Fetcher(allow_private=True, redirects=3) as fetcher:
            loop = f"{base}/to?to="
            with pytest.raises(SourceError, match="too_many_redirects"):
                await fetcher.get(loop + (loop.replace("?", "%3F") * 6))
            with pytest.raises(Refused, match="unsupported_url"):
                await fetcher.get(f"{base}/to?to=file:///etc/passwd")

    serve(use)


def test_private_addresses_are_refused() -> None:
    async def use(base: str) -> None:
        port = base.rpartition(":")[2]
        async with Fetcher() as fetcher:
            for host in ("127.0.0.1", "localhost", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]"):
                with pytest.raises(Refused) as caught:
                    await fetcher.get(f"http://{host}:{port}/a.jpg")
                assert caught.value.reason == "private_address", host

    serve(use)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.org/a",
        "http://",
        "http://[bad",
        "file:///etc/passwd",
        "http://2130706433/",
        "http://127.1/",
        "http://x.org:99999/",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    async def main() -> None:
        async with Fetcher() as fetcher:
            await fetcher.get(url)

    with pytest.raises(Refused, match="unsupported_url"):
        asyncio.run(main())


def test_addresses() -> None:
    for text in ("8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808"):
        assert is_public(ip_address(text))
    for text in (
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "fe80::1",
        "fd00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
    ):
        assert not is_public(ip_address(text)), text


def test_a_list_of_urls_is_screened(tmp_path: Path) -> None:
    async def use(base: str) -> None:
        path = tmp_path / "list.txt"
        path.write_text(f"{base}/a.jpg?sig=1\n{base}/status/404\n{base}/page\nnone.jpg\n")
        images = ImageStore(tmp_path / "store", fsync=False)
        config = ScreenConfig(allow_private=True)
        one, two, three, four = await screen_photos(open_source(path), images, config)
        assert isinstance(one.outcome, Done)
        assert one.outcome.value.origin == f"{base}/a.jpg"
        assert one.source == f"list.txt#1:{base}/a.jpg"
        assert two.outcome == Failed("screen", "http_404", False, "Not Found")
        assert isinstance(three.outcome, Dropped)
        assert isinstance(four.outcome, Failed)
        [*closed] = await screen_photos(open_source(path), images)
        assert [getattr(c.outcome, "reason", "") for c in closed[:3]] == ["private_address"] * 3

    serve(use)
