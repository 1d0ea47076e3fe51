"""Killed half-way, run again: no stored answer is asked again, the tables are the same."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from crosslight.models.fake import FakeServer, parse
from tests.judge.simulated import picture
from tests.judge.two_rules import TWO

IMAGES = 60
"""benchmarks/judge_kill.py does the same with 10,000."""


def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(IMAGES):
        (photos / f"{number:03d}.jpg").write_bytes(picture(number))
    one = TWO.model_dump(mode="json")
    one["rules"] = one["rules"][:1]
    (tmp_path / "one.yaml").write_text(json.dumps(one))
    script = {
        "latency_ms": 5,
        "rules": [
            {"task": "visible", "choice": {"Yes": 0.05, "No": 0.9}, "text": "thing a"},
            {
                "task": "weigh",
                "json": {"thought": "I look.", "rationale": "none", "rating": "No"},
            },
        ],
    }
    with FakeServer(parse(script)) as server:
        whole = judge_command(tmp_path, server.spec, "whole", "store1")
        subprocess.run(whole, check=True, timeout=120, capture_output=True)
        once = server.stats()["answers"]
        killed = judge_command(tmp_path, server.spec, "cut", "store2")
        process = subprocess.Popen(killed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while server.stats()["answers"] < 1.5 * once and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        kept = count_answers(tmp_path / "store2" / "answers.sqlite")
        assert 0 < kept < once
        subprocess.run(killed, check=True, timeout=120, capture_output=True)
        summary = json.loads((tmp_path / "cut" / "run.json").read_text())
    assert summary["calls"]["replayed"] >= kept
    assert summary["calls"]["answered"] == once - kept
    for name in ("verdicts", "evidence", "failed", "dropped"):
        file = f"{name}.parquet"
        assert (tmp_path / "cut" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


def judge_command(folder: Path, spec: str, out: str, store: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "crosslight",
        "judge",
        str(folder / "photos"),
        "--constitution",
        str(folder / "one.yaml"),
        "--model",
        spec,
        "-o",
        str(folder / out),
        "--store",
        str(folder / store),
        "--addressed",
        "off",
        "--keep-copies",
        "-q",
    ]


def count_answers(path: Path) -> int:
    import sqlite3

    with sqlite3.connect(path) as db:
        return int(db.execute("SELECT COUNT(*) FROM answers").fetchone()[0])
