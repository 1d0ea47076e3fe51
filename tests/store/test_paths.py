"""What lies in a folder, with every link followed."""

import os
from pathlib import Path

import pytest

from crosslight.store import UnreadableFile, read_json, read_named, stays_in


def test_the_whole_path_is_followed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    data = tmp_path / "data"
    home.mkdir()
    (data / "deep").mkdir(parents=True)
    (home / "mine.png").write_bytes(b"mine")
    (data / "real.png").write_bytes(b"theirs")
    (data / "images").symlink_to(home, target_is_directory=True)
    (data / "deep" / "up").symlink_to(data / "images", target_is_directory=True)
    (data / "file.png").symlink_to(home / "mine.png")
    (data / "within.png").symlink_to("real.png")
    inside = ("real.png", "within.png", "not-there.png", "deep/../real.png", ".")
    outside = ("images", "images/mine.png", "images/not-there", "deep/up/mine.png", "file.png")
    for name in inside:
        assert stays_in(data, data / name), name
    for name in (*outside, "..", "../data2", "/etc/passwd", "a\0b"):
        assert not stays_in(data, data / name), name[:40]
    (tmp_path / "link").symlink_to(data, target_is_directory=True)
    assert stays_in(tmp_path / "link", tmp_path / "link" / "real.png")
    (tmp_path / "data2").mkdir()
    assert not stays_in(data, tmp_path / "data2")


def test_a_snapshot_of_the_hub_reaches_its_own_repository_only(tmp_path: Path) -> None:
    snapshot = tmp_path / "models--org--name" / "snapshots" / "0123"
    blobs = tmp_path / "models--org--name" / "blobs"
    for folder in (snapshot, blobs, tmp_path / "other"):
        folder.mkdir(parents=True)
        (folder / "x").touch()
    (snapshot / "config.json").symlink_to("../../blobs/x")
    (snapshot / "evil.json").symlink_to("../../../other/x")
    assert stays_in(snapshot, snapshot / "config.json")
    assert not stays_in(snapshot, snapshot / "evil.json")


def test_a_named_file_is_plain_bounded_and_no_link_out(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    theirs = tmp_path / "theirs"
    mine.mkdir()
    theirs.mkdir()
    (mine / "key").write_bytes(b"secret")
    (theirs / "policy.yaml").symlink_to("../mine/key")
    (theirs / "plain.yaml").write_bytes(b"12345")
    (theirs / "same.yaml").symlink_to("plain.yaml")
    os.mkfifo(theirs / "pipe.yaml")
    assert read_named(theirs / "same.yaml", 5) == b"12345"
    for name in ("policy.yaml", "pipe.yaml", "not-there.yaml", "."):
        with pytest.raises(UnreadableFile):
            read_named(theirs / name, 100)
    with pytest.raises(UnreadableFile, match="larger"):
        read_named(theirs / "plain.yaml", 4)


@pytest.mark.parametrize("text", [b"{", b"\xff", b"[" * 200_000, b"1" * 5000, b""])
def test_json_of_a_run_that_is_none_is_one_error(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(text)
    with pytest.raises(UnreadableFile, match=r"run\.json is no JSON"):
        read_json(tmp_path / "run.json")


def test_json_that_is_a_pipe_is_not_waited_on(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "run.json")
    with pytest.raises(UnreadableFile, match="no regular file"):
        read_json(tmp_path / "run.json")
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "other.json")
