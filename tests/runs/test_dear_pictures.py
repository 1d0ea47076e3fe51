"""A run over pictures that take all the time a picture may have: it still hears, and accounts."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from crosslight.models.fake import FakeServer
from tests.busy import BUSY
from tests.runs.verbs import VERBS, Verb, prepared, ran, summary
from tests.store.costly import scans

ENDS_IN_S = 5.0 * BUSY


def dear(folder: Path, scan_count: int = 80) -> None:
    """Put pictures of many seconds each into the photos and into the suite."""
    data = scans(scan_count, 9_984, 9_984, side=9_984 if scan_count < 100 else 16)
    lines = []
    for number in range(4):
        # Before all others by its name; different bytes, so no copy of another.
        (folder / "photos" / f"0-{number}.jpg").write_bytes(data + bytes([number]))
        named = {"id": f"dear{number}", "text": f"May I? ({number})", "expected": "no"}
        lines.append(named | {"image": f"photos/0-{number}.jpg", "subset": "bad", "side": "unsafe"})
    items = folder / "items.jsonl"
    items.write_text("\n".join([*map(json.dumps, lines), items.read_text()]))


@pytest.mark.slow
def test_a_signal_ends_a_run_in_the_middle_of_a_dear_picture(tmp_path: Path) -> None:
    verb = VERBS[0]
    with FakeServer(prepared(tmp_path, 2)) as server:
        dear(tmp_path)
        command = verb.command(tmp_path, server.spec)
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not (tmp_path / "out" / "run.json").exists() and child.poll() is None:
            time.sleep(0.05)
        time.sleep(1.5)
        assert child.poll() is None
        child.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, told = child.communicate(timeout=60)
        took = time.monotonic() - began
        assert took < ENDS_IN_S, f"{took:.1f} s"
    assert child.returncode == 3, told
    assert summary(tmp_path / "out")["status"] == "stopped"


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_a_picture_beyond_the_bounds_is_dropped_with_its_reason(verb: Verb, tmp_path: Path) -> None:
    with FakeServer(prepared(tmp_path, 2)) as server:
        dear(tmp_path, 3_000)
        began = time.monotonic()
        ended = ran(verb.command(tmp_path, server.spec))
        assert time.monotonic() - began < 20 * BUSY
    account = summary(tmp_path / "out")["account"]
    assert account["finished"] >= 2, (ended.stderr, account)
    assert account["dropped"] + account["failed"] == 4, account
    out = tmp_path / "out"
    lost = [pq.read_table(out / f"{how}.parquet").to_pylist() for how in ("dropped", "failed")]
    assert json.dumps(lost, default=str).count("too_complex") >= 4
