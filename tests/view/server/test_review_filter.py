"""Rows filtered by what was said of them: by me, by anybody, and not yet."""

import json
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest

from crosslight.runs import Act, Reviews
from tests.view.served import pictured
from tests.view.server.ask import Answer, ask

pytest.importorskip("starlette", reason="the viewer needs the extra web")

from crosslight.view.server.app import application
from crosslight.view.server.fence import LOCAL
from crosslight.view.server.opened import open_places

AT = "/r/rows.parquet"


class Desk:
    """A viewer of twelve rows, and a reviewer before it."""

    def __init__(self, folder: Path) -> None:
        self.place = pictured(folder / "table", 12)
        self.app = application(open_places([self.place], None, None), hosts=LOCAL)

    def get(self, address: str, by: str = "") -> Answer:
        return ask(self.app, f"{AT}/{address}", cookie=f"crosslight-by={by}")

    def send(self, address: str, **form: str) -> Answer:
        sent = {"sec_fetch_site": "same-origin", "cookie": f"crosslight-by={form['by']}"}
        return ask(self.app, f"{AT}/{address}", "POST", urlencode(form), **sent)

    def rows(self, address: str, by: str) -> list[str]:
        page = self.get(f"rows?{address}", by).text
        return re.findall(r'class="open" href="[^"]*/row/(row-\d+)', page)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    reviews = Reviews(made.place)
    for row, by, verdict in (("0", "ann", "accept"), ("1", "ann", "reject"), ("0", "bo", "reject")):
        reviews.add(Act(row=f"row-{row}", by=by, verdict=verdict))
    reviews.add(Act(row="row-2", by="bo", verdict="", edit=(("text", "Other words"),)))
    return made


def test_a_row_has_what_stands_of_it_by_me_or_by_anyone(desk: Desk) -> None:
    assert desk.rows("f.review:me=accepted", "ann") == ["row-0"]
    assert desk.rows("f.review:me=accepted", "bo") == []
    assert desk.rows("f.review:anyone=rejected", "") == ["row-0", "row-1"]
    either = "f.review:anyone=edited&f.review:anyone=accepted"
    assert desk.rows(either, "") == ["row-0", "row-2"]
    both = "f.review:me=not+reviewed&f.review:anyone=edited"
    assert desk.rows(both, "ann") == ["row-2"]
    sent = desk.get(f"rows.jsonl?{both}", "ann").text
    assert [json.loads(line)["id"] for line in sent.splitlines()] == ["row-2"]
    assert desk.rows("f.review:me=odd", "ann") == []


def test_an_act_of_an_hour_ago_is_as_good_as_one_of_now(desk: Desk) -> None:
    before = desk.rows("f.review:me=not+reviewed", "bo")
    desk.send("review", row="row-7", by="bo", verdict="accept")
    desk.send("review", row="row-8", by="bo", verdict="accept")
    desk.send("review", row="row-8", by="bo", act="undo")
    now = desk.rows("f.review:me=not+reviewed", "bo")
    assert [row for row in before if row not in now] == ["row-7"]


def test_the_filter_counts_what_passes_all_others(desk: Desk) -> None:
    assert "reviewed by" not in ask(Desk(desk.place.parents[1] / "new").app, f"{AT}/rows").text
    page = desk.get("rows?f.review:me=not+reviewed&f.category=fire", "ann").text
    counts = dict(re.findall(r'<span dir="auto">([^<]+)</span> <b>(\d+)</b>', page))
    assert counts["not reviewed"] == "3" or "<b>3</b> of 12 rows" in page
    assert '<span dir="auto">accepted</span> <b>1</b>' in page  # without this facet
    assert "reviewed by me: not reviewed" in page


def test_a_decided_row_leaves_the_filter_and_the_next_follows_all_the_same(desk: Desk) -> None:
    only = "f.review%3Ame=not+reviewed"
    answer = desk.send(f"review?{only}", row="row-4", by="ann", verdict="skip")
    assert answer.headers["location"] == f"{AT}/row/row-5?{only}"
    assert f'rel="prev" href="{AT}/row/row-3?' in desk.get(f"row/row-5?{only}", "ann").text
