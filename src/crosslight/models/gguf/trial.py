"""A stranger's model is loaded in a process of its own first: a crash there is not ours.

Once for each content of a file and version of llama.cpp; what passed is remembered in the cache.
"""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from crosslight.models.errors import NotSupported
from crosslight.models.fetch import home
from crosslight.store import private_folder, write_json

SECONDS = 60.0
"""Of processor time for the smallest model; a larger one has a second more for so many bytes:"""
BYTES_A_SECOND = 50 << 20
MEMORY = 4 << 30
"""Bytes beside the files themselves."""
WALL = 4
_START = (
    "import sys; sys.path[:] = {path!r}; from crosslight.models.gguf.trial import child; child()"
)


def try_load(model: Path, mmproj: Path | None, *, ctx: int, digests: str, version: str) -> None:
    """Load and drop the files in a process with limits. Blocks. Raises `NotSupported`."""
    name = hashlib.sha256(f"{digests}\0{version}\0{ctx}".encode()).hexdigest()[:32]
    note = home() / "hashes" / f"loads-{name}.json"
    if note.is_file():
        return
    size = sum(path.stat().st_size for path in (model, mmproj) if path is not None)
    job = {
        "model": str(model.absolute()),
        "mmproj": str(mmproj.absolute()) if mmproj else "",
        "ctx": ctx,
        "seconds": SECONDS + size / BYTES_A_SECOND,
        "memory": MEMORY + 2 * size,
    }
    names = model.name + (f" with {mmproj.name}" if mmproj else "")
    code, told = _run(job)
    if told.get("loaded"):
        with contextlib.suppress(OSError):  # a cache that cannot be written only costs time
            private_folder(note.parent)
            write_json(note, {"files": names, "xllamacpp": version})
        return
    if "error" in told:
        raise refused(names, str(told["error"]))
    raise NotSupported(
        f"llama.cpp cannot load {names}: {_how(code)}",
        hint="the file is damaged, or made to harm: take it from its makers, or another one; it "
        "was tried in a process of its own, nothing of this run is lost",
    )


def refused(names: str, error: str) -> NotSupported:
    """What llama.cpp said itself."""
    return NotSupported(
        f"llama.cpp cannot load {names}: {error}"[:300],
        hint="is it a language model (a projector goes after `+`), whole, and of a kind that "
        "this xllamacpp knows? is there memory for it?",
    )


def _how(code: int) -> str:
    if code == -getattr(signal, "SIGXCPU", 0):
        return "it takes more time than a model of its size may"
    if code in (-getattr(signal, "SIGKILL", 9), 137):
        return "it did not end in time, or there was too little memory"
    names = {int(number): number.name for number in signal.Signals}
    return f"it crashed ({names.get(-code, f'exit code {code}')})"


def _run(job: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Exit code and what the process told."""
    with subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-I", "-c", _START.format(path=sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        clock = threading.Timer(job["seconds"] * WALL, process.kill)
        clock.daemon = True
        clock.start()
        try:
            with contextlib.suppress(OSError):
                # The input stays open: its end tells the process that this one has ended.
                process.stdin.write(json.dumps(job).encode() + b"\n")
                process.stdin.flush()
            line = process.stdout.readline(1 << 16)
        finally:
            clock.cancel()
            with contextlib.suppress(OSError):
                process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1.0)
        process.kill()
        code = process.wait()
    try:
        told = json.loads(line)
    except ValueError:
        told = {}
    return code, told if isinstance(told, dict) else {}


def child() -> None:
    """In the process: load, say how it went, and leave without any clean-up."""
    from crosslight.models.gguf.server import open_server

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sink = os.dup(1)
    os.dup2(2, 1)
    job = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_follow, daemon=True).start()
    _confine(job["seconds"], job["memory"])
    mmproj = Path(job["mmproj"]) if job["mmproj"] else None
    told: dict[str, Any] = {"loaded": True}
    try:
        # Kept: taking a server down that has just begun can hang, and the process leaves anyway.
        _held = open_server(
            Path(job["model"]), mmproj, ctx=job["ctx"], threads=1, key=os.urandom(16).hex()
        )
    except Exception as error:
        told = {"error": str(error)[:1000]}
    os.write(sink, json.dumps(told).encode() + b"\n")
    os._exit(0)


def _follow() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def _confine(seconds: float, memory: int) -> None:
    """No core dumps, no files, so much processor time and so much memory of its own."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
        # Not the address space: a build for a graphics card reserves more than there is.
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
