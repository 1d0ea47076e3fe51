"""A viewer in a process of its own, on a free port, and small tables for it to show."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

CATEGORIES = ("fire", "medicine", "weapons")


@contextmanager
def served(
    home: Path, *places: Path, store: Path | None = None
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """(address without the last slash, the process): `crosslight view`, ended with the block."""
    paths = os.pathsep.join(p for p in sys.path if p)
    env = {**os.environ, "PYTHONPATH": paths, "CROSSLIGHT_HOME": str(home), "COLUMNS": "200"}
    command = [sys.executable, "-m", "crosslight", "view", *map(str, places), "--port", "0"]
    command += ["--store", str(store)] if store else []
    with (
        (home.parent / "view.log").open("a") as log,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=env
        ) as started,
    ):
        try:
            assert started.stdout is not None
            line = started.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            assert found, f"no address in {line!r}; {(home.parent / 'view.log').read_text()[-800:]}"
            yield found.group(), started
        finally:
            started.kill()


def pictured(folder: Path, rows: int = 24, **changed: Sequence[Any]) -> Path:
    """A table of others: every third photo sensitive, three categories, taking turns."""
    columns: dict[str, Sequence[Any]] = {
        "id": [f"row-{n}" for n in range(rows)],
        "text": [f"What do I do with number {n}?" for n in range(rows)],
        "response": [f"An answer to number {n}." for n in range(rows)],
        "category": [CATEGORIES[n % 3] for n in range(rows)],
        "sensitive": [n % 3 == 0 for n in range(rows)],
        "score": [n / rows for n in range(rows)],
        "image": [{"bytes": _picture(n), "path": ""} for n in range(rows)],
        **changed,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rows.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=10)
    return path


def asked(
    base: str, path: str, form: dict[str, str] | None = None, cookie: str = "", **headers: str
) -> tuple[int, dict[str, str], str]:
    """(status, headers, text) of a page, or of a form as the viewer's own page sends it."""
    parts = urlsplit(base)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    sent = {"cookie": cookie, **headers} if cookie else dict(headers)
    body = None
    if form is not None:
        sent = {"sec-fetch-site": "same-origin", **sent}
        body = urlencode(form)
    try:
        connection.request("GET" if form is None else "POST", path, body, sent)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8")
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, text
    finally:
        connection.close()


def _picture(n: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (40 + 8 * n % 200, 90, 150)).save(file, "JPEG")
    return file.getvalue()
