"""What a source yields: a name that is safe to print, and bytes that are read when asked for."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from crosslight.records import CrosslightError
from crosslight.store import BadImage, Bounds, TableError, TwoFiles, find_file, stays_in


class InputError(CrosslightError):
    """The input as a whole cannot be used. `hint` says what to do."""


class Refused(Exception):
    """One entry is left out on purpose. `reason` is a stable name.

    Reasons: `hidden`, `link` (to a folder), `not_a_file`, `outside` (leaves the input's folder),
    `no_image` (the row names none), `unsupported_url`, `private_address`.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class SourceError(Exception):
    """One entry could not be read. `error` is a stable name; `retryable` as in `Failed`.

    Errors: `ambiguous` (a path fits two files), `bad_row`, `damaged_archive`, `http_404` and other
    statuses, `timeout`, `unreachable`, `too_many_redirects`.
    """

    def __init__(
        self, error: str, detail: str = "", *, retryable: bool = False, hint: str = ""
    ) -> None:
        super().__init__(error, detail)
        self.error = error
        self.detail = detail
        self.retryable = retryable
        self.hint = hint


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How to read an input.

    `column`, `licence_column` and `origin_column` name columns of a table where the usual names
    do not fit. `licence` and `origin` are for rows that say nothing. `allow_outside` admits
    absolute paths, `..` and links that leave the input's folder.
    """

    column: str = ""
    licence_column: str = ""
    origin_column: str = ""
    licence: str = ""
    origin: str = ""
    allow_outside: bool = False
    max_bytes: int = Bounds().max_bytes
    exclude: tuple[Path, ...] = ()
    """Folders and files that are no part of the input, such as those of the run itself."""


@dataclass(frozen=True, slots=True)
class Found:
    """One entry of the input, unread.

    `source` is unique in the input and printable, never an absolute path. `read` blocks and raises
    `BadImage`, `Refused`, `SourceError` or OSError. With a `url`, a `Fetcher` gets the bytes.
    """

    source: str
    read: Callable[[], bytes] = field(repr=False, compare=False)
    url: str = field(default="", repr=False)
    licence: str = ""
    origin: str = ""
    extra: tuple[tuple[str, str], ...] = ()
    column: str = ""
    """The column of a table that names the image."""

    @property
    def held(self) -> int:
        """Bytes in memory that wait with the entry: of one that came out of a table or a packed
        archive."""
        return len(self.read.data) if isinstance(self.read, Inline) else 0


@dataclass(frozen=True, slots=True)
class FileBytes:
    """A file of a folder. Links are followed only as far as they stay in `root`."""

    path: Path
    root: Path
    max_bytes: int
    allow_outside: bool = False

    def __call__(self) -> bytes:
        try:
            real = Path(os.path.realpath(self.path, strict=True))
        except ValueError as error:  # a NUL in a table's path
            raise Refused("outside", "not a possible path") from error
        if not self.allow_outside and not stays_in(self.root, self.path):
            raise Refused("outside", "leaves the input's folder; --allow-outside admits it")
        # Looked at before opening: opening some devices already does something.
        if not stat.S_ISREG(real.stat().st_mode):
            raise Refused("not_a_file", describe_special(real.stat().st_mode))
        return read_bounded(real, 0, None, self.max_bytes)


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that a table or list names, maybe as another system writes paths."""

    name: str
    root: Path
    max_bytes: int
    allow_outside: bool = False

    def __call__(self) -> bytes:
        if "\0" in self.name:
            raise Refused("outside", "not a possible path")
        try:
            path = find_file(self.root, self.name, allow_outside=self.allow_outside)
        except TwoFiles as error:
            raise SourceError("ambiguous", str(error)) from error
        return FileBytes(path, self.root, self.max_bytes, self.allow_outside)()


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a file: the member of an uncompressed archive."""

    path: Path
    offset: int
    size: int
    max_bytes: int

    def __call__(self) -> bytes:
        data = read_bounded(self.path, self.offset, self.size, self.max_bytes)
        if len(data) < self.size:
            raise SourceError("damaged_archive", "unexpected end of data")
        return data


@dataclass(frozen=True, slots=True)
class Inline:
    """Bytes that were read with the row."""

    data: bytes = field(repr=False)

    def __call__(self) -> bytes:
        return self.data


@dataclass(frozen=True, slots=True)
class Broken:
    """An entry whose fate is known before reading: it raises `error`."""

    error: Exception

    def __call__(self) -> bytes:
        raise self.error


def read_bounded(path: Path, offset: int, size: int | None, max_bytes: int) -> bytes:
    """Bytes of a regular file; never waits on a FIFO. Raises OSError, `BadImage`, `Refused`."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb", buffering=0) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Refused("not_a_file", describe_special(status.st_mode))
        wanted = status.st_size if size is None else size
        if wanted > max_bytes:
            raise BadImage("too_large", f"{wanted:,} bytes, the bound is {max_bytes:,}")
        file.seek(offset)
        parts: list[bytes] = []
        left = wanted
        while left > 0 and (part := file.read(left)):
            parts.append(part)
            left -= len(part)
    return b"".join(parts)


def trouble_of(error: Exception) -> Exception:
    """What any error of a reader is as the fate of an entry: one of the declared ones."""
    if isinstance(error, Refused | SourceError | BadImage | MemoryError):
        return error
    if isinstance(error, OSError) and error.errno:
        return error  # of the disk; libraries raise theirs without a number
    if isinstance(error, TableError):
        return SourceError("damaged_archive", error.message[:200])
    detail = " ".join(f"{error}".split()) or type(error).__name__
    return SourceError("damaged_archive", detail[:200])


def describe_special(mode: int) -> str:
    """What an entry is that is no regular file, in words."""
    names = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket"}
    return names.get(stat.S_IFMT(mode), "a device")
