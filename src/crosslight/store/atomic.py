"""Files that a reader sees whole or not at all, and folders that are on the disk.

Every file of a run is written here: under a random name of its own in the same folder, opened
exclusively, synced, then renamed. Nobody can lay a link under a name that nobody knows. Two
processes cannot write into one another's half, and what a
killed one left is known by its name.
"""

import errno
import json
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

_PART = re.compile(r"\..+\.[0-9a-f]{16}\.part")
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
_FLAGS |= getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def part_of(path: Path) -> Path:
    """A name beside `path` that nobody else has: hidden, and known as a part."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")


def open_part(path: Path) -> tuple[BinaryIO, Path]:
    """A new file that is to become `path`, and its name until then."""
    part = part_of(path)
    return os.fdopen(os.open(part, _FLAGS, 0o666), "wb"), part


def open_resumed(part: Path, *, append: bool) -> BinaryIO:
    """A part whose name is known, to go on with or to begin anew. Raises OSError for a link, a
    device, or a file of somebody else's: what stands under that name is then not ours."""
    flags = _FLAGS & ~os.O_EXCL | (os.O_APPEND if append else 0) | getattr(os, "O_NONBLOCK", 0)
    file = os.fdopen(os.open(part, flags, 0o666), "ab" if append else "wb")
    if not _ours(os.fstat(file.fileno())):
        file.close()
        raise OSError(errno.EPERM, "not a file of ours", str(part))
    if not append:
        file.truncate(0)
    return file


def resumed_part(path: Path, mark: str) -> Path:
    """The part that an earlier try left of `path`, else a new name for one. `mark` says what it is
    to become (the beginning of a hash): a part of another file is not gone on with."""
    named = path.with_name(f"{path.name}.{mark}")
    known = re.compile(re.escape(f".{named.name}.") + r"[0-9a-f]{16}\.part")
    left = (p for p in sorted(path.parent.iterdir()) if known.fullmatch(p.name))
    return next((p for p in left if _ours(p.lstat())), None) or part_of(named)


def _ours(status: os.stat_result) -> bool:
    mine = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and mine


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name when the block ends well; else the former one stays as it is."""
    file, part = open_part(path)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> Path:
    """Write text in one step, as UTF-8 with its line ends as they are; no Unicode becomes `?`."""
    with replacing(path) as file:
        file.write(text.encode("utf-8", errors="replace"))
    return path


def write_json(path: Path, value: Any) -> None:
    """Write JSON so that a reader sees the old file or the new one, never a half."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def is_part(name: str) -> bool:
    """Whether a file of this name is one that is being written, or was left half written."""
    return _PART.fullmatch(name) is not None


def clear_parts(folder: Path) -> None:
    """Remove what a killed run left behind. Only for whoever holds the folder."""
    for entry in folder.iterdir():
        if is_part(entry.name):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)


def private_folder(folder: Path) -> None:
    """Make what is missing of a folder for photos, answers or their hashes: what is made is read by
    its owner only. A folder that is there keeps its rights."""
    if folder.is_dir():
        return
    private_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def sync_folder(folder: Path) -> None:
    """Bring a folder's entries to the disk: a rename is durable only after this."""
    if os.name == "nt":  # folders cannot be opened there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
