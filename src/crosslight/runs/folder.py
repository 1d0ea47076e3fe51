"""A run's folder: whose it is, and who is writing in it now."""

import json
import os
import platform
import shutil
import socket
import stat
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from crosslight import __version__
from crosslight.records import CrosslightError
from crosslight.runs.said import SaidOfRun
from crosslight.store import (
    UnreadableFile,
    clear_parts,
    is_part,
    part_of,
    read_json,
    stays_in,
    write_json,
)

RUN_FILE = "run.json"
LOCK_FILE = ".lock"
OWNER_FILE = ".owner.json"
PROBE = ".filelock-"
"""So begin names that filelock makes for a moment, to try what the file system can do."""
ROOM_BYTES = 1 << 20
"""A disk with less room than this is full: the run would end at its first table."""
ELSEWHERE = "name a new folder with -o, or the folder of an earlier run of this command"
UNENDED = "did not end"
BUSY_HINT = "wait until it ends, stop it, or name another folder with -o; nothing was changed"
BEAT_S = 20.0
"""Seconds between two signs of life of the process that holds a folder."""
SILENT_S = 600.0
"""After so long without one it is taken for dead; clocks of two machines differ by less."""
TRIES = 20
"""How often a folder is taken that other processes take away in the same moment."""


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


class Held:
    """A folder that this process holds. `keep`: something was asked, so that it stays."""

    keep = False

    def __init__(self, out: Path) -> None:
        self._out = out
        self.owner: dict[str, Any] = {}

    def tell(self, progress: dict[str, Any]) -> None:
        """Say beside the folder's holder how far the run is, for whoever looks on."""
        with suppress(OSError):  # a full disk ends a run at its tables, not here
            _write_owner(self._out, {**self.owner, "progress": progress})


def _write_owner(out: Path, owner: dict[str, Any]) -> None:
    """Aside and renamed, but not synced: it is gone with the process that it tells of."""
    part = part_of(out / OWNER_FILE)
    part.write_text(json.dumps(owner), encoding="utf-8")
    part.replace(out / OWNER_FILE)


def running(out: Path) -> dict[str, Any] | None:
    """Of a run that a process writes now: who, since when and how far (`progress`). None where
    nobody does: a killed process leaves its word behind, so on this machine it is looked for, and
    on any it has said lately that it goes on."""
    found = _owner(out)
    if found is None or found[1] > SILENT_S:
        return None
    owner = found[0]
    return None if _is_here(owner) and not _lives(owner["pid"]) else owner


def silent(out: Path) -> dict[str, Any] | None:
    """Of a process of another machine that has not been heard of for long: who it was, since when
    it wrote the run, and `silent_s`, for how long nothing came. It is taken for dead."""
    found = _owner(out)
    if found is None or found[1] <= SILENT_S or _is_here(found[0]):
        return None
    return {**found[0], "silent_s": found[1]}


def _owner(out: Path) -> tuple[dict[str, Any], float] | None:
    """Who says that it holds a folder, and how many seconds ago it said so last."""
    try:
        owner = read_json(out / OWNER_FILE)
        age = time.time() - (out / OWNER_FILE).stat().st_mtime
    except (OSError, UnreadableFile):
        return None
    if not isinstance(owner, dict) or not isinstance(owner.get("pid"), int) or owner["pid"] < 1:
        return None
    return owner, age


def _is_here(owner: Mapping[str, Any]) -> bool:
    return bool(owner.get("host") == socket.gethostname())


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError, ValueError):
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def held_folder(out: Path, kind: str) -> Iterator[Held]:
    """Hold the folder of a run of this kind; nobody else writes there until the block ends.

    Makes the folder where there is none, and takes it away again if nothing came into it. The lock
    is the operating system's: that of a dead process is free. Raises `NotARunFolder`, `FolderBusy`,
    `FolderUnwritable`.
    """
    check_folder(out, kind)
    made, lock, clean = _lock(out)
    held = Held(out)
    try:
        check_folder(out, kind)
        held.owner = _take(out)
        with _beating(out):
            yield held
    finally:
        # While the lock is held: nobody can come in between.
        (out / OWNER_FILE).unlink(missing_ok=True)
        if not held.keep:
            _leave_no_trace(out, made, clean)
        lock.release()


@contextmanager
def _beating(out: Path) -> Iterator[None]:
    """Meanwhile the holder's word is as of now, also while nothing can be told: on another machine
    nobody can ask whether the process lives."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT_S):
            with suppress(OSError):
                os.utime(out / OWNER_FILE)

    threading.Thread(target=beat, name="heartbeat", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


@contextmanager
def added_to(out: Path, kind: str) -> Iterator[Held]:
    """Hold the folder of a run that is there, to lay something beside it. Raises as `held_folder`,
    with a remedy for whoever has no other folder to turn to."""
    held = held_folder(out, kind)
    try:
        entered = held.__enter__()
    except FolderBusy as error:
        raise FolderBusy(error.message, "wait until it ends, or stop it; then again") from error
    except FolderUnwritable as error:
        remedy = "mend the rights of the folder or free some space; or copy the run"
        raise FolderUnwritable(error.message, remedy) from error
    with ExitStack() as stack:
        stack.push(held)
        yield entered


def _lock(out: Path) -> tuple[list[Path], FileLock, bool]:
    """The folders made for it, the lock, and whether its file is new."""
    path = out / LOCK_FILE
    for _ in range(TRIES):
        try:
            made = _make(out)
        except (FileExistsError, FileNotFoundError):
            if out.exists() and not out.is_dir():
                raise NotARunFolder(f"{out} is a file") from None
            continue  # made, or taken away, by another process in the same moment
        except OSError as error:
            raise _unwritable(out, error) from error
        clean = not path.exists()
        lock = FileLock(path, timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise _busy(out) from error
        except (FileExistsError, FileNotFoundError):  # filelock makes the folder too
            continue  # another run that wrote nothing has just taken the folder away
        except OSError as error:
            raise _unwritable(out, error) from error
        if _is_ours(path):
            return made, lock, clean
        lock.release()
    if not out.parent.exists():
        raise FolderUnwritable(f"{out} cannot be written: no such place", ELSEWHERE)
    raise FolderBusy(f"{out} comes and goes: other processes begin runs there", BUSY_HINT)


def _is_ours(path: Path) -> bool:
    """Whether the lock that was got is on the file that has the name, and not on one that another
    process has removed meanwhile: then a second lock on the name could be had."""
    second = FileLock(path, timeout=0)
    try:
        second.acquire()
    except Timeout:
        return True
    except OSError:
        return False
    second.release()
    return False


def check_folder(out: Path, kind: str) -> None:
    """Raises `NotARunFolder` where the folder holds other things, or is none."""
    try:
        str(out).encode("utf-8")
    except UnicodeEncodeError as error:
        shown = os.fsencode(out).decode("utf-8", "backslashreplace")
        raise FolderUnwritable(
            f"{shown}: its name has bytes that are no UTF-8", "name another folder with -o"
        ) from error
    with suppress(OSError):  # one look: another run that wrote nothing may take it away any moment
        if not stat.S_ISDIR(out.stat().st_mode):
            raise NotARunFolder(f"{out} is a file")
    with suppress(FileNotFoundError):  # as above: then it is not there
        if out.is_dir():
            _refuse_links(out)
        if out.is_dir() and _others(out) and read_run(out).get("kind") != kind:
            wanted = "comparison" if kind == "compare" else f"{kind} run"
            raise NotARunFolder(f"{out} is not empty and holds no {wanted}")


def begin(out: Path, kind: str) -> None:
    """Say that a run has begun: killed from here on, it reads as stopped and can go on."""
    told = {"kind": kind, "status": "stopped", "reason": UNENDED, "rows": 0}
    write_json(out / RUN_FILE, told)


def refuse_links_out(out: Path) -> None:
    """Raises `NotARunFolder` where an entry of a run is a link out of its folder: none of ours is,
    and what such a folder shows, or takes, would be another file of whoever reads it."""
    try:
        entries = [*out.glob("*"), *out.glob("dataset/*")]
    except OSError:  # gone, or not ours to list: then nothing of it is read either
        return
    for path in entries:
        if not stays_in(out, path):
            raise NotARunFolder(
                f"{out}: {path.name} is a link out of the folder",
                "look at where it leads; remove the link if the run is to be read",
            )


def read_run(out: Path) -> dict[str, Any]:
    """`run.json` of a folder; empty where there is none that can be read.

    What it lacks raises `NotSaid` where somebody takes it by name. Raises `NotARunFolder` for a
    folder with a link out of it.
    """
    refuse_links_out(out)
    try:
        found = read_json(out / RUN_FILE)
    except (OSError, UnreadableFile):
        return {}
    return SaidOfRun(found, out) if isinstance(found, dict) else {}


def library_versions(packages: Sequence[str]) -> dict[str, str]:
    """Versions of Crosslight, Python and those of the packages that are installed."""
    found = {"crosslight": __version__, "python": platform.python_version()}
    for name in packages:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _refuse_links(out: Path) -> None:
    """A run folder that somebody sent may hold links under the names that a run writes. Files are
    never written through one; a folder (`dataset`, `flips`) would be, and a page or table that
    takes the place of a link is not what whoever made it meant either."""
    links = sorted(entry.name for entry in out.iterdir() if entry.is_symlink())
    if links:
        raise NotARunFolder(
            f"{out} holds links: {', '.join(links[:5])}",
            "a run writes into folders of its own only: remove them, or name a new folder with -o",
        )


def _others(out: Path) -> bool:
    """Whether anything lies there that is not the lock's, nor half written."""
    return any(
        entry.name not in (LOCK_FILE, OWNER_FILE)
        and not entry.name.startswith(PROBE)
        and not is_part(entry.name)
        for entry in out.iterdir()
    )


def _make(out: Path) -> list[Path]:
    """Make the folder; returns those that were made, the innermost first."""
    made, at = [], out
    while not at.exists():
        made.append(at)
        at = at.parent
    out.mkdir(parents=True, exist_ok=True)
    return made


def _take(out: Path) -> dict[str, Any]:
    """Write who holds the folder, and find out whether it can be written at all."""
    try:
        room = shutil.disk_usage(out).free
        if room < ROOM_BYTES:
            raise FolderUnwritable(
                f"{out}: the disk has {room:,} bytes left",
                "free some space, or name another place with -o",
            )
        clear_parts(out)
        for inside in out.iterdir():
            if inside.is_dir() and not inside.is_symlink():
                clear_parts(inside)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
        write_json(out / OWNER_FILE, owner)
        return owner
    except OSError as error:
        raise _unwritable(out, error) from error


def _busy(out: Path) -> FolderBusy:
    """Names the other process as far as it has said who it is."""
    try:
        owner = read_json(out / OWNER_FILE)
        who = f"process {owner['pid']} on {owner['host']}, since {owner['since']}"
    except (OSError, UnreadableFile, LookupError, TypeError):
        who = "it has not said which"
    return FolderBusy(
        f"another process writes the run in {out} ({who})",
        BUSY_HINT,
    )


def _unwritable(out: Path, error: OSError) -> FolderUnwritable:
    return FolderUnwritable(
        f"{out} cannot be written: {error.strerror or error}",
        "name a place that you may write to with -o, or mend its rights",
    )


def _leave_no_trace(out: Path, made: Sequence[Path], clean: bool) -> None:
    """Take away what was made for a run which then wrote nothing but that it had begun."""
    with suppress(OSError, NotARunFolder):
        names = {entry.name for entry in out.iterdir()} - {LOCK_FILE, OWNER_FILE}
        begun = names <= {RUN_FILE} and read_run(out).get("reason", UNENDED) == UNENDED
        if begun and (made or clean):
            (out / RUN_FILE).unlink(missing_ok=True)
            (out / LOCK_FILE).unlink(missing_ok=True)
            for folder in made:
                folder.rmdir()
