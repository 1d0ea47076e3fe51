"""SIGKILL at random moments: nothing recorded is asked again, and the result is the same."""

import random
import subprocess
import sys
import time
from pathlib import Path

from crosslight.models.fake import FakeServer, parse
from crosslight.store import AnswerStore

JOB = Path(__file__).with_name("kill_job.py")
ROWS = 300
KILLS = 3
UNDER_WAY = 3 * 64 // 2 + 32
"""Rows at a time: half as many again as the 64 calls of the job, and the spare ones."""
SCRIPT = parse(
    {
        "name": "kill",
        "latency_ms": 200,
        "slots": 64,
        "jitter": 0.5,
        "rules": [{"answer": "told {hash}"}],
    }
)


def start(server: FakeServer, folder: Path) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    return subprocess.Popen([sys.executable, str(JOB), server.url, str(folder), str(ROWS)])


def recorded(folder: Path) -> int:
    """Answers in the store of a killed run; opening it also recovers the log."""
    with AnswerStore(folder / "answers.sqlite") as store:
        return store.stats().answers


def settled(server: FakeServer) -> dict[str, int]:
    """The server's counts once it has let go of the dead client's requests."""
    deadline = time.monotonic() + 10
    while server.stats()["in_flight"] and time.monotonic() < deadline:
        time.sleep(0.02)
    return server.stats()


def test_kill_and_resume(tmp_path: Path) -> None:
    moment = random.Random(7)
    lost: list[int] = []
    with FakeServer(SCRIPT) as server:
        folder = tmp_path / "killed"
        for _ in range(KILLS):
            answers = server.stats()["answers"]
            process = start(server, folder)
            # Not by the clock: a slow machine would be killed before its first call.
            while server.stats()["answers"] < answers + 10 and process.poll() is None:
                time.sleep(0.005)
            time.sleep(moment.uniform(0.0, 0.25))
            process.kill()
            process.wait()
            lost.append(settled(server)["answered_payloads"] - recorded(folder))
        before, kept = server.stats()["requests"], recorded(folder)
        assert start(server, folder).wait(timeout=120) == 0
        stats = settled(server)
        assert stats["answered_payloads"] == 2 * ROWS == recorded(folder)
        # Just what was not recorded is asked.
        assert stats["requests"] - before == 2 * ROWS - kept
        # Answers beyond the first of their payload are those that a kill caught unrecorded.
        assert stats["answers"] - stats["answered_payloads"] <= sum(lost)
        # A commit window (16) on a free machine; a busy one also has answers that it has not read
        # yet, one a row under way.
        assert max(lost) <= UNDER_WAY, lost
        whole = tmp_path / "whole"
        assert start(server, whole).wait(timeout=120) == 0
    assert (folder / "rows.parquet").read_bytes() == (whole / "rows.parquet").read_bytes()
    assert not list(folder.glob(".*"))
