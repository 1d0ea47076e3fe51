"""Commands as processes of their own, forked from one that has loaded the libraries: real ones,
with real signals, without the seconds that loading takes each time.

`python -m tests.runs.forked` is the process that forks; `Child` is what a test sees of a command.
"""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

LIBRARIES = (
    *("crosslight.cli", "crosslight.api", "crosslight.build.run", "crosslight.judge.run"),
    *("crosslight.judge.assess", "crosslight.bench.run", "crosslight.prefer.asked"),
    *("crosslight.rate.run", "crosslight.tune.judge.run", "crosslight.export.formats.write"),
    *("crosslight.models.openai.model", "crosslight.prefer.run", "crosslight.view.pages.build"),
    *("pyarrow.parquet", "sklearn.linear_model", "sklearn.feature_extraction.text"),
    *("sklearn.model_selection", "threadpoolctl", "uvloop", "wordllama", "scipy.stats"),
)
"""What verbs load: none of them begins to work when it is loaded."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


@dataclass(frozen=True)
class At:
    """The command sends itself `signal` (so often) when, for the `nth` time, a file is opened
    (`open`) or takes its name (`os.rename`) whose path holds `part`."""

    part: str
    signal: int
    event: str = "os.rename"
    nth: int = 1
    times: int = 1


class Child:
    """A command that was started, with the methods of `subprocess.Popen` that tests call."""

    def __init__(
        self,
        command: Sequence[str],
        at: At | None = None,
        *,
        unread: Sequence[int] = (),
        alone: bool = False,
    ) -> None:
        """`unread`: streams whose reader is gone, 1 for what is printed, 2 for what is told.
        `alone`: not forked, but begun anew (a forked process with torch in it does not end)."""
        self._place = Path(tempfile.mkdtemp(dir=_server().place))
        asked = {
            "words": list(command[3:]),
            "place": str(self._place),
            "at": asdict(at) if at else None,
            "unread": list(unread),
        }
        self._process: subprocess.Popen[bytes] | None = None
        if alone:
            begin = [sys.executable, "-m", "tests.runs.forked", json.dumps(asked)]
            # As many threads as `tiny` gives torch in the process of the tests: sums of two threads
            # differ from those of one in their last digits.
            self._process = subprocess.Popen(begin, env={**os.environ, **ONE_THREAD})
            self.pid = self._process.pid
        else:
            self.pid = _server().start(asked)

    @property
    def returncode(self) -> int | None:
        """As that of `subprocess`: below zero where a signal ended it."""
        if self._process is not None:
            return self._process.poll()
        ended = self._place / "ended"
        return int(ended.read_text()) if ended.exists() else None

    def poll(self) -> int | None:
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float = 600) -> int:
        """Its exit code."""
        deadline = time.monotonic() + timeout
        while (code := self.returncode) is None:
            if time.monotonic() > deadline:
                self.kill()
                raise TimeoutError(f"it goes on; it said: {self.said(2)[-2_000:]}")
            time.sleep(0.01)
        return code

    def communicate(self, timeout: float = 600) -> tuple[str, str]:
        """What it said, once it has ended."""
        self.wait(timeout)
        return self.said(1), self.said(2)

    def said(self, stream: int) -> str:
        path = self._place / str(stream)
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


class _Server:
    """The process that forks, seen from the tests."""

    def __init__(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="forked-")
        self.place = folder.name
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.runs.forked"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **ONE_THREAD},
        )
        atexit.register(self._end, folder)
        assert self._answer() == "ready\n"

    def start(self, asked: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            return int(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def _end(self, folder: "tempfile.TemporaryDirectory[str]") -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        folder.cleanup()


@cache
def _server() -> _Server:
    return _Server()


def _serve() -> None:
    """Fork a process a line, and write down how each ended. Returns in a forked process, which then
    is the command; ends with its input."""
    for name in LIBRARIES:
        __import__(name)
    print("ready", flush=True)
    running: dict[int, Path] = {}
    while True:
        if select.select([0], [], [], 0.01 if running else None)[0]:
            line = sys.stdin.readline()
            if not line:
                break
            asked = json.loads(line)
            pid = os.fork()
            if not pid:
                return _become(asked)
            running[pid] = Path(asked["place"])
            print(pid, flush=True)
        for pid in list(running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                _write(running.pop(pid) / "ended", os.waitstatus_to_exitcode(status))
    for pid in running:
        os.kill(pid, signal.SIGKILL)
    os._exit(0)


def _write(path: Path, code: int) -> None:
    """In one step, for it is waited for."""
    part = path.with_suffix(".part")
    part.write_text(str(code))
    part.rename(path)


def _become(asked: dict[str, Any]) -> None:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream in (1, 2):
        if stream in asked["unread"]:
            reader, writer = os.pipe()
            os.close(reader)
        else:
            writer = os.open(Path(asked["place"]) / str(stream), os.O_WRONLY | os.O_CREAT)
        os.dup2(writer, stream)
        os.close(writer)
    # As the interpreter would have opened them.
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
    if asked["at"]:
        _signal_at(At(**asked["at"]))
    sys.argv = ["crosslight", *asked["words"]]


def _signal_at(at: At) -> None:
    seen = 0

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal seen
        if event != at.event or at.part not in str(args[event == "os.rename"]):
            return
        seen += 1
        if seen == at.nth:
            for _ in range(at.times):
                os.kill(os.getpid(), at.signal)
                time.sleep(0.2)  # the loop takes it, if this is another thread

    sys.addaudithook(hook)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _become(json.loads(sys.argv[1]))
    else:
        _serve()
    from crosslight.__main__ import main

    main()
