"""A Label Studio server of its own on loopback, spoken to by its API as a browser would.

`python -m label_studio...` lives in an environment of its own: CROSSLIGHT_READERS_PYTHON, or
`.venv-readers`. Nothing is sent anywhere else.
"""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen
from uuid import uuid4

START_S = 240
"""The first start lays out a database: 25 to 60 seconds on two cores."""
_TOKEN = "0123456789abcdef0123456789abcdef01234567"
_QUIET = {
    "COLLECT_ANALYTICS": "false",
    "LATEST_VERSION_CHECK": "false",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
    "DJANGO_DB": "sqlite",
}


@dataclass(frozen=True)
class Labelling:
    """The server; projects are made, filled, annotated and exported."""

    url: str

    def project(self, out: Path) -> int:
        """A project as the docs say: the interface that an export wrote, and its tasks."""
        face = (out / "labels.xml").read_text(encoding="utf-8")
        told = self.ask("/api/projects", {"title": "Reviews of a run", "label_config": face})
        for file in sorted(out.glob("tasks-*.json")):
            self._upload(int(told["id"]), file)
        return int(told["id"])

    def tasks(self, project: int) -> dict[str, dict[str, Any]]:
        """By the id of the row."""
        told = self.ask(f"/api/tasks?project={project}&fields=all&page_size=500")
        return {task["data"]["id"]: task for task in told["tasks"]}

    def annotate(self, task: dict[str, Any], *result: dict[str, Any], skip: bool = False) -> int:
        """What a person says of a task."""
        said = {"result": list(result), "was_cancelled": skip, "lead_time": 2.5}
        return int(self.ask(f"/api/tasks/{task['id']}/annotations/", said)["id"])

    def change(self, annotation: int, *result: dict[str, Any]) -> None:
        """What a person says instead."""
        self.ask(f"/api/annotations/{annotation}/", {"result": list(result)}, "PATCH")

    def exported(self, project: int, file: Path) -> Path:
        """The project as its Export button gives it, as JSON."""
        told = self.ask(f"/api/projects/{project}/export?exportType=JSON")
        file.write_text(json.dumps(told), encoding="utf-8")
        return file

    def ask(self, path: str, body: Any = None, method: str = "") -> Any:
        data = None if body is None else json.dumps(body).encode()
        return self._send(path, data, "application/json", method)

    def _upload(self, project: int, file: Path) -> None:
        edge = uuid4().hex
        head = (
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n'
        )
        body = head.encode() + b"Content-Type: application/json\r\n\r\n" + file.read_bytes()
        kind = f"multipart/form-data; boundary={edge}"
        self._send(f"/api/projects/{project}/import", body + f"\r\n--{edge}--\r\n".encode(), kind)

    def _send(self, path: str, data: bytes | None, kind: str, method: str = "") -> Any:
        headers = {"authorization": f"Token {_TOKEN}", "content-type": kind}
        asked = Request(self.url + path, data, headers, method=method or None)
        try:
            with urlopen(asked, timeout=120) as answer:
                return json.loads(answer.read())
        except HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read()[:2_000]!r}") from error


@contextmanager
def labelling_server(python: str, folder: Path) -> Iterator[Labelling]:
    """Started on a free port with a database in `folder`, and ended with the block."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    command = [
        *(str(Path(python).with_name("label-studio")), "start", "--no-browser"),
        *("--internal-host", "127.0.0.1", "--port", str(port), "--data-dir", str(folder)),
        *("--username", "ann@example.org", "--password", "not-a-secret", "--user-token", _TOKEN),
    ]
    log = folder.with_suffix(".log")
    with log.open("wb") as said:
        env = {**os.environ, **_QUIET, "HOME": str(folder)}
        env.pop("PYTHONPATH", None)
        started = subprocess.Popen(
            command, stdout=said, stderr=said, env=env, start_new_session=True
        )
        try:
            server = Labelling(f"http://127.0.0.1:{port}")
            _wait(server, started, log)
            yield server
        finally:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait(30)


def _wait(server: Labelling, started: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and started.poll() is None:
        try:
            server.ask("/api/projects")
            return
        except (URLError, AssertionError, OSError):
            time.sleep(0.5)
    raise AssertionError(f"it did not start: {log.read_bytes()[-2_000:].decode(errors='replace')}")
