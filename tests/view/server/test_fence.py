"""Who may speak to the viewer: any page that a browser has open can send it requests."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.view.rows.make import write
from tests.view.server.ask import ask

pytest.importorskip("starlette", reason="the extra `web` is not installed")

from crosslight.view.server.app import application
from crosslight.view.server.fence import COOKIE, LOCAL, is_loopback
from crosslight.view.server.opened import open_places

OWN = {"sec_fetch_site": "same-origin"}
ACT = "row=a&by=me&verdict=accept"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "t.parquet", {"id": ["a", "b"], "text": ["one", "two"]})


@pytest.fixture
def app(file: Path) -> Iterator[Any]:
    yield application(open_places([file], None, None), hosts=LOCAL)


@pytest.fixture
def closed(file: Path) -> Iterator[Any]:
    yield application(open_places([file], None, None), hosts=(*LOCAL, "box"), token="s3cret")


def test_only_names_of_the_viewer_are_answered(app: Any) -> None:
    for good in ("127.0.0.1:8600", "localhost", "LOCALHOST:1", "[::1]:8600"):
        assert ask(app, "/r/t.parquet/rows", host=good).status == 200
    for bad in ("evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example:1", "[::1"):
        assert ask(app, "/r/t.parquet/rows", host=bad).status == 400


def test_the_browsers_own_word_decides_before_the_origin(app: Any, tmp_path: Path) -> None:
    at = "/r/t.parquet/review"
    mine = {"origin": "http://127.0.0.1:8600"}
    assert ask(app, at, "POST", ACT, sec_fetch_site="cross-site", **mine).status == 403
    assert ask(app, at, "POST", ACT, sec_fetch_site="same-site", **mine).status == 403
    assert ask(app, at, "POST", ACT, origin="http://evil.example").status == 403
    assert ask(app, at, "POST", ACT, origin="null").status == 403
    assert ask(app, at, "POST", ACT, origin="http://127.0.0.1:9999").status == 403
    assert ask(app, at, "POST", ACT).status == 403
    assert not list(tmp_path.glob("*.jsonl"))
    assert ask(app, at, "POST", ACT, **mine).status == 303
    assert ask(app, at, "POST", ACT, **OWN).status == 303
    assert len(next(tmp_path.glob("*.jsonl")).read_text().splitlines()) == 2


def test_nothing_is_written_by_get(app: Any, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    ask(app, f"/r/t.parquet/review?{ACT}")
    ask(app, f"/r/t.parquet/row/a?{ACT}")
    assert sorted(tmp_path.iterdir()) == before


def test_every_answer_has_the_headers(app: Any) -> None:
    for address in ("/r/t.parquet/rows", "/style.css", "/r/none/rows", "/nothing"):
        headers = ask(app, address).headers
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy
        assert "unsafe" not in policy
    assert ask(app, "/r/t.parquet/rows", host="evil").headers["x-frame-options"] == "DENY"


def test_without_the_token_there_is_only_the_door(closed: Any) -> None:
    for address in ("/", "/r/t.parquet/rows", "/r/t.parquet/rows.jsonl", "/script.js"):
        assert ask(closed, address).status == 401
    sent = ask(closed, "/", accept="text/html")
    assert (sent.status, sent.headers["location"]) == (303, "/enter")
    assert ask(closed, "/", cookie=f"{COOKIE}-8600=wrong").status == 401
    assert ask(closed, "/", cookie=f'{COOKIE}-8600="; x').status == 401
    assert ask(closed, "/r/t.parquet/rows?token=s3cret").status == 401


def test_the_token_goes_by_post_and_stays_out_of_scripts(closed: Any) -> None:
    page = ask(closed, "/enter")
    assert page.status == 200 and 'method="post"' in page.text
    assert ask(closed, "/enter", "POST", "token=s3cret", origin="http://evil.example").status == 403
    wrong = ask(closed, "/enter", "POST", "token=guess", **OWN)
    assert wrong.status == 403 and "set-cookie" not in wrong.headers
    assert ask(closed, "/enter", "POST", "token=%E2%82%AC", **OWN).status == 403
    assert ask(closed, "/enter", "POST", "", **OWN).status == 403
    right = ask(closed, "/enter", "POST", "token=s3cret", **OWN)
    assert right.status == 303
    cookie = right.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    kept = right.headers["set-cookie"].split(";")[0]
    assert ask(closed, "/r/t.parquet/rows", cookie=kept, host="box:8600").status == 200


def test_cookies_of_other_programs_of_the_host_change_nothing(closed: Any) -> None:
    kept = ask(closed, "/enter", "POST", "token=s3cret", **OWN).headers["set-cookie"].split(";")[0]
    for beside in (
        'x={"a":1}',
        "x",
        '="',
        "crosslight-token=other",
        "a b=c d",
        "crosslight-token-1=x",
    ):
        for cookie in (
            f"{beside}; {kept}; crosslight-by=ann",
            f"crosslight-by=ann; {kept}; {beside}",
        ):
            page = ask(closed, "/r/t.parquet/row/a", cookie=cookie)
            assert page.status == 200 and 'value="ann"' in page.text, cookie


def test_pages_of_others_can_not_have_the_viewer_work(app: Any) -> None:
    for site in ("cross-site", "same-site"):
        seen = {"sec_fetch_site": site}
        link = {**seen, "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
        assert ask(app, "/r/t.parquet/rows", **link).status == 200
        frame = {**seen, "sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"}
        image = {**seen, "sec_fetch_mode": "no-cors", "sec_fetch_dest": "image"}
        for what in (frame, image, {**seen, "sec_fetch_mode": "cors", "sec_fetch_dest": "empty"}):
            for method in ("GET", "HEAD"):
                assert ask(app, "/r/t.parquet/rows?q=x", method, **what).status == 403
    assert ask(app, "/r/t.parquet/rows", sec_fetch_site="none").status == 200


def test_on_loopback_there_is_no_door(app: Any) -> None:
    assert ask(app, "/enter").status == 404


def test_a_form_larger_than_any_review_is_refused(app: Any) -> None:
    sent = ask(app, "/r/t.parquet/review", "POST", "reason=" + "x" * 5_000_000, **OWN)
    assert sent.status == 413


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("box", False)],
)
def test_loopback_is_told_from_the_rest(host: str, alone: bool) -> None:
    assert is_loopback(host) is alone
