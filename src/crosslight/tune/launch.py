"""Training in several processes: accelerate starts them, with its own config file.

Each process is this command again. The first one holds the folder and writes; the others only
train.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from crosslight.records import BadSetting, RunBroken
from crosslight.runs import EXIT_CODES, held_folder, read_run

LAUNCHED = "CROSSLIGHT_LAUNCHED"


def is_first() -> bool:
    """Whether this process is the one that writes."""
    return os.environ.get("RANK", "0") == "0"


def held_by_first(out: Path, kind: str) -> Any:
    """The folder, for the first process; the others write nothing."""
    return held_folder(out, kind) if is_first() else nullcontext(SimpleNamespace(keep=True))


def wait_for_all() -> None:
    """Let the processes meet; nothing where there is one."""
    import torch.distributed as processes

    if processes.is_available() and processes.is_initialized():
        processes.barrier()


def launch(config: Path, arguments: Sequence[str], out: Path) -> int:
    """Run `crosslight ARGUMENTS` in the processes that accelerate's `config` describes; returns the
    exit code of the run. Raises `BadSetting`, `RunBroken`."""
    if not config.is_file():
        raise BadSetting(f"{config} is no file", "make one with `accelerate config`")
    begin = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(config)]
    child = subprocess.Popen(
        [*begin, "-m", "crosslight", *arguments],
        env={**os.environ, LAUNCHED: "1"},
        start_new_session=True,
    )
    with _passed_on(child):
        code = child.wait()
    told = read_run(out)
    status = str(told.get("status", ""))
    if code and status == "complete":
        status = ""
    if code and status != "stopped":
        raise RunBroken(
            f"accelerate ended with {code}: {told.get('reason') or 'its lines are above'}",
            "the last checkpoint is kept: run the same command again to go on",
        )
    return EXIT_CODES.get(status, 1)


@contextmanager
def _passed_on(child: "subprocess.Popen[bytes]") -> Iterator[None]:
    """The first signal goes to all processes of the child's session, the second kills them."""
    sent: list[int] = []

    def handle(number: int, frame: Any) -> None:
        sent.append(number)
        os.killpg(child.pid, signal.SIGKILL if len(sent) > 1 else number)

    before = {n: signal.signal(n, handle) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former if former is not None else signal.SIG_DFL)
