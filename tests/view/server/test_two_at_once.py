"""Two reviewers, and pages that are older than what they show: nothing is taken back unasked."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.view.served import pictured
from tests.view.server.ask import Answer, ask

pytest.importorskip("starlette", reason="the extra `web` is not installed")

from crosslight.runs import Act, Reviews
from crosslight.view.server.app import application
from crosslight.view.server.fence import LOCAL
from crosslight.view.server.opened import Places, open_places

AT = "/r/words.parquet"


def opened(folder: Path, **columns: Any) -> Places:
    path = folder / "words.parquet"
    pq.write_table(pa.table(columns), path)
    return open_places([path], None, None)


def form_of(page: Answer) -> dict[str, str]:
    """What a browser sends of the review form of a row's page, all texts as they stand."""
    hidden = re.findall(r'<input type="hidden"[^>]* name="([^"]*)" value="([^"]*)"', page.text)
    texts = re.findall(r'<textarea [^>]*name="([^"]*)"[^>]*>\n(.*?)</textarea>', page.text, re.S)
    plain = {name: unescape(value) for name, value in hidden}
    for name, text in texts:
        as_parsed = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
        plain[name] = unescape(as_parsed).replace("\n", "\r\n")
    return plain


def send(web: Any, form: dict[str, str], **more: str) -> Answer:
    body = urlencode({**form, **more})
    return ask(web, f"{AT}/review", "POST", body, sec_fetch_site="same-origin")


def acts(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "words.parquet.reviews.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_who_accepts_an_older_page_leaves_the_edit_of_another(tmp_path: Path) -> None:
    web = application(opened(tmp_path, id=["a"], text=["first"], reply=["so"]), hosts=LOCAL)
    bobs = form_of(ask(web, f"{AT}/row/a"))
    anns = {**bobs, "edit.text": "better"}
    assert send(web, anns, by="ann", act="edit").status == 303
    assert send(web, bobs, by="bob", verdict="accept").status == 303
    assert acts(tmp_path)[0]["edit"] == {"text": "better"} and "edit" not in acts(tmp_path)[1]
    changed = {**bobs, "edit.text": "bob's own"}
    assert send(web, changed, by="bob", verdict="accept").status == 303
    assert acts(tmp_path)[2]["edit"] == {"text": "bob's own"}


def test_signs_that_a_browser_changes_are_no_edit(tmp_path: Path) -> None:
    odd = "a\rb\r\nc\0d\n\n e\ufeff"
    web = application(opened(tmp_path, id=["a"], text=[odd]), hosts=LOCAL)
    assert send(web, form_of(ask(web, f"{AT}/row/a")), by="ann", verdict="accept").status == 303
    assert "edit" not in acts(tmp_path)[0]


def test_words_that_were_typed_go_along_with_a_label(tmp_path: Path) -> None:
    web = application(opened(tmp_path, id=["a"], text=["first"]), hosts=LOCAL)
    typed = {**form_of(ask(web, f"{AT}/row/a")), "edit.text": "better"}
    assert send(web, typed, by="ann", label="unsafe@").status == 303
    assert acts(tmp_path)[0]["label"] == "unsafe"
    assert acts(tmp_path)[0]["edit"] == {"text": "better"}


@pytest.mark.parametrize(
    "columns",
    [
        {"text": ["字" * 19_000], "reply": ["字" * 19_000], "why": ["字" * 19_000]},
        {f"text{n}": ["words"] for n in range(300)},
    ],
)
def test_a_row_of_long_or_many_texts_can_be_reviewed(
    tmp_path: Path, columns: dict[str, list[str]]
) -> None:
    web = application(opened(tmp_path, id=["a"], **columns), hosts=LOCAL)
    form = form_of(ask(web, f"{AT}/row/a"))
    for verdict in ("accept", "reject"):
        assert send(web, form, by="ann", verdict=verdict).status == 303
    name = next(name for name in form if name.startswith("edit."))
    assert send(web, {**form, name: "短" * 20_000}, by="ann", act="edit").status == 303


def test_the_page_shows_the_words_that_an_export_takes(tmp_path: Path) -> None:
    places = opened(tmp_path, id=["a"], text=["first"])
    reviews = Reviews(tmp_path / "words.parquet")
    for by, text, verdict in (("zoe", "one", "accept"), ("ann", "two", ""), ("moe", "3", "reject")):
        said = {"zoe": "01", "ann": "02", "moe": "03"}[by]
        reviews.add(Act("a", by, verdict, edit=(("text", text),), at=f"2026-01-{said}T00:00:00"))
    page = ask(application(places, hosts=LOCAL), f"{AT}/row/a").text
    assert '<blockquote class="said" dir="auto">two</blockquote>' in page


def test_rows_without_ids_take_no_review_of_a_page_of_another_table(tmp_path: Path) -> None:
    web = application(opened(tmp_path, text=["one", "two"]), hosts=LOCAL)
    page = ask(web, f"{AT}/row/0")
    assert "have no ids" in page.text
    again = application(opened(tmp_path, text=["new", "one", "two"]), hosts=LOCAL)
    answer = send(again, form_of(page), by="ann", verdict="accept")
    assert answer.status == 400 and "has changed since" in answer.text
    assert send(again, form_of(ask(again, f"{AT}/row/0")), by="ann", verdict="skip").status == 303


def test_reviews_of_rows_that_are_gone_are_no_progress(tmp_path: Path) -> None:
    places = opened(tmp_path, id=["a", "b"], text=["one", "two"])
    reviews = Reviews(tmp_path / "words.parquet")
    for row in ("a", "gone", "lost"):
        reviews.add(Act(row, "ann", "accept"))
        reviews.add(Act(row, "bob", "reject"))
    page = ask(application(places, hosts=LOCAL), f"{AT}/review").text
    assert "<b>1</b> of 2 rows decided" in page and "2 more rows were reviewed" in page
    assert page.count(f'href="{AT}/row/') == 1


def test_a_picture_is_never_shown_at_the_row_of_another_table(tmp_path: Path) -> None:
    def page(path: Path) -> tuple[Any, str]:
        web = application(open_places([path], None, None), hosts=LOCAL)
        found = re.search(r'src="([^"]*\.jpg\?[^"]*)"', ask(web, "/r/rows.parquet/row/row-1").text)
        assert found
        return web, found.group(1)

    one, first = page(pictured(tmp_path / "one", 3))
    two, second = page(pictured(tmp_path / "two", 4))
    assert first != second
    assert "max-age" in ask(one, first).headers["cache-control"]
    assert ask(two, first).status == 404
    again, third = page(pictured(tmp_path / "one", 6))  # built anew in its place
    assert third != first and ask(again, first).status == 404
    bare = ask(again, third.partition("?")[0])
    assert bare.status == 200 and "max-age" not in bare.headers["cache-control"]
