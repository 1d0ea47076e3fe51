"""`crosslight view` as a process: it says where it is, keeps its port, and ends when told to."""

import http.client
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crosslight.records import BadSetting, CrosslightError
from tests.view.make_run import make_run
from tests.view.server.ask import ask

pytest.importorskip("starlette", reason="the extra `web` is not installed")
pytest.importorskip("uvicorn", reason="the extra `web` is not installed")

from crosslight.view.server.app import application
from crosslight.view.server.fence import LOCAL
from crosslight.view.server.opened import open_places
from crosslight.view.server.serve import serve, take_address


def start(tmp_path: Path, *more: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "crosslight", "view", str(tmp_path / "run"), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "CROSSLIGHT_HOME": str(tmp_path / "home"), "COLUMNS": "200"},
    )


def test_it_serves_holds_its_port_and_ends_when_it_is_stopped(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", families=1)
    # This process "writes" the run, so that a page can listen to it for ever.
    (run / ".owner.json").write_text(
        f'{{"pid": {os.getpid()}, "host": "elsewhere", "since": "now"}}'
    )
    server = start(tmp_path, "--port", "0")
    try:
        assert server.stdout is not None
        at = urlsplit(server.stdout.readline().strip())
        assert at.hostname == "127.0.0.1" and at.port
        asked = http.client.HTTPConnection(at.hostname, at.port, timeout=30)
        asked.request("GET", "/r/run/overview")
        assert asked.getresponse().status == 200
        listens = http.client.HTTPConnection(at.hostname, at.port, timeout=30)
        listens.request("GET", "/r/run/events")
        assert listens.getresponse().readline() == b"event: progress\n"

        second = start(tmp_path, "--port", str(at.port))
        _, said = second.communicate(timeout=120)
        assert second.returncode == 2
        assert "cannot be taken" in said and "--port 0" in said and "Traceback" not in said

        reviews = run / "reviews.jsonl"
        reviews.write_text('{"row": "a", "by": "me", "verdict": "accept"}\n')
        server.send_signal(signal.SIGINT)
        _, said = server.communicate(timeout=60)
        assert server.returncode == 0
        assert said.splitlines()[-1] == f"stopped; reviews are saved in {reviews}"
        assert "Traceback" not in said and "interrupted" not in said
    finally:
        server.kill()
        server.wait()


def test_runs_that_cannot_be_shown_do_not_hide_the_others(tmp_path: Path) -> None:
    good = make_run(tmp_path / "good", families=1)
    (good / "dropped.parquet").write_bytes(b"PAR1 no table")
    broken = make_run(tmp_path / "broken", families=1)
    (broken / "run.json").write_text('{"kind": "bui')
    torn = make_run(tmp_path / "torn", families=1)
    for shard in (torn / "dataset").glob("*.parquet"):
        shard.write_bytes(shard.read_bytes()[:-500])
    (tmp_path / "empty").mkdir()
    said: list[str] = []
    shown = [tmp_path / name for name in ("broken", "good", "torn", "empty", "nowhere")]
    runs = open_places(shown, None, None, told=said.append)
    assert [*runs] == ["good"] and [*runs.left] == ["broken", "torn", "empty", "nowhere"]
    assert len(said) == 5
    page = ask(application(runs, hosts=LOCAL), "/").text
    for place, words in {
        "broken": "run.json",
        "torn": "get or make the table again",
        "empty": "name a run",
        "nowhere": "no such folder",
    }.items():
        (line,) = [line for line in said if f"{tmp_path / place} is left out" in line]
        assert words in line
        assert f'<b dir="auto">{place}</b>' in page
    overview = ask(application(runs, hosts=LOCAL), "/r/good/overview").text
    assert "the dropped rows cannot be shown: dropped.parquet is no parquet" in overview
    with pytest.raises(CrosslightError, match=r"run\.json"):
        open_places([broken, tmp_path / "empty"], None, None)


def test_elsewhere_than_on_loopback_there_is_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    import uvicorn

    heard: list[signal.Signals] = []
    monkeypatch.setattr(signal, "signal", lambda number, handler: heard.append(number))
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: sockets[0].close())
    told: list[tuple[str, str]] = []
    for host in ("0.0.0.0", "127.0.0.1"):
        serve({}, take_address(host, 0), host=host, told=lambda at, token: told.append((at, token)))
    assert {*heard} == {signal.SIGINT, signal.SIGTERM}
    assert len(told[0][1]) >= 32
    assert told[1][1] == ""
    with pytest.raises(BadSetting, match="cannot be taken"):
        take_address("256.1.1.1", 0)
