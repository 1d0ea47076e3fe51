"""WebDataset shards: named, read, never extracted."""

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from crosslight.photos.sources import Refused, SourceError, SourceOptions, open_source
from crosslight.store.decode import BadImage


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
