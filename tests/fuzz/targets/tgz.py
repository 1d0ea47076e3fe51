"""Packed shards: broken inside of the packing, or the packing itself."""

import gzip
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.target import Target, account
from tests.fuzz.targets import tar

MAGIC = b"\x1f\x8b"


def sound() -> Sequence[bytes]:
    """Shards as they are, packed when they are read, and packed ones."""
    return [*tar.sound(), *(gzip.compress(data, mtime=0) for data in tar.sound())]


def handmade() -> Sequence[bytes]:
    """The lies of tars, and those of gzip."""
    whole = gzip.compress(tar.sound()[0], mtime=0)
    packings = [MAGIC, whole[:-4], whole[:-8], whole + b"rest", whole + whole, whole * 3]
    packings += [whole[:-8] + bytes(8), gzip.compress(b"", mtime=0), gzip.compress(bytes(10**7))]
    packings += [whole[:3] + bytes([flag]) + whole[4:] for flag in (2, 4, 8, 16, 255)]
    return [*tar.handmade(), *packings]


def read(data: bytes, folder: Path) -> None:
    """A packed file of that content."""
    path = folder / "a.tgz"
    path.write_bytes(data if data.startswith(MAGIC) else gzip.compress(data, 1, mtime=0))
    account(path)


TARGET = Target("tgz", read, sound, handmade)
