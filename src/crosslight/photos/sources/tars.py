"""WebDataset shards: tar files whose members share a key (`0001.jpg`, `0001.json`).

Members are only ever named and read, never extracted: `..` and absolute names are just names.
"""

import gzip
import json
import tarfile
import zlib
from collections.abc import Iterator
from io import RawIOBase
from pathlib import Path
from typing import IO, Any, cast

from crosslight.photos.sources.columns import describing_columns
from crosslight.photos.sources.found import (
    Broken,
    Found,
    Inline,
    Refused,
    Slice,
    SourceError,
    SourceOptions,
)
from crosslight.photos.sources.names import plain_text, printable
from crosslight.photos.sources.tree import files_below, shard_refusal
from crosslight.store import BadImage

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
_MOST_SIDECAR = 2**20  # bytes of a JSON member
_MOST_HEADER = 4 * 2**20  # bytes of one read of tar's own metadata
_MOST_GROUP = 64  # members of one sample

_Member = tuple[tarfile.TarInfo, bytes | None]


def from_tar(path: Path, options: SourceOptions, label: str = "") -> Iterator[Found]:
    """The images of one shard, with licence and origin from the JSON beside each.

    Of a sample with an image, the other members are its sidecars; a sample without one is
    accounted member by member. A damaged shard ends in one failed entry.
    """
    shard = _Shard(path, printable(label or path.name), options)
    try:
        yield from shard.found()
    except (tarfile.TarError, zlib.error, EOFError, OSError, SourceError) as error:
        detail = " ".join(str(error).split())[:200]
        broken = Broken(SourceError("damaged_archive", detail))
        yield Found(f"{shard.label}::(rest)", broken)


def from_tar_folder(root: Path, options: SourceOptions) -> Iterator[Found]:
    """All shards below a folder, in the order of their names."""
    for path in files_below(root, options.exclude):
        if not is_tar(path):
            continue
        if refused := shard_refusal(path, root, options):
            yield refused
        else:
            yield from from_tar(path, options, path.relative_to(root).as_posix())


def is_tar(path: Path) -> bool:
    """Whether the name is that of a shard."""
    return path.name.lower().endswith((".tar", ".tar.gz", ".tgz"))


class _Shard:
    def __init__(self, path: Path, label: str, options: SourceOptions) -> None:
        self.path = path
        self.label = label
        self.options = options
        self.packed = not path.name.lower().endswith(".tar")
        self.named: set[str] = set()

    def found(self) -> Iterator[Found]:
        group: list[_Member] = []
        for member in self._members():
            if group and (_key(group[0][0]) != _key(member[0]) or len(group) >= _MOST_GROUP):
                yield from self._sample(group)
                group = []
            group.append(member)
        yield from self._sample(group)

    def _members(self) -> Iterator[_Member]:
        """Members in archive order; of a compressed shard with the bytes, which come only once."""
        with self.path.open("rb") as raw:
            plain = cast(IO[bytes], gzip.GzipFile(fileobj=raw) if self.packed else raw)
            with tarfile.TarFile(fileobj=_Guarded(plain)) as tar:
                while (member := tar.next()) is not None:
                    tar.members = []  # type: ignore[attr-defined]  # else it keeps them all
                    if member.isdir():
                        continue
                    data = None
                    if self.packed and member.isreg() and member.size <= self.options.max_bytes:
                        plain.seek(member.offset_data)
                        data = plain.read(member.size)
                        if len(data) < member.size:
                            raise SourceError("damaged_archive", "unexpected end of data")
                    yield member, data

    def _sample(self, group: list[_Member]) -> Iterator[Found]:
        images = [m for m in group if m[0].name.lower().endswith(IMAGE_SUFFIXES)]
        facts = self._facts(group) if images else {}
        for member, data in images or group:
            yield Found(self._name(member.name), self._reader(member, data), **facts)

    def _reader(self, member: tarfile.TarInfo, data: bytes | None) -> Slice | Inline | Broken:
        if member.issym() or member.islnk():
            return Broken(Refused("link", "a link inside an archive"))
        if not member.isreg() or member.issparse():
            return Broken(Refused("not_a_file", "a special member of an archive"))
        most = self.options.max_bytes
        if member.size > most:
            return Broken(BadImage("too_large", f"{member.size:,} bytes, the bound is {most:,}"))
        if data is not None:
            return Inline(data)
        return Slice(self.path, member.offset_data, member.size, most)

    def _facts(self, group: list[_Member]) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for member, data in group:
            if member.name.lower().endswith(".json") and member.size <= _MOST_SIDECAR:
                try:
                    value = json.loads(self._reader(member, data)())
                except (ValueError, RecursionError, Refused):
                    continue
                row = value if isinstance(value, dict) else {}
        facts = describing_columns(list(row), self.options).facts(row)
        facts["licence"] = facts["licence"] or plain_text(self.options.licence)
        facts["origin"] = facts["origin"] or plain_text(self.options.origin)
        return facts

    def _name(self, member: str) -> str:
        name = base = f"{self.label}::{printable(member)}"
        again = 1
        while name in self.named:
            again += 1
            name = f"{base}#{again}"
        self.named.add(name)
        return name


def _key(member: tarfile.TarInfo) -> str:
    folder, slash, name = member.name.rpartition("/")
    return folder + slash + name.partition(".")[0]


class _Guarded(RawIOBase):
    """Keeps tarfile from reading a huge header record (a bomb) into memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MOST_HEADER:
            raise SourceError("damaged_archive", f"a header of {size:,} bytes")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True
