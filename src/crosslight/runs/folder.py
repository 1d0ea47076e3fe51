"""A run's folder: whose it is, and who is writing in it now."""

import json
import os
import platform
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from crosslight import __version__
from crosslight.records import CrosslightError
from crosslight.store import clear_parts, write_json

RUN_FILE = "run.json"
LOCK_FILE = ".lock"
OWNER_FILE = ".owner.json"
ROOM_BYTES = 1 << 20
"""A disk with less room than this is full: the run would end at its first table."""
ELSEWHERE = "name a new folder with -o, or the folder of an earlier run of this command"
UNENDED = "did not end"


class RunError(CrosslightError):
    """A folder is no run's, or not the one that is wanted."""


class NotARunFolder(RunError):
    """The folder holds something else; nothing was written."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint or ELSEWHERE)


class FolderBusy(RunError):
    """Another process writes this run."""


class FolderUnwritable(RunError):
    """The folder cannot be written: said before anything is asked."""


@contextmanager
def held_folder(out: Path, kind: str) -> Iterator[None]:
    """Hold the folder of a run of this kind; nobody else writes there until the block ends.

    Makes the folder where there is none, and takes it away again if nothing came into it. The lock
    is the operating system's: that of a dead process is free. Raises `NotARunFolder`, `FolderBusy`,
    `FolderUnwritable`.
    """
    check_folder(out, kind)
    made = _make(out)
    lock = FileLock(out / LOCK_FILE, timeout=0)
    try:
        try:
            lock.acquire()
        except Timeout as error:
            raise _busy(out) from error
        except OSError as error:
            raise _unwritable(out, error) from error
        try:
            check_folder(out, kind)
            _take(out)
            yield
        finally:
            (out / OWNER_FILE).unlink(missing_ok=True)
            lock.release()
    finally:
        _leave_no_trace(out, made)


def check_folder(out: Path, kind: str) -> None:
    """Raises `NotARunFolder` where the folder holds other things, or is none."""
    try:
        str(out).encode("utf-8")
    except UnicodeEncodeError as error:
        shown = os.fsencode(out).decode("utf-8", "backslashreplace")
        raise FolderUnwritable(
            f"{shown}: its name has bytes that are no UTF-8", "name another folder with -o"
        ) from error
    if out.exists() and not out.is_dir():
        raise NotARunFolder(f"{out} is a file")
    if out.is_dir() and _others(out) and read_run(out).get("kind") != kind:
        raise NotARunFolder(f"{out} is not empty and holds no {kind} run")


def begin(out: Path, kind: str) -> None:
    """Say that a run has begun: killed from here on, it reads as stopped and can go on."""
    told = {"kind": kind, "status": "stopped", "reason": UNENDED, "rows": 0}
    write_json(out / RUN_FILE, told)


def read_run(out: Path) -> dict[str, Any]:
    """`run.json` of a folder; empty where there is none that can be read."""
    try:
        found = json.loads((out / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def library_versions(packages: Sequence[str]) -> dict[str, str]:
    """Versions of Crosslight, Python and those of the packages that are installed."""
    found = {"crosslight": __version__, "python": platform.python_version()}
    for name in packages:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _others(out: Path) -> bool:
    """Whether anything lies there that is not the lock's."""
    return any(entry.name not in (LOCK_FILE, OWNER_FILE) for entry in out.iterdir())


def _make(out: Path) -> list[Path]:
    """Make the folder; returns those that were made, the innermost first."""
    made, at = [], out
    while not at.exists():
        made.append(at)
        at = at.parent
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(out, error) from error
    return made


def _take(out: Path) -> None:
    """Write who holds the folder, and find out whether it can be written at all."""
    try:
        room = shutil.disk_usage(out).free
        if room < ROOM_BYTES:
            raise FolderUnwritable(
                f"{out}: the disk has {room:,} bytes left",
                "free some space, or name another place with -o",
            )
        clear_parts(out)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
        write_json(out / OWNER_FILE, owner)
    except OSError as error:
        raise _unwritable(out, error) from error


def _busy(out: Path) -> FolderBusy:
    """Names the other process as far as it has said who it is."""
    try:
        owner = json.loads((out / OWNER_FILE).read_text(encoding="utf-8"))
        who = f"process {owner['pid']} on {owner['host']}, since {owner['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        who = "it has not said which"
    return FolderBusy(
        f"another process writes the run in {out} ({who})",
        "wait until it ends, stop it, or name another folder with -o; nothing was changed",
    )


def _unwritable(out: Path, error: OSError) -> FolderUnwritable:
    return FolderUnwritable(
        f"{out} cannot be written: {error.strerror or error}",
        "name a place that you may write to with -o, or mend its rights",
    )


def _leave_no_trace(out: Path, made: Sequence[Path]) -> None:
    """Take away a folder that was made for a run which then wrote nothing."""
    with suppress(OSError):
        if made and not _others(out):
            (out / LOCK_FILE).unlink(missing_ok=True)
            for folder in made:
                folder.rmdir()
