"""`--push`: what would be sent, and what is sent, to a hub on loopback."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from crosslight.cli import app
from crosslight.export import Chosen, Exported, checked_repo, export_run, plan_push, send_push
from crosslight.records import BadSetting, CrosslightError, RunBroken
from tests.export.pairs_run import drawn, pair, write_pairs

TOKEN = "hf_a_secret_of_mine"


class Hub(ThreadingHTTPServer):
    """As much of a hub as a commit of small files asks for."""

    def __init__(self, refuse: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.refuse = refuse
        self.asked: list[str] = []
        self.made: dict[str, Any] = {}
        self.files: dict[str, bytes] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Asked(BaseHTTPRequestHandler):
    server: Hub

    def do_POST(self) -> None:
        hub = self.server
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        hub.asked.append(self.path)
        if hub.refuse:
            return self._answer(403, {"error": hub.refuse})
        if self.path == "/api/repos/create":
            hub.made = json.loads(body)
            return self._answer(200, {"url": f"{hub.url}/datasets/me/mine"})
        if "/preupload/" in self.path:
            told = [
                {"path": one["path"], "uploadMode": "regular", "shouldIgnore": False}
                for one in json.loads(body)["files"]
            ]
            return self._answer(200, {"files": told})
        if "/commit/" not in self.path:
            return self._answer(200, {})  # the front matter of a card, to be looked at
        for line in body.splitlines():
            one = json.loads(line)
            if one["key"] == "file":
                hub.files[one["value"]["path"]] = base64.b64decode(one["value"]["content"])
        url = f"{hub.url}/datasets/me/mine/commit/1"
        return self._answer(200, {"commitUrl": url, "commitOid": "1", "success": True})

    def _answer(self, status: int, told: dict[str, Any]) -> None:
        data = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_pairs(tmp_path / "pairs", [pair("a", drawn(1))])


@pytest.fixture
def done(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Exported:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return export_run(run, "hf", tmp_path / "out", Chosen())


def test_the_files_of_the_export_are_sent_and_none_else(done: Exported, hub: Hub) -> None:
    (done.out / "notes.txt").write_text("mine")
    plan = plan_push(done.out, done.files, "me/mine")
    assert send_push(plan, endpoint=hub.url).endswith("/commit/1")
    assert hub.made["type"] == "dataset"
    assert hub.made.get("visibility") == "private" or hub.made.get("private") is True
    assert set(hub.files) == {name for name, _ in plan.files} >= {"README.md", "credits.csv"}
    assert not {"notes.txt", ".lock"} & set(hub.files)
    assert all(data == (done.out / name).read_bytes() for name, data in hub.files.items())
    assert any(name.startswith("data/train-") for name in hub.files)


def test_a_refusal_is_told_without_the_token(done: Exported, hub: Hub) -> None:
    hub.refuse = f"no right to write with {TOKEN}"
    plan = plan_push(done.out, done.files, "me/mine", private=False)
    with pytest.raises(RunBroken) as refused:
        send_push(plan, endpoint=hub.url)
    told = f"{refused.value.message} {refused.value.hint}"
    assert "me/mine was not sent" in told and TOKEN not in told and not hub.files


def test_without_send_nothing_leaves_the_machine(
    run: Path, tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
    out = tmp_path / "out"
    args = ["export", str(run), "--to", "webdataset", "-o", str(out), "--push", "me/mine"]
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 0, done.output
    assert "would send 6 files" in done.output and "private dataset me/mine" in done.output
    assert "train-000000.tar" in done.output and "nothing was sent" in done.output
    assert not hub.asked and TOKEN not in done.output


def test_a_link_in_the_place_of_a_file_is_not_sent(done: Exported, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mine")
    (done.out / "README.md").unlink()
    (done.out / "README.md").symlink_to(secret)
    with pytest.raises(CrosslightError, match="become a link"):
        plan_push(done.out, done.files, "me/mine")


@pytest.mark.parametrize("repo", ["mine", "me/", "../mine", "me/../x", "me/a b", "me/x/y", ""])
def test_only_a_repository_of_the_hub_is_a_place(repo: str) -> None:
    with pytest.raises(BadSetting, match="no repository"):
        checked_repo(repo)


def test_sending_needs_a_place(run: Path, tmp_path: Path) -> None:
    args = ["export", str(run), "--to", "hf", "-o", str(tmp_path / "out"), "--send"]
    done = CliRunner().invoke(app, args)
    assert isinstance(done.exception, BadSetting) and not (tmp_path / "out").exists()
