"""Pages of runs: all rows within reach, lost ones with their reason, nothing of strangers alive."""

import json
import re
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.view.make_run import make_run
from tests.view.rows.make import write
from tests.view.server.ask import ask

pytest.importorskip("starlette", reason="the extra `web` is not installed")

from crosslight.runs import NotARunFolder
from crosslight.view.server.app import application
from crosslight.view.server.fence import LOCAL
from crosslight.view.server.opened import open_places

NASTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "\u202egnp.exe",
    "nul\x00byte",
    "{{ 7*7 }} {% raw %}",
    "../../etc/passwd",
    "' OR 1=1 --",
)


class Seen(HTMLParser):
    """Tags, and where they lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: set[str] = set()
        self.leads: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] not in (["textarea"], ["option"]):  # what is to be edited stays as it is
            self.words += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names.update(name for name, _ in attrs)
        self.leads += [v or "" for k, v in attrs if k in ("src", "href", "action")]


def built(folder: Path, families: int) -> Path:
    """A run of invented rows that says what kind it is."""
    made = make_run(folder, families=families)
    told = json.loads((made / "run.json").read_text())
    (made / "run.json").write_text(json.dumps({**told, "kind": "build"}))
    return made


def app_of(*places: Path) -> Any:
    return application(open_places(places, None, None), hosts=LOCAL)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("runs") / "small", families=12)


@pytest.fixture(scope="module")
def app(run: Path) -> Any:
    return app_of(run)


def test_every_row_can_be_reached_by_pages(tmp_path: Path) -> None:
    file = write(tmp_path / "t.parquet", {"id": [f"r{n}" for n in range(120)]}, group=50)
    app = app_of(file)
    found = set()
    for page in (1, 2, 3):
        found |= set(re.findall(r"/row/(r\d+)\?", ask(app, f"/r/t.parquet/rows?page={page}").text))
    assert len(found) == 120


def test_a_photo_stands_once_with_its_sentences(app: Any) -> None:
    grouped = ask(app, "/r/small/rows").text
    single = ask(app, "/r/small/rows?group=none").text
    rows = set(re.findall(r"/row/([^?\"]+)\?", single))
    assert 0 < grouped.count('class="pic') < single.count('class="pic')
    assert set(re.findall(r"/row/([^?\"]+)\?", grouped)) <= rows
    more = re.search(r'href="\?([^"]*f\.photo=[^"]+)"', grouped)
    if more:  # a photo of more sentences than fit on its card
        alone = ask(app, "/r/small/rows?" + more[1].replace("&amp;", "&")).text
        assert "Take out photo" in alone


def test_rows_without_a_photo_are_within_reach_too(tmp_path: Path) -> None:
    from crosslight.view.rows.query import Query
    from crosslight.view.server.rows_page import _with_members
    from tests.view.rows.make import table

    columns: dict[str, list[Any]] = {"id": [f"r{n}" for n in range(9)], "photo": [None] * 9}
    of = table(tmp_path, columns, id="id", photo="photo", groups=("photo",))
    query = Query(group="photo")
    rows: list[dict[str, Any]] = [{"#": n} for n in of.select(query).page(1)]
    _with_members(of, query, rows)
    assert (rows[0]["#more"], rows[0]["#alone"], len(rows[0]["#others"])) == (5, "", 3)


def test_the_overview_tells_how_the_run_ended_and_what_was_lost(app: Any, run: Path) -> None:
    page = ask(app, "/r/small/overview").text
    told = json.loads((run / "run.json").read_text())
    assert told["status"] in page
    assert "near_duplicate" in page and "Step by step" in page


def test_lost_rows_are_grouped_by_reason_with_example_and_remedy(app: Any) -> None:
    dropped = ask(app, "/r/small/lost/dropped").text
    assert dropped.index("near_duplicate") < dropped.index("not_an_image")
    assert "<b>9 rows</b>" in dropped and "4 bits from kodim02.png" in dropped
    failed = ask(app, "/r/small/lost/failed").text
    assert "remedy" in failed and "worth another try" in failed
    link = re.search(r'href="(/r/small/lost/dropped/rows\?[^"]+near_duplicate[^"]*)"', dropped)
    assert link is not None
    assert "<b>9</b> of" in ask(app, link[1].replace("&amp;", "&")).text
    assert ask(app, "/r/small/lost/elsewhere").status == 404


def test_unknown_is_said_and_is_no_zero(tmp_path: Path) -> None:
    make_run(tmp_path / "odd", families=1)
    (tmp_path / "odd" / "run.json").write_text('{"kind": "build", "cost": {"usd": null}}')
    page = ask(app_of(tmp_path / "odd"), "/r/odd/overview").text
    assert "<dt>cost</dt><dd>unknown</dd>" in page
    assert "<dt>finished</dt><dd>unknown</dd>" in page


def test_a_selection_is_a_file_without_pictures(app: Any) -> None:
    sent = ask(app, "/r/small/rows.jsonl?f.label=unsafe")
    rows = [json.loads(line) for line in sent.text.splitlines()]
    assert rows and {row["label"] for row in rows} == {"unsafe"}
    assert "image" not in rows[0]
    assert f'filename="small-{len(rows)}-rows.jsonl"' in sent.headers["content-disposition"]
    table = pq.read_table(BytesIO(ask(app, "/r/small/rows.parquet?f.label=unsafe").body))
    assert table.column("id").to_pylist() == [row["id"] for row in rows]
    assert "image" not in table.column_names
    empty = pq.read_table(BytesIO(ask(app, "/r/small/rows.parquet?f.label=none").body))
    assert empty.num_rows == 0 and "id" in empty.column_names


def test_a_selection_goes_out_as_it_is_sorted_or_says_that_it_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crosslight.view.server import download

    scores = [0.5, None, 0.9, 0.1, 0.7, 0.5]
    path = write(tmp_path / "t.parquet", {"id": list("abcdef"), "score": scores})
    app = app_of(path)
    for order, ids in (("-score", "ceafdb"), ("score", "dafecb"), ("", "abcdef")):
        sent = ask(app, f"/r/t.parquet/rows.jsonl?sort={order}")
        assert "".join(json.loads(line)["id"] for line in sent.text.splitlines()) == ids
        table = pq.read_table(BytesIO(ask(app, f"/r/t.parquet/rows.parquet?sort={order}").body))
        assert "".join(table.column("id").to_pylist()) == ids
        assert "all-rows.jsonl" in sent.headers["content-disposition"]
    monkeypatch.setattr(download, "MOST_SORTED", 1)
    sent = ask(app, "/r/t.parquet/rows.jsonl?sort=-score")
    assert (
        'filename="t.parquet-all-rows-in-file-order.jsonl"' in sent.headers["content-disposition"]
    )
    assert [json.loads(line)["id"] for line in sent.text.splitlines()] == list("abcdef")


def test_a_selection_of_half_a_search_is_called_partial(tmp_path: Path) -> None:
    from crosslight.view.rows.query import Query
    from crosslight.view.server.download import file_of

    runs = open_places([write(tmp_path / "t.parquet", {"text": ["a"] * 40})], None, tmp_path / "c")
    table = runs["t.parquet"].table
    assert table is not None
    table.search.scanned = 8
    table.search._made = lambda *_: Slow()  # type: ignore[method-assign,assignment]
    assert file_of("t", table, Query(search="a"), "jsonl")[0] == "t-8-rows-partial.jsonl"
    assert file_of("t", table, Query(), "jsonl")[0] == "t-all-rows.jsonl"


class Slow:
    """An index that is not there yet."""

    failed = False

    def wait(self, seconds: float) -> bool:
        return False


def test_hostile_words_in_every_column_stay_words(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {
        name: list(NASTY) for name in ("id", "text", "category", "label", "sensitive", "note")
    }
    columns["<b onmouseover=alert(1)>"] = [0.5] * len(NASTY)
    columns["text"][0] = "long <script>alert(1)</script> " * 30_000
    file = write(tmp_path / "<i>.parquet", columns)
    app = app_of(file)
    (name,) = open_places([file], None, None)
    pages = ["rows", "rows?look=table", "rows?q=%3Cscript%3E", "rows?group=%3Ci%3E&sort=%22%3E"]
    pages += [f"rows?f.{quoted(NASTY[1])}={quoted(NASTY[0])}", "row/" + quoted(NASTY[0])]
    pages += ["row/" + quoted(one) for one in NASTY[1:4]] + ["row/../../../etc/passwd"]
    for page in pages:
        sent = ask(app, f"/r/{name}/{page}")
        assert sent.status in (200, 404), page
        seen = Seen(sent.text)
        assert not {"b", "i"} & {tag for tag in seen.tags if "onmouseover" in seen.names}
        assert seen.tags.count("script") <= 1
        assert not any(one.startswith("on") or one == "style" for one in seen.names)
        assert not any(re.match(r"(?i)\s*(javascript|data|https?|//)", one) for one in seen.leads)
        assert "\x00" not in seen.words and "\u202e" not in seen.words
        assert len(sent.body) < 400_000


def quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def test_what_is_not_there_is_a_plain_404(app: Any) -> None:
    for address in (
        *("/r/none/rows", "/r/small/row/none", "/r/small/rows.exe", "/r/small/picture/0.0-9.jpg"),
        *("/r/small/picture/999999.0-440.jpg", "/r/small/../../etc/passwd", "/r/%2e%2e/run.json"),
        *("/compare", "/compare?a=small&b=none", "/r/small/run.json"),
    ):
        assert ask(app, address).status == 404, address


def test_a_run_with_a_link_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    made = make_run(tmp_path / "run", families=1)
    secret = tmp_path / "secret.parquet"
    (made / "failed.parquet").rename(secret)
    (made / "failed.parquet").symlink_to(secret)
    with pytest.raises(NotARunFolder, match="link out of the folder"):
        open_places([made], None, None)


def test_reviews_behind_a_link_are_neither_read_nor_written(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    write(folder / "t.parquet", {"id": ["a"], "text": ["x"]})
    elsewhere = tmp_path / "diary.jsonl"
    elsewhere.write_text('{"row": "a", "by": "somebody", "verdict": "accept"}\n')
    app = app_of(folder)
    (folder / "reviews.jsonl").symlink_to(elsewhere)
    sent = ask(
        app, "/r/folder/review", "POST", "row=a&by=me&verdict=accept", sec_fetch_site="same-origin"
    )
    assert sent.status >= 400
    assert "somebody" not in ask(app, "/r/folder/row/a").text
    assert "by=me" not in elsewhere.read_text() and elsewhere.read_text().count("\n") == 1


def test_two_runs_side_by_side(tmp_path: Path) -> None:
    columns = {"id": list("abc"), "text": ["one", "two", None], "p": [0.1, 0.2, None]}
    write(tmp_path / "a.parquet", columns)
    columns = {"id": list("dcb"), "text": ["new", None, "TWO"], "p": [0.5, 0.3, 0.2]}
    write(tmp_path / "b.parquet", columns)
    app = app_of(tmp_path / "a.parquet", tmp_path / "b.parquet")
    page = ask(app, "/compare?a=a.parquet&b=b.parquet").text
    assert "<dt>in both</dt><dd>2</dd>" in page and "<dt>of them changed</dt><dd>2</dd>" in page
    assert page.count('/row/a"') == 1 and "/r/b.parquet/row/d" in page
    words = ask(app, "/compare?a=a.parquet&b=b.parquet&column=text").text
    assert "TWO" in words and "0.3" not in words
    same = ask(app, "/compare?a=a.parquet&b=a.parquet").text
    assert "are the same" in same
    assert ask(app, "/").text.count("/compare") == 1
