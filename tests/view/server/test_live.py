"""A run that goes on while somebody looks: its progress, its end, and then its rows."""

import asyncio
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.view.make_run import make_run
from tests.view.rows.make import write
from tests.view.server.ask import ask

pytest.importorskip("starlette", reason="the extra `web` is not installed")

from crosslight.runs import folder, held_folder, running, silent
from crosslight.view.server import opened
from crosslight.view.server.app import application
from crosslight.view.server.fence import LOCAL
from crosslight.view.server.live import events, said
from crosslight.view.server.opened import open_places


def heard(place: Path, during: object) -> list[str]:
    """What a page hears while `during` (a generator) goes on, one step an event."""
    steps = iter(during)  # type: ignore[call-overload]

    async def listen() -> list[str]:
        found = []
        async for event in events(place, every=0.01):
            found.append(event.decode())
            next(steps, None)
        return found

    return asyncio.run(asyncio.wait_for(listen(), 20))


def test_a_page_hears_how_far_the_run_is_and_that_it_has_ended(tmp_path: Path) -> None:
    out = tmp_path / "out"

    def run() -> Iterator[None]:
        with held_folder(out, "build") as held:
            yield
            held.tell({"name": "imagine", "done": 3, "total": 9, "failed": 1, "asked": 4})
            yield
        yield

    going = run()
    next(going)
    told = running(out)
    assert told is not None and told["pid"] == os.getpid()
    found = heard(out, going)
    assert [event.split("\n")[0] for event in found] == [
        *("event: progress", "event: progress", "event: ended"),
    ]
    line = json.loads(found[1].split("data: ")[1])["said"]
    assert line == "imagine: 3 of 9 done; 1 failed; 4 calls asked, 0 replayed"
    assert running(out) is None


def test_a_killed_run_is_not_going_on(tmp_path: Path) -> None:
    owner = {"pid": 2**22 + 1, "host": socket.gethostname(), "since": "x"}
    wrongs: list[Any] = [owner, {**owner, "pid": "1"}, {**owner, "pid": -1}, [], {}]
    for wrong in wrongs:
        (tmp_path / ".owner.json").write_text(json.dumps(wrong))
        assert running(tmp_path) is None
    (tmp_path / ".owner.json").write_text("{torn")
    assert running(tmp_path) is None
    (tmp_path / ".owner.json").write_text(json.dumps({**owner, "host": "another"}))
    assert running(tmp_path) is not None and silent(tmp_path) is None


def test_a_process_of_another_machine_is_believed_as_long_as_it_is_heard_of(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", families=1)
    told = json.loads((run / "run.json").read_text()) | {"kind": "build", "status": "stopped"}
    (run / "run.json").write_text(json.dumps(told))
    owner = {"pid": 7, "host": "far\u202eaway<b>", "since": "2026-01-01T00:00:00"}
    word = run / ".owner.json"
    word.write_text(json.dumps(owner))
    app = application(open_places([run], None, None), hosts=LOCAL)
    assert "data-events" in ask(app, "/r/run/overview").text
    heard = said(running(run) or {})
    assert heard.startswith("going on since 2026-01-01T00:00:00 on far") and "\u202e" not in heard
    long_ago = time.time() - folder.SILENT_S - 60
    os.utime(word, (long_ago, long_ago))
    assert running(run) is None
    page = ask(app, "/r/run/overview").text
    assert "data-events" not in page and "11 minutes ago" in page
    assert "2026-01-01T00:00:00" in page and "away&lt;b&gt;" in page
    assert ask(app, "/r/run/events").text.startswith("event: ended")


def test_who_holds_a_folder_says_so_again_while_nothing_can_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "BEAT_S", 0.01)
    with held_folder(tmp_path / "run", "build"):
        word = tmp_path / "run" / ".owner.json"
        os.utime(word, (0, 0))
        until = time.monotonic() + 20
        while not word.stat().st_mtime and time.monotonic() < until:
            time.sleep(0.01)
        assert running(tmp_path / "run") is not None
    assert not word.exists()


def test_what_a_run_says_of_itself_is_text_whatever_it_is() -> None:
    assert said({"since": "noon"}) == "going on since noon"
    assert said({"progress": {"done": "x", "total": None, "usd": 0.5}}) == "$0.5000"
    assert said({"progress": {}}) == "going on"


def test_rows_are_there_once_the_run_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    with held_folder(out, "build") as held:
        held.keep = True
        (out / "run.json").write_text('{"kind": "build", "status": "stopped", "rows": 0}')
        runs = open_places([out], None, None)
        app = application(runs, hosts=LOCAL)
        assert ask(app, "/").headers["location"] == "/r/run/overview"
        page = ask(app, "/r/run/overview").text
        assert 'data-events="/r/run/events"' in page and "going on" in page
        assert "no rows" in ask(app, "/r/run/rows").text
        make_run(out, families=2)
        told = json.loads((out / "run.json").read_text())
        (out / "run.json").write_text(json.dumps({**told, "kind": "build"}))
    assert ask(app, "/r/run/events").text.startswith("event: ended")
    page = ask(app, "/r/run/rows").text
    assert "of 6 rows" in page and "data-events" not in page


def test_files_that_change_are_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "LOOK_S", -1.0)
    file = write(tmp_path / "t.parquet", {"text": ["one"] * 5})
    runs = open_places([file], None, None)
    assert runs["t.parquet"].table is not None
    fresh = write(tmp_path / "new.parquet", {"text": ["two"] * 7})
    fresh.replace(file)
    until = time.monotonic() + 20
    while time.monotonic() < until:
        table = runs["t.parquet"].table
        assert table is not None
        if table.rows == 7:
            break
        time.sleep(0.01)
    assert table.rows == 7
    file.write_bytes(b"torn")
    time.sleep(0.05)
    runs.refresh("t.parquet")
    assert runs["t.parquet"].table is table


def test_progress_that_is_no_progress_is_left_out() -> None:
    odd: tuple[Any, ...] = ("x", [1], {"a": 1}, -1, 10**400, None, float("nan"), True)
    for value in odd:
        for name in ("done", "total", "failed", "asked", "replayed", "usd"):
            told = {"done": 1, "total": 2, "asked": 3, "replayed": 4, "usd": 0.5, name: value}
            assert isinstance(said({"progress": told}), str), (name, value)
    assert said({"progress": {"failed": "x", "usd": "y"}}) == "going on"
