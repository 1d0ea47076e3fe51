"""One gate for addresses: what is judged is what the client connects to, in every writing."""

import asyncio
import sys
import unicodedata
from collections.abc import Awaitable, Callable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import web
from aiohttp.helpers import is_ip_address
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from crosslight.photos.addresses import connected_host, is_public, literal_address, peer_is_public
from crosslight.photos.screen import screen_photos
from crosslight.photos.sources import Fetcher, Refused, open_source
from crosslight.records import Dropped
from crosslight.store import ImageStore
from tests.build.hostile import encoded, photo

SPECIAL = {
    "IPv4": (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.0.0/29", "192.0.0.8/32", "192.0.0.9/32"),
        *("192.0.0.10/32", "192.0.0.170/31", "192.0.2.0/24", "192.31.196.0/24"),
        *("192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "255.255.255.255/32",
    ),
    "IPv6": (
        *("::1/128", "::/128", "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b:1::/48"),
        *("100::/64", "100:0:0:1::/64", "2001::/23", "2001::/32", "2001:1::1/128"),
        *("2001:1::2/128", "2001:1::3/128", "2001:2::/48", "2001:3::/32", "2001:4:112::/48"),
        *("2001:10::/28", "2001:20::/28", "2001:30::/28", "2001:db8::/32", "2002::/16"),
        *("2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10"),
        "ff00::/8",
    ),
}
"""The registries of special-purpose addresses, with what is multicast, reserved or given up."""


@pytest.mark.parametrize("kind", SPECIAL)
def test_no_special_purpose_range_is_public(kind: str) -> None:
    for text in SPECIAL[kind]:
        network = IPv4Network(text) if kind == "IPv4" else IPv6Network(text)
        size = network.num_addresses
        for at in {0, 1, size // 3, size // 2, size - 2, size - 1} & set(range(min(size, 10**6))):
            assert not is_public(network[at]), network[at]
        assert not is_public(network[size - 1]), text
        assert not is_public(network[size // 2]), text


def test_their_neighbours_are_public() -> None:
    for text in (
        *("1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.0.0.1"),
        *("128.0.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.0", "192.167.1.1", "192.169.1.1"),
        *("198.17.1.1", "198.20.0.1", "223.255.255.255", "2001:200::1", "2001:4860:4860::8888"),
        *("2003::1", "2620:4f:7fff::1", "2a00:1450::1", "3ffe:ffff::1", "64:ff9b::808:808"),
    ):
        assert is_public(ip_address(text)), text


@pytest.mark.parametrize(
    "inner", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "192.0.0.8", "240.0.0.1"]
)
def test_a_private_address_inside_of_another_one(inner: str) -> None:
    number = int(ip_address(inner))
    for prefix in ("::", "::ffff:0:0", "::ffff:0:0:0", "64:ff9b::", "64:ff9b:1::", "fe80::"):
        hidden = ip_address(int(ip_address(prefix)) | number)
        assert not is_public(hidden), hidden
    assert not is_public(ip_address((0x2002 << 112) | (number << 80)))
    assert not peer_is_public("fe80::1%lo")
    assert not peer_is_public("2001:4860:4860::8888%lo")
    assert not peer_is_public("localhost")


def suspicious() -> list[str]:
    """Every character of Unicode that a reading could take for a full stop, digit or hyphen."""
    found = []
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        mapped = unicodedata.normalize("NFKC", char)
        if (
            set(mapped) & set(".0123456789-")
            or unicodedata.category(char) in (*("Nd", "No", "Nl", "Pd", "Cf"),)
            or "STOP" in unicodedata.name(char, "")
            or "DOT" in unicodedata.name(char, "")
        ):
            found.append(char)
    return found


def spellings(char: str) -> Iterator[str]:
    """The loopback address with the character in each place where it could pass."""
    yield f"127{char}0{char}0{char}1"
    yield f"127{char}0.0.1"
    yield f"127.0.0.{char}"
    yield f"127.0.0.1{char}"
    yield f"{char}127.0.0.1"
    yield f"12{char}.0.0.1"


def test_no_character_of_unicode_hides_an_address() -> None:
    """For every dot, digit and hyphen: refused, or a name in both readings and asked of the DNS."""
    mapped = 0
    for char in suspicious():
        for host in spellings(char):
            try:
                url = URL(f"http://{host}:80/")
            except ValueError:
                continue
            judged = connected_host(url)
            try:
                address = literal_address(judged)
            except ValueError:
                continue  # refused
            if address is not None:
                mapped += 1
                assert not is_public(address) or not str(address).startswith("127"), host
            else:
                assert judged.isascii()
                assert not is_ip_address(judged), host  # the client asks a resolver
    assert mapped > 50  # full-width and circled digits, ideographic full stops ...


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=12))
def test_whatever_stands_for_a_host_is_read_once(text: str) -> None:
    """The gate reads what the client was given: no second parser has another opinion."""
    try:
        url = URL(f"http://{text}/")
    except ValueError:
        return
    host = connected_host(url)
    assert host == (url.raw_host or "")
    try:
        address = literal_address(host.partition("%")[0])
    except ValueError:
        return
    assert address is not None or not is_ip_address(host)


PICTURE = encoded(photo(1))


def with_server(use: Callable[[int], Awaitable[None]]) -> list[str]:
    """Run `use` beside a server on the loopback; returns the paths that were asked for."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        if to := request.query.get("to"):
            return web.Response(status=302, headers={"Location": to})
        return web.Response(body=PICTURE, content_type="image/jpeg")

    async def main() -> None:
        app = web.Application()
        app.router.add_get("/{name}", answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            await use(int(runner.addresses[0][1]))
        finally:
            await runner.cleanup()

    asyncio.run(main())
    return asked


def test_an_odd_full_stop_does_not_reach_the_loopback(tmp_path: Path) -> None:
    hosts = [f"127{dot}0{dot}0{dot}1" for dot in "。．｡"]
    hosts += ["127。0.0.1", "１２７.0.0.1", "①②⑦.0.0.1", "127.0.0.1。", "127.0.0.１", "0x7f。1"]

    async def use(port: int) -> None:
        path = tmp_path / "list.txt"
        path.write_text("\n".join(f"http://{host}:{port}/secret.jpg" for host in hosts))
        images = ImageStore(tmp_path / "store", fsync=False)
        looked = await screen_photos(open_source(path), images)
        assert len(looked) == len(hosts)
        for one in looked:
            assert isinstance(one.outcome, Dropped), one
            assert one.outcome.reason in ("private_address", "unsupported_url"), one

    assert with_server(use) == []


class PublicAtFirst(Fetcher):
    """Takes the first address for a public one, as a stranger's server would have it."""

    def _admit(self, url: URL) -> None:
        super()._admit(url)
        self.allow_private = False


@pytest.mark.parametrize("inner", ["127。0。0。1", "127.0.0.1", "[::ffff:127.0.0.1]", "１２７.1"])
def test_a_redirect_passes_the_same_gate(inner: str) -> None:
    async def use(port: int) -> None:
        async with PublicAtFirst(allow_private=True) as fetcher:
            to = quote(f"http://{inner}:{port}/inside", safe="")
            with pytest.raises(Refused) as caught:
                await fetcher.get(f"http://127.0.0.1:{port}/first?to={to}")
            assert caught.value.reason in ("private_address", "unsupported_url")

    assert with_server(use) == ["/first"]


class Blind(Fetcher):
    """As if the URL had been read wrongly: only the socket is left to judge."""

    def _admit(self, url: URL) -> None:
        pass


def test_the_socket_is_judged_where_everything_else_was_passed() -> None:
    async def use(port: int) -> None:
        async with Blind() as fetcher:
            for host in ("127.0.0.1", "[::1]", "127。0。0。1"):
                with pytest.raises(Refused) as caught:
                    await fetcher.get(f"http://{host}:{port}/a.jpg")
                assert caught.value.reason == "private_address"

    assert with_server(use) == []


@pytest.mark.parametrize(
    "location", ["http://[bad", "//[::g]/", "http://a\u00adb/", "http://x:99999/"]
)
def test_a_redirect_to_no_url_is_refused(location: str) -> None:
    async def use(port: int) -> None:
        async with Fetcher(allow_private=True) as fetcher:
            with pytest.raises(Refused) as caught:
                await fetcher.get(f"http://127.0.0.1:{port}/x?to={quote(location, safe='')}")
            assert caught.value.reason == "unsupported_url"

    with_server(use)
