"""Runs that broke off or that somebody else wrote: a page says what is wrong, others go on."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.view.make_run import make_run
from tests.view.server.ask import Answer, ask

pytest.importorskip("starlette", reason="the extra `web` is not installed")

from crosslight.view.rows.opening import open_beginning
from crosslight.view.server import rows_page
from crosslight.view.server.app import application
from crosslight.view.server.fence import LOCAL
from crosslight.view.server.kinds import judge as judge_page
from crosslight.view.server.opened import open_places


def run_of(folder: Path, told: dict[str, Any]) -> Any:
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_text(json.dumps(told))
    return application(open_places([folder], None, None), hosts=LOCAL)


def page(web: Any, part: str) -> Answer:
    return ask(web, f"/r/run/{part}")


@pytest.mark.parametrize("kind", ["judge", "bench", "prefer", "rate", "assess", "build", "tune"])
def test_a_run_that_says_little_has_its_overview_and_plain_words(tmp_path: Path, kind: str) -> None:
    web = run_of(tmp_path / "run", {"kind": kind, "status": "failed"})
    assert page(web, "overview").status == page(web, "rows").status == 200
    for part in ("kind", "plot.svg", "plot.png"):
        answer = page(web, part)
        assert answer.status in (404, 500) and "<h1>" in answer.text, part
        assert "defect" not in answer.text, part


@pytest.mark.parametrize("key", ["status", "cost", "account", "funnel"])
def test_no_value_of_run_json_takes_the_overview_away(tmp_path: Path, key: str) -> None:
    deep: Any = "end"
    for _ in range(400):
        deep = [deep]
    run = make_run(tmp_path / "run", 1)
    told = json.loads((run / "run.json").read_text()) | {"kind": "build"}
    values: tuple[Any, ...] = (
        None,
        -1,
        10**400,
        [],
        {"usd": 10**400},
        {"finished": {}},
        deep,
        [{"in": []}, 1],
    )
    for odd in values:
        (run / "run.json").write_text(json.dumps({**told, key: odd}))
        web = application(open_places([run], None, None), hosts=LOCAL)
        assert page(web, "overview").status == 200, odd


def test_what_nobody_foresaw_is_said_on_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object) -> str:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(rows_page, "page", broken)
    web = application(open_places([make_run(tmp_path / "run", 1)], None, None), hosts=LOCAL)
    sent: list[dict[str, Any]] = []

    async def caught(scope: Any, receive: Any, send: Any) -> None:
        with pytest.raises(ZeroDivisionError):  # the server tells the terminal
            await web(scope, receive, send)

    answer = ask(caught, "/r/run/rows")
    assert answer.status == 500 and "a defect of ours" in answer.text
    assert "secret" not in answer.text and "content-security-policy" in answer.headers
    assert not sent


def test_what_run_json_lacks_is_told_by_its_name_and_what_we_get_wrong_by_a_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A `KeyError` of ours is no fault of a run's files, and its words may hold a path."""
    web = run_of(tmp_path / "run", {"kind": "judge", "status": "failed", "plan": {}})
    (tmp_path / "run" / "verdicts.parquet").touch()
    answer = page(web, "kind")
    assert answer.status == 500 and "run.json of run says nothing of settings" in answer.text
    assert "defect" not in answer.text

    def broken(*given: object) -> str:
        paths: dict[str, str] = {}
        return paths[f"{tmp_path}/secret"]

    monkeypatch.setattr(judge_page, "page", broken)

    async def caught(scope: Any, receive: Any, send: Any) -> None:
        with pytest.raises(KeyError):  # the server tells the terminal
            await web(scope, receive, send)

    answer = ask(caught, "/r/run/kind")
    assert answer.status == 500 and "a defect of ours" in answer.text
    assert "secret" not in answer.text and "its files" not in answer.text
    (line,) = [one.getMessage() for one in caplog.records if "defect" in one.getMessage()]
    mark = line.split()[1].rstrip(":")
    assert mark in answer.text and "KeyError" in line and "secret" not in line


def tables(folder: Path, word: str) -> Path:
    """A table with one large row group, which is read out of the cache."""
    folder.mkdir(exist_ok=True)
    table = pa.table({"id": [str(n) for n in range(4_500)], "text": [word] * 4_500})
    pq.write_table(table, folder / "x.parquet", row_group_size=4_500)
    return folder


def page_text(places: Any) -> str:
    return ask(application(places, hosts=LOCAL), "/r/tables/row/1").text


def test_a_table_in_a_folder_is_read_again_when_it_changes(tmp_path: Path) -> None:
    folder = tables(tmp_path / "tables", "old")
    places = open_places([folder], None, tmp_path / "cache")
    assert "old" in page_text(places)
    tables(folder, "newer")
    places.refresh("tables")
    assert "newer" in page_text(places)


def test_what_changes_while_it_is_opened_is_read_again_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tables(tmp_path / "tables", "old")

    def late(*given: Any) -> Any:
        found = open_beginning(*given)
        tables(folder, "newer")
        return found

    monkeypatch.setattr("crosslight.view.server.opened.open_beginning", late)
    places = open_places([folder], None, None)
    places.refresh("tables")
    assert "newer" in page_text(places)


def test_a_wish_not_to_see_is_kept_whole_or_refused(tmp_path: Path) -> None:
    web = application(open_places([make_run(tmp_path / "run", 1)], None, None), hosts=LOCAL)

    def wish(*names: str) -> Answer:
        form = "&".join(["by=ann", "care=hidden", *(f"unwanted={name}" for name in names)])
        return ask(web, "/care", "POST", form, sec_fetch_site="same-origin")

    assert wish("x" * 900, "fire").status == 303
    assert wish(*(f"{n}{'x' * 100}" for n in range(60))).status == 400
    assert wish(*(f"{n}" for n in range(61))).status == 400
    long = ask(web, "/care", "POST", f"by={'n' * 81}", sec_fetch_site="same-origin")
    assert long.status == 400 and "at most 80 letters" in long.text
