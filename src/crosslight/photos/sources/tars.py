"""WebDataset shards: tar files whose members share a key (`0001.jpg`, `0001.json`).

Members are only ever named and read, never extracted: `..` and absolute names are just names.
"""

import gzip
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

from crosslight.photos.sources.columns import describing_columns
from crosslight.photos.sources.found import (
    Broken,
    Found,
    Inline,
    Refused,
    Slice,
    SourceOptions,
    trouble_of,
)
from crosslight.photos.sources.members import BLOCK, Forward, Kind, Member, damaged, read_members
from crosslight.photos.sources.names import IMAGE_SUFFIXES, plain_text, printable
from crosslight.photos.sources.tree import files_below, shard_refusal
from crosslight.store import BadImage

_MOST_SIDECAR = 2**20  # bytes of a JSON member
_MOST_GROUP = 64  # members of one sample
_MOST_UNPACKED = 4 * 2**30  # bytes of a compressed shard that may be anything: photos hardly shrink
_MOST_RATIO = 100  # above that, how often its own size
_MOST_MEMBERS = 10_000  # of a compressed shard, and above that
_LEAST_PACKED = 64  # bytes that a member takes of the compressed file, its header alone

_Member = tuple[Member, bytes | None]


def from_tar(path: Path, options: SourceOptions, label: str = "") -> Iterator[Found]:
    """The images of one shard, with licence and origin from the JSON beside each.

    Of a sample with an image, the other members are its sidecars; a sample without one is
    accounted member by member. A damaged shard ends in one failed entry, whatever is wrong with it.
    """
    shard = _Shard(path, printable(label or path.name), options)
    yield from shard.found()
    if shard.damage is not None:
        yield Found(f"{shard.label}::(rest)", Broken(shard.damage))


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
        self.named: dict[str, int] = {}
        self.damage: Exception | None = None

    def found(self) -> Iterator[Found]:
        """What can be read; then `damage` says why there is no more, if there should be."""
        group: list[_Member] = []
        held = 0
        for member in self._members():
            new = group and _key(group[0][0]) != _key(member[0])
            held += len(member[1] or b"")
            if new or len(group) >= _MOST_GROUP or held > self.options.max_bytes:
                yield from self._sample(group)
                group, held = [], len(member[1] or b"")
            group.append(member)
        yield from self._sample(group)

    def _members(self) -> Iterator[_Member]:
        """Members in archive order; of a compressed shard with the bytes, which come only once."""
        try:
            with self.path.open("rb") as raw:
                yield from self._read(raw)
        except Exception as error:  # gzip, zlib and the disk have errors of their own
            self.damage = trouble_of(error)

    def _read(self, raw: IO[bytes]) -> Iterator[_Member]:
        size = os.fstat(raw.fileno()).st_size
        if self.packed:
            plain = cast(IO[bytes], gzip.GzipFile(fileobj=raw))
            file = Forward(plain, None, max(_MOST_UNPACKED, _MOST_RATIO * size))
        else:
            file = Forward(raw, size, size + BLOCK)
        for number, member in enumerate(read_members(file), start=1):
            if self.packed and number > _MOST_MEMBERS + size // _LEAST_PACKED:
                raise damaged(f"more than {number - 1:,} members in {size:,} bytes")
            data = None
            if self.packed and member.kind is Kind.FILE and member.size <= self.options.max_bytes:
                data = file.read_whole(member.size)
            if member.kind is not Kind.FOLDER:
                yield member, data

    def _sample(self, group: list[_Member]) -> Iterator[Found]:
        images = [m for m in group if m[0].name.lower().endswith(IMAGE_SUFFIXES)]
        facts = self._facts(group) if images else {}
        for member, data in images or group:
            yield Found(self._name(member.name), self._reader(member, data), **facts)

    def _reader(self, member: Member, data: bytes | None) -> Slice | Inline | Broken:
        if member.kind is Kind.LINK:
            return Broken(Refused("link", "a link inside an archive"))
        if member.kind is not Kind.FILE:
            return Broken(Refused("not_a_file", "a special member of an archive"))
        most = self.options.max_bytes
        if member.size > most:
            return Broken(BadImage("too_large", f"{member.size:,} bytes, the bound is {most:,}"))
        if data is not None:
            return Inline(data)
        return Slice(self.path, member.offset, member.size, most)

    def _facts(self, group: list[_Member]) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for member, data in group:
            if member.name.lower().endswith(".json") and member.size <= _MOST_SIDECAR:
                with suppress(Exception):  # a sidecar that says nothing: the picture is still there
                    value = json.loads(self._reader(member, data)())
                    row = value if isinstance(value, dict) else {}
        facts = describing_columns(list(row), self.options).facts(row)
        facts["licence"] = facts["licence"] or plain_text(self.options.licence)
        facts["origin"] = facts["origin"] or plain_text(self.options.origin)
        return facts

    def _name(self, member: str) -> str:
        name = base = f"{self.label}::{printable(member)}"
        while name in self.named:
            self.named[base] += 1  # counted on: a million of one name take a million steps
            name = f"{base}#{self.named[base]}"
        self.named[name] = 1
        return name


def _key(member: Member) -> str:
    folder, slash, name = member.name.rpartition("/")
    return folder + slash + name.partition(".")[0]
