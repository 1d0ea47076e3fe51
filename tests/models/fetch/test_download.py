"""Downloads against a real server: resume, restart, break off, refuse."""

import io
import socket
import time
import urllib.request
from email.message import Message
from pathlib import Path

import pytest

from crosslight.models.errors import Rejected, Truncated, Unreachable
from crosslight.models.fetch.download import _Hops, download, hub_url
from crosslight.models.fetch.manifest import Hub
from tests.busy import BUSY
from tests.models.fetch.server import serve

DATA = bytes(range(256)) * 4096  # 1 MiB


def quiet(_: int) -> None:
    pass


def test_whole(tmp_path: Path) -> None:
    part, seen = tmp_path / "x.part", list[int]()
    with serve(files={"/x": DATA}) as shelf:
        download(f"{shelf.url}/x", part, len(DATA), seen.append)
    assert part.read_bytes() == DATA
    assert seen[-1] == len(DATA)


def test_goes_on_where_it_stopped(tmp_path: Path) -> None:
    part = tmp_path / "x.part"
    part.write_bytes(DATA[:1000])
    with serve(files={"/x": DATA}) as shelf:
        download(f"{shelf.url}/x", part, len(DATA), quiet)
        assert shelf.asked == [("/x", "bytes=1000-")]
    assert part.read_bytes() == DATA


def test_a_server_without_ranges_is_read_anew(tmp_path: Path) -> None:
    part = tmp_path / "x.part"
    part.write_bytes(b"old" * 100)
    with serve(files={"/x": DATA}, ignore_range=True) as shelf:
        download(f"{shelf.url}/x", part, len(DATA), quiet)
    assert part.read_bytes() == DATA


def test_a_broken_connection_is_resumed(tmp_path: Path) -> None:
    part = tmp_path / "x.part"
    with serve(files={"/x": DATA}, cut_first=300_000) as shelf:
        download(f"{shelf.url}/x", part, len(DATA), quiet)
        assert shelf.asked == [("/x", None), ("/x", "bytes=300000-")]
    assert part.read_bytes() == DATA


def test_a_file_that_is_too_short(tmp_path: Path) -> None:
    with serve(files={"/x": DATA[:-10]}) as shelf, pytest.raises((Truncated, Unreachable)):
        download(f"{shelf.url}/x", tmp_path / "x.part", len(DATA), quiet)


def test_a_file_that_is_too_long_is_not_kept(tmp_path: Path) -> None:
    part = tmp_path / "x.part"
    with serve(files={"/x": DATA + b"!"}) as shelf, pytest.raises(Rejected, match="more than"):
        download(f"{shelf.url}/x", part, len(DATA), quiet)
    assert not part.exists()


def test_a_part_that_is_too_long_is_thrown_away(tmp_path: Path) -> None:
    part = tmp_path / "x.part"
    part.write_bytes(DATA + DATA)
    with serve(files={"/x": DATA}) as shelf:
        download(f"{shelf.url}/x", part, len(DATA), quiet)
        assert shelf.asked == [("/x", None)]
    assert part.read_bytes() == DATA


@pytest.mark.parametrize("status", [404, 403])
def test_no_is_no(tmp_path: Path, status: int) -> None:
    with serve(status=status) as shelf:
        with pytest.raises(Rejected, match=str(status)):
            download(f"{shelf.url}/x", tmp_path / "p", 5, quiet)
        assert len(shelf.asked) == 1


def test_a_closed_port_fails_at_once(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{holder.getsockname()[1]}/x"
        began = time.monotonic()
        with pytest.raises(Unreachable):
            download(url, tmp_path / "p", 5, quiet)
        assert time.monotonic() - began < 2 * BUSY


@pytest.mark.parametrize(
    "url", ["http://example.org/x", "http://localhost.example.org/x", "data:x"]
)
def test_plain_http_is_for_this_machine(tmp_path: Path, url: str) -> None:
    with pytest.raises(Rejected):
        download(url, tmp_path / "p", 5, quiet)


@pytest.mark.parametrize(
    "location",
    [
        *("http://example.org/x", "ftp://example.org/x", "https://127.0.0.1/x", "https://[::1]/x"),
        *(
            "https://127。0。0。1/x",
            "https://10.1.2.3/x",
            "https://localhost/x",
            "https://2130706433/",
        ),
        *("https://[64:ff9b::7f00:1]/x", "https://[fec0::1]/x", "https://[bad"),
    ],
)
def test_a_hub_leads_to_no_inner_address(location: str) -> None:
    """The redirect is the server's word; a place of the user's own may lead where it likes."""
    request = urllib.request.Request("https://hub.example/some/model")
    told = (io.BytesIO(), 302, "Found", Message(), location)
    with pytest.raises((Rejected, ValueError)):
        _Hops(False).redirect_request(request, *told)


def test_a_hub_leads_to_its_storage() -> None:
    request = urllib.request.Request("https://hub.example/some/model")
    for trusted, location in (
        (False, "https://cdn.example/x?sig=1"),
        (False, "https://8.8.8.8/x"),
        (True, "http://127.0.0.1:1/x"),
    ):
        told = (io.BytesIO(), 302, "Found", Message(), location)
        following = _Hops(trusted).redirect_request(request, *told)
        assert following is not None
        assert following.full_url == location


def test_the_mirror_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub(repo="some/model", file="a b.bin", revision="abc")
    assert hub_url(hub).endswith("/some/model/resolve/abc/a%20b.bin")
    assert hub_url(hub).startswith("https://")
    monkeypatch.setenv("HF_ENDPOINT", "http://mirror.local/")
    assert hub_url(hub) == "http://mirror.local/some/model/resolve/abc/a%20b.bin"
