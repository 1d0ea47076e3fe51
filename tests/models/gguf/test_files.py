"""Finding GGUF files: by path, in a hub on loopback, with the right hash."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from crosslight.models.errors import BadSpec, Missing, Unreachable
from crosslight.models.fetch.errors import WrongHash
from crosslight.models.gguf import files as gguf_files

DATA = b"GGUF" + b"weights" * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()


class Hub(BaseHTTPRequestHandler):
    """Announces size and hash and redirects to storage, as the real hub does."""

    digest = DIGEST

    def do_HEAD(self) -> None:
        self._answer(send=False)

    def do_GET(self) -> None:
        self._answer(send=True)

    def _answer(self, *, send: bool) -> None:
        if self.path == "/storage":
            self.send_response(200)
            self.send_header("Content-Length", str(len(DATA)))
            self.end_headers()
            if send:
                self.wfile.write(DATA)
        elif self.path.startswith("/Org/Repo-GGUF/resolve/"):
            self.send_response(302)
            self.send_header("X-Linked-Size", str(len(DATA)))
            self.send_header("X-Linked-Etag", f'"{self.digest}"')
            self.send_header("Location", "/storage")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.send_error(404)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hub]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("CROSSLIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(Hub, "digest", DIGEST)
    yield Hub
    server.shutdown()
    server.server_close()


def test_a_hub_file_is_fetched_once(hub: type[Hub], monkeypatch: pytest.MonkeyPatch) -> None:
    path = gguf_files.resolve("Org/Repo-GGUF/model.gguf")
    assert path.read_bytes() == DATA
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert gguf_files.resolve("Org/Repo-GGUF/model.gguf") == path
    with pytest.raises(Unreachable) as caught:
        gguf_files.resolve("Org/Repo-GGUF/model.gguf@v2")
    assert "HF_ENDPOINT" in caught.value.hint


def test_a_wrong_hash_is_refused(hub: type[Hub], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hub, "digest", "0" * 64)
    with pytest.raises(WrongHash):
        gguf_files.resolve("Org/Repo-GGUF/model.gguf")
    monkeypatch.setattr(Hub, "digest", DIGEST)
    assert gguf_files.resolve("Org/Repo-GGUF/model.gguf").read_bytes() == DATA


def test_what_is_not_there(hub: type[Hub]) -> None:
    with pytest.raises(Missing):
        gguf_files.resolve("Other/Repo/model.gguf")
    for name in ("gone.gguf", "Org/Repo", "../../etc/none", "Org/Repo/../../x.gguf"):
        with pytest.raises(Missing):
            gguf_files.resolve(name)


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(b"GG")
    with pytest.raises(BadSpec):
        gguf_files.resolve(str(path))


def test_the_fingerprint_follows_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSLIGHT_HOME", str(tmp_path / "home"))
    path = tmp_path / "m.gguf"
    path.write_bytes(DATA)
    assert gguf_files.fingerprint(path) == gguf_files.fingerprint(path) == DIGEST
    path.write_bytes(DATA + b"!")
    assert gguf_files.fingerprint(path) == hashlib.sha256(DATA + b"!").hexdigest()
    for note in (tmp_path / "home" / "hashes").iterdir():
        note.write_text("{}")
    assert gguf_files.fingerprint(path) == hashlib.sha256(DATA + b"!").hexdigest()
