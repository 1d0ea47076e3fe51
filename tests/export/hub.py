"""As much of the Hugging Face hub as its own client asks of it for a commit, on loopback."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SHA = "a" * 40


class Hub(ThreadingHTTPServer):
    """`large`: what ends so is sent apart, by the protocol for large files, as the real one wants
    it of parquet, tars and pictures. `refuse`: what it answers instead."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Who asked is gone: that is tried on purpose."""

    def __init__(self, refuse: str = "", large: tuple[str, ...] = (".parquet", ".tar")) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.refuse, self.large = refuse, large
        self.private = True
        self.asked: list[str] = []
        self.tokens: set[str] = set()
        self.made: dict[str, Any] = {}
        self.files: dict[str, bytes] = {}
        self.removed: list[str] = []
        self.commits: list[dict[str, Any]] = []
        self.objects: dict[str, bytes] = {}
        self.hold: threading.Event | None = None
        """Uploads of large files wait for it."""
        self.uploading = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Asked(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        hub, body = self._body()
        if hub.refuse:
            return self._answer(403, {"error": hub.refuse})
        if self.path == "/api/repos/create":
            hub.made = json.loads(body)
            return self._answer(200, {"url": f"{hub.url}/datasets/me/mine"})
        if "/preupload/" in self.path:
            return self._answer(
                200, {"files": [self._mode(one) for one in json.loads(body)["files"]]}
            )
        if self.path.endswith("/info/lfs/objects/batch"):
            objects = [self._place(one) for one in json.loads(body)["objects"]]
            return self._answer(200, {"transfer": "basic", "objects": objects})
        if "/commit/" in self.path:
            return self._commit(body)
        return self._answer(200, {})  # the front matter of a card, to be looked at

    def do_PUT(self) -> None:
        hub, body = self._body()
        hub.uploading.set()
        if hub.hold is not None:
            hub.hold.wait(60)
        if hub.refuse:
            return self._answer(403, {"error": hub.refuse})
        sha = self.path.rpartition("/")[2].partition("?")[0]
        assert hashlib.sha256(body).hexdigest() == sha
        hub.objects[sha] = body
        return self._answer(200, {})

    def do_GET(self) -> None:
        hub, _ = self._body()
        if self.path.startswith("/api/datasets/me/mine"):
            siblings = [{"rfilename": name} for name in hub.files]
            told = {"id": "me/mine", "private": hub.private, "sha": SHA, "siblings": siblings}
            return self._answer(200, told)
        name = self.path.partition("/resolve/main/")[2]
        if name in hub.files:
            return self._send(200, hub.files[name], "application/json")
        return self._answer(404, {"error": "not here"})

    do_HEAD = do_GET

    def _body(self) -> tuple[Hub, bytes]:
        self.server.asked.append(f"{self.command} {self.path}")
        self.server.tokens.add(self.headers.get("authorization", ""))
        return self.server, self.rfile.read(int(self.headers.get("content-length", 0)))

    def _mode(self, one: dict[str, Any]) -> dict[str, Any]:
        large = one["path"].endswith(self.server.large)
        return {
            "path": one["path"],
            "uploadMode": "lfs" if large else "regular",
            "shouldIgnore": False,
        }

    def _place(self, one: dict[str, Any]) -> dict[str, Any]:
        href = f"{self.server.url}/objects/{one['oid']}?X-Amz-Signature=signed-and-secret"
        return {**one, "authenticated": True, "actions": {"upload": {"href": href, "header": {}}}}

    def _commit(self, body: bytes) -> None:
        hub = self.server
        for line in body.splitlines():
            one = json.loads(line)
            value = one["value"]
            if one["key"] == "header":
                hub.commits.append(value)
            elif one["key"] == "file":
                hub.files[value["path"]] = base64.b64decode(value["content"])
            elif one["key"] == "lfsFile":
                hub.files[value["path"]] = hub.objects[value["oid"]]
            elif one["key"] == "deletedFile":
                hub.removed.append(value["path"])
                hub.files.pop(value["path"], None)
        url = f"{hub.url}/datasets/me/mine/commit/{SHA}"
        self._answer(200, {"commitUrl": url, "commitOid": SHA, "success": True})

    def _answer(self, status: int, told: dict[str, Any]) -> None:
        self._send(status, json.dumps(told).encode(), "application/json")

    def _send(self, status: int, data: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.send_header("etag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("x-repo-commit", SHA)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub that answers until the block ends."""
    with Hub() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()
