"""Signals at the edges of the command line: while it is imported, and while it is taken down."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
WAITS = """
import sys, time
print("here", flush=True)
time.sleep(1)
"""


def signalled(path: Path, number: signal.Signals, *args: str) -> "subprocess.CompletedProcess[str]":
    """Run `crosslight args` with `path` in front of its modules; signal it once it says "here"."""
    child = subprocess.Popen(
        [sys.executable, "-m", "crosslight", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(path)},
    )
    assert child.stdout is not None
    said = child.stdout.readline()
    while said and said != "here\n":
        said = child.stdout.readline()
    assert said, child.communicate()
    child.send_signal(number)
    out, err = child.communicate(timeout=30)
    return subprocess.CompletedProcess(args, child.returncode, out, err)


@BOTH
def test_while_its_parts_are_imported(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text(WAITS)
    ended = signalled(tmp_path, number, "models", "list")
    assert ended.returncode == 3
    assert "interrupted" in ended.stderr and "Traceback" not in ended.stderr


@BOTH
@pytest.mark.parametrize(("args", "code"), [(("models", "list"), 0), (("no-such-verb",), 2)])
def test_once_it_has_ended_its_exit_code_is_settled(
    number: signal.Signals, args: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    """What is registered first is called last: the interpreter is nearly gone by then."""
    waits = "import atexit\n\n\ndef wait():" + WAITS.replace("\n", "\n    ")
    (tmp_path / "sitecustomize.py").write_text(waits + "\n\natexit.register(wait)\n")
    ended = signalled(tmp_path, number, *args)
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr


@BOTH
def test_while_a_thread_is_waited_for_at_the_end(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import threading, time\n"
        "def wait():\n"
        "    threading.main_thread().join()\n"  # returns once it has come to its end
        "    time.sleep(0.3)\n"  # by when it waits for this thread
        "    print('here', flush=True)\n"
        "    time.sleep(60)\n"
        "threading.Thread(target=wait).start()\n"
    )
    ended = signalled(tmp_path, number, "models", "list")
    assert ended.returncode == 0
    assert "Traceback" not in ended.stderr
