"""`crosslight view` as a process: it says where it is, keeps its port, and ends when told to."""

import http.client
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crosslight.records import BadSetting
from tests.view.make_run import make_run

pytest.importorskip("starlette", reason="the extra `web` is not installed")
pytest.importorskip("uvicorn", reason="the extra `web` is not installed")


def start(tmp_path: Path, *more: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "crosslight", "view", str(tmp_path / "run"), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "CROSSLIGHT_HOME": str(tmp_path / "home")},
    )


def test_it_serves_holds_its_port_and_ends_at_ctrl_c(tmp_path: Path) -> None:
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

        server.send_signal(signal.SIGINT)
        _, said = server.communicate(timeout=60)
        assert server.returncode == 3
        assert "interrupted" in said and "Traceback" not in said
    finally:
        server.kill()
        server.wait()


def test_elsewhere_than_on_loopback_there_is_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    import uvicorn

    from crosslight.view.server.serve import serve

    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: sockets[0].close())
    told: list[tuple[str, str]] = []
    for host in ("0.0.0.0", "127.0.0.1"):
        serve({}, host=host, told=lambda address, token: told.append((address, token)))
    assert len(told[0][1]) >= 32
    assert told[1][1] == ""
    with pytest.raises(BadSetting, match="cannot be taken"):
        serve({}, host="256.1.1.1", told=lambda *_: None)
