"""What lies in a folder, judged on the file that will be opened, and small files that people name.

A name says nothing: `images/passport.png` is somebody's own picture where `images` is a link. So
the whole path is resolved, links to folders included, before anything is opened.
"""

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

from crosslight.records import CrosslightError

LINKED = "give the file itself, not a link to it"
MOST_JSON = 16 * 2**20
"""Bytes of a JSON file of a run."""


class UnreadableFile(CrosslightError):
    """A file that cannot be used as it is: not there, a link out, a device, too large."""


def stays_in(folder: Path, path: Path) -> bool:
    """Whether `path` lies in `folder` once every link on it is followed.

    False for what cannot be resolved. A folder of the hub's cache
    (`.../models--OWNER--NAME/snapshots/COMMIT`) reaches as far as its repository, where the cache
    keeps the files that its links name.
    """
    try:
        return path.resolve().is_relative_to(_extent(folder.resolve()))
    except (OSError, RuntimeError, ValueError):
        return False


def read_named(path: Path, limit: int) -> bytes:
    """The bytes of a small file that a person names; links count within the file's own folder.

    Waits on no FIFO and reads no device. Raises `UnreadableFile` with a hint.
    """
    if not stays_in(path.parent, path):
        raise UnreadableFile(f"{path} is a link that leads out of its folder", LINKED)
    try:
        with open_regular(path) as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > limit:
        raise UnreadableFile(f"{path} is larger than {limit:,} bytes", "split it")
    return data


def read_json(path: Path) -> Any:
    """The value of a small JSON file of a run, which somebody may have sent.

    Raises `UnreadableFile`, and FileNotFoundError where it is not there.
    """
    if not path.exists() and not path.is_symlink():
        raise FileNotFoundError(path)
    try:
        return json.loads(read_named(path, MOST_JSON).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        told = str(error)[:200] or type(error).__name__
        raise UnreadableFile(f"{path} is no JSON: {told}", "get or make it again") from error


def open_regular(path: Path) -> BinaryIO:
    """A file to read from, which is no FIFO that would be waited on and no device.

    Raises OSError.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    file = os.fdopen(os.open(path, flags), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "no regular file", str(path))
    return file


def _extent(folder: Path) -> Path:
    repository = folder.parent.parent
    cached = folder.parent.name == "snapshots" and "--" in repository.name
    return repository if cached else folder
