"""WebDataset shards: named, read, never extracted."""

import gzip
import io
import json
import tarfile
import time
import tracemalloc
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from crosslight.photos.sources import Refused, SourceError, SourceOptions, open_source
from crosslight.store.decode import BadImage
from tests.photos.sources.tar_blocks import DAMAGED, END, GOOD, SPARSE, header, padded, pax, signed


def make_tar(path: Path, members: list[tuple[str, bytes]], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


FACTS = json.dumps({"license": "CC0", "url": "u", "source_url": "https://x", "n": 1}).encode()
MEMBERS = [
    ("s/0001.jpg", b"one"),
    ("s/0001.json", FACTS),
    ("s/0001.txt", b"words"),
    ("s/0002.json", b"{broken"),
    ("s/0002.left.png", b"left"),
    ("s/0002.right.png", b"right"),
    ("s/0003.txt", b"no picture"),
    ("../../etc/passwd.jpg", b"dots"),
    ("/abs/x.jpg", b"abs"),
    ("s/0001.jpg", b"again"),
]


@pytest.mark.parametrize(
    ("name", "mode"), [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.tgz", "w:gz")]
)
def test_samples(tmp_path: Path, name: str, mode: str) -> None:
    path = make_tar(tmp_path / name, MEMBERS, mode)
    found = list(open_source(path, SourceOptions(licence="?")))
    assert [(f.source.partition("::")[2], f.read()) for f in found] == [
        ("s/0001.jpg", b"one"),
        ("s/0002.left.png", b"left"),
        ("s/0002.right.png", b"right"),
        ("s/0003.txt", b"no picture"),
        ("../../etc/passwd.jpg", b"dots"),
        ("/abs/x.jpg", b"abs"),
        ("s/0001.jpg#2", b"again"),
    ]
    assert {f.source.partition("::")[0] for f in found} == {name}
    assert (found[0].licence, found[0].origin) == ("CC0", "https://x")
    assert found[0].extra == (("url", "u"), ("n", "1"))
    assert found[1].licence == "?"
    assert sorted(p.name for p in tmp_path.iterdir()) == [name]  # nothing was extracted


def test_a_folder_of_shards(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    for n in (1, 0):
        make_tar(tmp_path / "train" / f"{n}.tar", [("a.jpg", b"x")])
    sources = [f.source for f in open_source(tmp_path)]
    assert sources == ["train/0.tar::a.jpg", "train/1.tar::a.jpg"]


def test_members_that_are_no_files(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as tar:
        for name, kind in (("a.jpg", tarfile.SYMTYPE), ("b.jpg", tarfile.LNKTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
        info = tarfile.TarInfo("c.jpg")
        info.type = tarfile.FIFOTYPE
        tar.addfile(info)
        info = tarfile.TarInfo("folder")
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
    reasons = []
    for found in open_source(path):
        with pytest.raises(Refused) as caught:
            found.read()
        reasons.append(caught.value.reason)
    assert reasons == ["link", "link", "not_a_file"]


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz"])
def test_a_huge_member_is_not_read(tmp_path: Path, name: str) -> None:
    mode = "w" if name == "a.tar" else "w:gz"
    path = make_tar(tmp_path / name, [("a.jpg", bytes(3_000_000)), ("b.jpg", b"b")], mode)
    big, small = open_source(path, SourceOptions(max_bytes=1_000_000))
    with pytest.raises(BadImage) as caught:
        big.read()
    assert caught.value.reason == "too_large"
    assert small.read() == b"b"


def test_a_huge_header_is_not_read(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 2**32
    path = tmp_path / "a.tar.gz"
    with gzip.open(path, "wb") as file:
        file.write(info.tobuf(tarfile.GNU_FORMAT))
        file.write(bytes(30_000_000))
    [found] = open_source(path)
    with pytest.raises(SourceError) as caught:
        found.read()
    assert caught.value.error == "damaged_archive"
    assert "header" in caught.value.detail


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_cut_shard_ends_in_one_failure(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.tar" if mode == "w" else "a.tar.gz")
    noise = [bytes((n * k) % 251 for k in range(5000)) for n in range(1, 30)]
    make_tar(path, [(f"{n}.jpg", data) for n, data in enumerate(noise)], mode)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    *_, last = open_source(path)
    assert last.source.endswith("::(rest)")
    with pytest.raises(SourceError) as caught:
        last.read()
    assert caught.value.error == "damaged_archive"


def test_no_tar_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"hello" * 1000)
    [found] = open_source(tmp_path / "a.tar")
    with pytest.raises(SourceError):
        found.read()


def account(path: Path, most: int = 10_000) -> list[tuple[str, str]]:
    """Name and what became of it, of each entry: the bytes, or the reason."""
    seen = []
    for found in islice(open_source(path), most + 1):
        try:
            seen.append((found.source.partition("::")[2], found.read().decode()))
        except (Refused, BadImage) as error:
            seen.append((found.source.partition("::")[2], error.reason))
        except SourceError as error:
            seen.append((found.source.partition("::")[2], error.error))
    assert len(seen) <= most, "it does not end"
    return seen


@pytest.mark.parametrize("packed", [False, True], ids=["tar", "tgz"])
@pytest.mark.parametrize("what", DAMAGED)
def test_a_lying_header_costs_its_shard_and_names_it(
    tmp_path: Path, what: str, packed: bool
) -> None:
    data = GOOD + DAMAGED[what] + GOOD + END
    path = tmp_path / ("b.tar.gz" if packed else "b.tar")
    path.write_bytes(gzip.compress(data) if packed else data)
    make_tar(tmp_path / "c.tar", [("fine.jpg", b"fine")])
    assert account(tmp_path) == [
        ("good.jpg", "good"),
        ("(rest)", "damaged_archive"),
        ("fine.jpg", "fine"),
    ]


@pytest.mark.parametrize("what", SPARSE)
def test_a_sparse_member_is_no_file_and_what_follows_is_read(tmp_path: Path, what: str) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(GOOD + SPARSE[what] + header("next.jpg", 4) + padded(b"next") + END)
    seen = account(path)
    assert [outcome for _, outcome in seen] == ["good", "not_a_file", "next"]


def test_a_member_of_a_size_below_zero_is_not_read_to_the_end(tmp_path: Path) -> None:
    """2 MB of gzip that hold 2 GB: no more is in memory than a photo may have."""
    path = tmp_path / "neg.tgz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(GOOD + pax(size="-1") + header())
        for _ in range(200):
            file.write(bytes(2**20))
    tracemalloc.start()
    try:
        assert [outcome for _, outcome in account(path)] == ["good", "damaged_archive"]
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_the_members_of_one_sample_are_not_all_held(tmp_path: Path) -> None:
    """Members that share a key come together; of a packed shard their bytes are in memory."""
    path = tmp_path / "a.tgz"
    make_tar(path, [(f"k.{n}.jpg", bytes(2_000_000)) for n in range(60)], "w:gz")
    tracemalloc.start()
    try:
        sizes = [len(f.read()) for f in open_source(path, SourceOptions(max_bytes=4_000_000))]
        assert sizes == [2_000_000] * 60
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


def test_more_members_than_a_packed_shard_can_hold(tmp_path: Path) -> None:
    path = tmp_path / "a.tgz"
    path.write_bytes(gzip.compress(header("a.jpg") * 20_000 + END, compresslevel=1))
    began = time.monotonic()
    seen = account(path, most=15_000)
    assert seen[-1] == ("(rest)", "damaged_archive")
    assert len({name for name, _ in seen}) == len(seen)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("cut", [lambda d: d[:-1024], lambda d: d[:-1500], lambda d: d[:512]])
def test_a_shard_without_its_end_is_named(tmp_path: Path, cut: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(cut(GOOD + GOOD + END))
    assert account(path)[-1] == ("(rest)", "damaged_archive")


def test_names_of_other_formats(tmp_path: Path) -> None:
    """GNU and PAX long names, umlauts, and bytes that are no UTF-8."""
    long = "d/" * 100 + "x.jpg"
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        path = tmp_path / f"{form}.tar"
        with tarfile.open(path, "w", format=form) as tar:
            for name in (long, "ö" * 90 + ".jpg", "\udcff.jpg"):
                tar.addfile(tarfile.TarInfo(name))
        assert [name for name, _ in account(path)] == [long, "ö" * 90 + ".jpg", "\\xff.jpg"]


def test_what_global_headers_say_is_not_collected(tmp_path: Path) -> None:
    """Each of them may name thousands of records that hold for all members behind it."""
    path = tmp_path / "a.tar"
    value = "x" * 16_000
    with path.open("wb") as file:
        for at in range(20):
            records = {f"GNU__sparse__{at * 100 + each:07}": value for each in range(100)}
            block = pax(**records)
            file.write(signed(block[:512], 156, tarfile.XGLTYPE) + block[512:] + header("a.jpg"))
        file.write(END)
    tracemalloc.start()
    try:
        found = list(open_source(path, SourceOptions()))
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20  # of 32 MB of records
    finally:
        tracemalloc.stop()
    assert len(found) == 20
    with pytest.raises(Refused, match="special"):
        found[-1].read()
