"""While a large table is read its beginning is shown, and is called that; what needs all rows
waits."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the extra `web` is not installed")

from crosslight.store import TableError
from crosslight.view.rows import opening
from crosslight.view.rows.opening import open_table
from crosslight.view.server import opened, patience
from crosslight.view.server.app import application
from crosslight.view.server.fence import LOCAL
from crosslight.view.server.opened import Places, open_places
from tests.view.rows.make import write
from tests.view.server.ask import ask

ROWS = 600
NOTE = "These are the first rows"


class Reading:
    """Stands between the viewer and the rest of a table."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.fails = False
        self.error: Exception = TableError("t.parquet ends early", "get or make the table again")

    def __call__(self, *given: Any) -> Any:
        assert self.may_end.wait(30)
        if self.fails:
            raise self.error
        return open_table(*given)


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reading]:
    monkeypatch.setattr(opening, "BEGINNING", 100)
    monkeypatch.setattr(opening, "MOST_BEGINNING", 200)
    made = Reading()
    monkeypatch.setattr(opened, "open_table", made)
    yield made
    made.may_end.set()


def test_who_waits_for_all_rows_is_told_so_and_then_gets_the_page(
    tmp_path: Path, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PATIENCE_S", 0.1)
    runs = places(tmp_path)
    web = application(runs, hosts=LOCAL)
    looks = {"sec_fetch_mode": "navigate", "sec_fetch_site": "none"}
    for part in ("rows?f.category=a", "row/r500", "review"):
        page = ask(web, f"/r/t.parquet/{part}", **looks).text
        assert 'role="status"' in page and "All rows are being read" in page, part
    assert NOTE in ask(web, "/r/t.parquet/rows", **looks).text
    reading.may_end.set()
    # What is no page waits, for the browser would keep a page in its place.
    assert (
        ask(web, "/r/t.parquet/labels.csv", **looks).headers["content-type"].startswith("text/csv")
    )
    page = ask(web, "/r/t.parquet/rows?f.category=a", **looks).text
    assert "being read" not in page and "of 600 rows" in page


def places(folder: Path) -> Places:
    columns = {
        "id": [f"r{n}" for n in range(ROWS)],
        "text": [f"sentence {n}" for n in range(ROWS)],
        "category": ["ab"[n % 2] for n in range(ROWS)],
    }
    return open_places([write(folder / "t.parquet", columns, group=20)], None, None)


def test_the_first_page_does_not_wait_and_says_what_it_is(tmp_path: Path, reading: Reading) -> None:
    app = application(places(tmp_path), hosts=LOCAL)
    first = ask(app, "/r/t.parquet/rows").text
    assert NOTE in first and "sentence 47" in first and "of 100 rows" in first
    assert NOTE in ask(app, "/r/t.parquet/rows?look=table&page=2").text
    reading.may_end.set()
    assert "of 600 rows" in ask(app, "/r/t.parquet/rows?f.category=a").text
    assert NOTE not in ask(app, "/r/t.parquet/rows").text


@pytest.mark.parametrize(
    "page",
    [
        *("rows?q=sentence", "rows?sort=category", "rows?page=3", "row/r599", "row/r0"),
        *("review", "overview", "rows.jsonl", "next", "labels.csv"),
    ],
)
def test_whatever_needs_all_rows_waits_for_them(
    tmp_path: Path, reading: Reading, page: str
) -> None:
    app = application(places(tmp_path), hosts=LOCAL)
    came: list[int] = []
    asking = threading.Thread(target=lambda: came.append(ask(app, f"/r/t.parquet/{page}").status))
    asking.start()
    asking.join(0.05)
    assert asking.is_alive() and not came
    reading.may_end.set()
    asking.join(30)
    assert came[0] in (200, 303, 404, 405)


@pytest.mark.parametrize("gone", [False, True])
def test_what_is_wrong_behind_the_beginning_is_said_on_every_page(
    tmp_path: Path, reading: Reading, gone: bool
) -> None:
    reading.fails = True
    if gone:
        reading.error = OSError("t.parquet ends early")
    runs = places(tmp_path)
    app = application(runs, hosts=LOCAL)
    reading.may_end.set()
    late = ask(app, "/r/t.parquet/row/r599")
    assert late.status == 500 and "ends early" in late.text and "make the table again" in late.text
    first = ask(app, "/r/t.parquet/rows").text
    assert "sentence 47" in first and "cannot be read: t.parquet ends early" in first


def test_who_waits_for_what_breaks_in_a_way_that_nobody_foresaw_is_told_too(
    tmp_path: Path, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page of who waits loads itself anew for as long as nothing is known to be wrong."""
    monkeypatch.setattr(patience, "PATIENCE_S", 20.0)
    reading.fails, reading.error = True, ValueError("/home/somebody/secret")
    web = application(places(tmp_path), hosts=LOCAL)
    reading.may_end.set()
    page = ask(web, "/r/t.parquet/review", sec_fetch_mode="navigate", sec_fetch_site="none")
    assert page.status == 500 and "being read" not in page.text
    assert "cannot be read to its end: ValueError" in page.text and "secret" not in page.text
    assert "cannot be read: t.parquet" in ask(web, "/r/t.parquet/rows").text


def test_a_table_that_has_changed_is_opened_again_though_it_was_broken(
    tmp_path: Path, reading: Reading
) -> None:
    reading.fails = True
    runs = places(tmp_path)
    reading.may_end.set()
    with pytest.raises(TableError, match="ends early"):
        runs.whole("t.parquet")
    reading.fails = False
    places(tmp_path)
    runs.refresh("t.parquet")
    assert not runs.broken("t.parquet")
    table = runs.whole("t.parquet").table
    assert table is not None and table.rows == ROWS
