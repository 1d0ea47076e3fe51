"""Files of stores and caches: for their owner only. And names that stay in a folder."""

import os
import re
import stat
from pathlib import Path

FILE_MODE = 0o600
_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH
_OTHERS_ENTER = stat.S_IXGRP | stat.S_IXOTH
_PLAIN = re.compile(r"[\w+@=,. -]+")


def private_opener(path: str, flags: int) -> int:
    """For `open(..., opener=private_opener)`: a new file is its owner's only."""
    return os.open(path, flags, FILE_MODE)


def open_to_others(file: Path) -> str:
    """One line for people where others of this machine can read the file; else empty."""
    if os.name == "nt":
        return ""
    try:
        readable = file.stat().st_mode & _OTHERS_READ
        entered = file.parent.stat().st_mode & _OTHERS_ENTER
    except OSError:
        return ""
    if not readable or not entered:
        return ""
    return (
        f"other users of this machine can read the photos and answers in {file.parent}; "
        f"chmod -R go-rwx makes them yours alone"
    )


def plain_path(name: str) -> bool:
    """Whether a relative path leads nowhere but down: no `..`, no empty part, no odd sign."""
    return all(_PLAIN.fullmatch(part) and part not in (".", "..") for part in name.split("/"))
