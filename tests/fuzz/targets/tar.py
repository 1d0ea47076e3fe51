"""Shards of photos as they are."""

import io
import itertools
import tarfile
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.target import Target, account
from tests.photos.sources.tar_blocks import DAMAGED, END, GOOD, SPARSE, header, padded, pax, signed

MEMBERS = (
    ("s/0001.jpg", b"one" * 200),
    ("s/0001.json", b'{"license": "CC0", "n": 1}'),
    ("s/0002.png", b""),
    ("ä" * 60 + "/" + "x" * 60 + ".jpg", b"long"),
)


def sound() -> Sequence[bytes]:
    """A small shard in each of the three formats."""
    made = []
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=form) as tar:
            for name, data in MEMBERS:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        made.append(out.getvalue()[: 512 * 18])
    return made


SIZES = (b"\xff" * 12, b"\x80" + b"\xff" * 11, b"77777777777\0", b"-0000000777\0", b"x" * 12)
TYPES = (b"0", b"\0", b"1", b"2", b"3", b"5", b"7", b"D", b"K", b"L", b"M", b"S", b"V", b"X", b"g")


def handmade() -> Sequence[bytes]:
    """Every lie on its own, then each type of member with each odd size."""
    lies = [*DAMAGED.values(), *SPARSE.values()]
    lies += [signed(header("x", 0, t), 124, size) for t, size in itertools.product(TYPES, SIZES)]
    lies += [pax(path="") + header(), pax(path="\0.jpg") + header(), pax(size="0") + header()]
    lies += [pax(path="x" * 100_000) + header(), header("x", 3, b"L") + padded(b"\0\0\0")]
    return [b"", END, *(GOOD + lie + GOOD + END for lie in lies)]


def read(data: bytes, folder: Path) -> None:
    """A file of that content."""
    path = folder / "a.tar"
    path.write_bytes(data)
    account(path)


TARGET = Target("tar", read, sound, handmade)
