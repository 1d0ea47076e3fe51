"""Files by the names that other systems wrote for them.

A table that was made on Windows says `imgs\\cat.jpg`, one from a Mac has its accents apart from
their letters, one from a spreadsheet has quotes and blanks around a path. Where the name as it
stands is not there, what it may mean is looked for, and never outside of what the caller admits:
what is found here is still judged by `stays_in` before it is opened.
"""

import errno
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from unicodedata import normalize
from urllib.parse import unquote, urlsplit

from crosslight.store.paths import stays_in

_UNSEEN = "\u200b\u200e\u200f\u202a\u202c\u2066\u2069\u2060\ufeff"
"""Characters at the ends of a path that nobody typed: Windows copies U+202A before one."""
_QUOTES = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u2018": "\u2019", "<": ">"}
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_MOST_LISTED = 1_000_000  # names of one folder that are compared


class NoSuchFile(FileNotFoundError):
    """No file is called so, in any spelling. `hint` is the likely cause, `retryable` whether the
    same name may be there later."""

    def __init__(self, hint: str, *, retryable: bool = True) -> None:
        super().__init__(errno.ENOENT, hint)
        self.hint = hint
        self.retryable = retryable


class TwoFiles(Exception):
    """A name fits two files in other spellings, and none as it stands."""


def bare_name(name: str) -> str:
    """A path without what surrounds it: blanks, unseen characters, one pair of quotes."""
    name = _stripped(name)
    if len(name) > 2 and _QUOTES.get(name[0]) == name[-1]:
        name = _stripped(name[1:-1])
    return name


def local_path(name: str) -> str:
    """A bare name with `/` between its parts, also of a `file:` URL; the drive stays in front.

    A `file:` URL of another host becomes a network path (`//host/...`).
    """
    name = bare_name(name)
    if name[:7].lower() == "file://":
        try:
            parts = urlsplit(name)
        except ValueError:
            return name
        host = "" if parts.netloc.lower() in ("", "localhost") else f"//{parts.netloc}"
        name = host + unquote(parts.path, errors="surrogateescape")
        if _DRIVE.match(name[1:]):  # file:///C:/...
            name = name[1:]
    return name.replace("\\", "/")


def same_name(name: str) -> str:
    """What two spellings of one name have in common, to compare names of two tables."""
    parts = re.split(r"/+", local_path(name))
    return normalize("NFC", "/".join(part for part in parts if part != "."))


def is_windows_path(name: str) -> bool:
    """Whether a name begins with a drive (`C:\\`) or a network share (`\\\\host\\`)."""
    bare = bare_name(name)
    return bool(_DRIVE.match(bare)) or bare.startswith("\\\\")


def find_file(root: Path, name: str, *, allow_outside: bool = False) -> Path:
    """The path under `root` that `name` means: as it stands, or else in the other spellings.

    Says nothing about whether that path may be read: the caller judges it. Raises `NoSuchFile`
    with the likely cause, `TwoFiles` where two other spellings are there, OSError, `ValueError`.
    """
    if os.path.lexists(root / name):
        return root / name
    bare, path = bare_name(name), local_path(name)
    found: dict[str, Path] = {}
    foreign = is_windows_path(name) or path.startswith("//")
    for spelling in dict.fromkeys((bare, path)):
        if spelling and not foreign:
            for there in _spelled(root, spelling, allow_outside):
                found.setdefault(os.path.realpath(there), there)
    if len(found) > 1:
        shown = " and ".join(repr(os.path.relpath(there, root)) for there in found.values())
        raise TwoFiles(f"fits {shown}: write the name of one of them")
    for there in found.values():
        return there
    raise NoSuchFile(_cause(root, path, foreign), retryable=not foreign)


def _spelled(root: Path, path: str, allow_outside: bool) -> list[Path]:
    """The files under `root` that are called `path` in some Unicode form."""
    if os.path.lexists(root / path):
        return [root / path]
    if path.isascii():
        return []
    here = [Path("/") if path.startswith("/") else root]
    for part in filter(None, path.split("/")):
        here = [there for folder in here for there in _forms(root, folder, part, allow_outside)]
    return here


def _forms(root: Path, folder: Path, part: str, allow_outside: bool) -> Iterator[Path]:
    if os.path.lexists(folder / part):
        yield folder / part
    elif not part.isascii() and (allow_outside or stays_in(root, folder)):
        for name in _names(folder, _changed(folder)).get(normalize("NFC", part), ()):
            yield folder / name


def _changed(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=16)
def _names(folder: Path, _changed: int) -> dict[str, tuple[str, ...]]:
    """The names of a folder that are not ASCII, by their composed form."""
    named: dict[str, tuple[str, ...]] = {}
    try:
        with os.scandir(folder) as entries:
            for at, entry in enumerate(entries):
                if at >= _MOST_LISTED:
                    break
                if not entry.name.isascii():
                    key = normalize("NFC", entry.name)
                    named[key] = (*named.get(key, ()), entry.name)
    except OSError:
        return {}
    return named


def _cause(root: Path, path: str, foreign: bool) -> str:
    """Why a name may not be there."""
    if foreign:
        kind = "a network path" if path.startswith("//") else "a Windows path"
        return f"this is {kind} of another machine: write it relative to the table's folder"
    if path.startswith(("/", "~")):
        return "an absolute path of another machine? write it relative to the table's folder"
    if cased := _other_case(root, path):
        return f"there is {cased!r}: capital and small letters differ"
    return "the input names it, but there is no such file"


def _other_case(root: Path, path: str) -> str:
    """The name of a file beside it that differs by the case of its letters alone."""
    where = (root / path).parent
    wanted = normalize("NFC", path.rpartition("/")[2]).casefold()
    if not wanted or not stays_in(root, where):
        return ""
    return _by_case(where, _changed(where)).get(wanted, "")


@lru_cache(maxsize=4)
def _by_case(folder: Path, _changed: int) -> dict[str, str]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for at, entry in enumerate(entries) if at < _MOST_LISTED]
    except OSError:
        return {}
    return {normalize("NFC", name).casefold(): name for name in sorted(names)}


def _stripped(name: str) -> str:
    before = ""
    while name != before:
        before = name
        name = name.strip().strip(_UNSEEN)
    return name
