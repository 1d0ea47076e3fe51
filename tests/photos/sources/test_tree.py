"""Folders: every entry, in order, without loops."""

import os
import subprocess
from pathlib import Path

import pytest

from crosslight.photos.sources import InputError, Refused, SourceKind, detect, open_source
from crosslight.store.decode import BadImage
from tests.build.hostile import encoded, make_hostile, photo


def write(path: Path, data: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_order_is_that_of_the_names(tmp_path: Path) -> None:
    for name in ("b.jpg", "a/2.jpg", "a/10.jpg", "a.jpg", "Z.jpg", "é.jpg"):
        write(tmp_path / name)
    sources = [found.source for found in open_source(tmp_path)]
    assert sources == ["Z.jpg", "a/10.jpg", "a/2.jpg", "a.jpg", "b.jpg", "é.jpg"]


def test_every_entry_of_a_hostile_folder_once(tmp_path: Path) -> None:
    expected = make_hostile(tmp_path)
    sources = [found.source for found in open_source(tmp_path)]
    assert sorted(sources) == sorted(expected)


def test_bytes_are_read_when_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jpg", b"before")
    [found] = open_source(tmp_path)
    path.write_bytes(b"after")
    assert found.read() == b"after"


def test_very_deep_folders(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * 1500)
    here = os.getcwd()  # noqa: PTH109
    try:
        os.chdir(tmp_path)
        for _ in range(1500):
            os.mkdir("d")  # noqa: PTH102
            os.chdir("d")
        Path("a.jpg").write_bytes(b"x")
    finally:
        os.chdir(here)
    try:
        [found] = open_source(tmp_path)
        assert found.source == str(deep.relative_to(tmp_path) / "a.jpg")
        assert found.read() == b"x"
    finally:  # deeper than pytest can clean up
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)


def test_links_leave_the_folder_only_when_allowed(tmp_path: Path) -> None:
    write(tmp_path / "other" / "a.jpg", b"secret")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").symlink_to(tmp_path / "other" / "a.jpg")
    [found] = open_source(tmp_path / "in")
    with pytest.raises(Refused) as caught:
        found.read()
    assert caught.value.reason == "outside"
    [found] = open_source(tmp_path / "in", allow_outside=True)
    assert found.read() == b"secret"


def test_a_linked_input_folder_is_read(tmp_path: Path) -> None:
    write(tmp_path / "real" / "a.jpg", b"x")
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    [found] = open_source(tmp_path / "link")
    assert found.read() == b"x"


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jpg")
    with path.open("r+b") as file:
        file.truncate(10**10)
    [found] = open_source(tmp_path)
    with pytest.raises(BadImage) as caught:
        found.read()
    assert caught.value.reason == "too_large"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_folder_is_one_entry(tmp_path: Path) -> None:
    write(tmp_path / "a" / "x.jpg")
    write(tmp_path / "b.jpg")
    (tmp_path / "a").chmod(0)
    try:
        found = list(open_source(tmp_path))
    finally:
        (tmp_path / "a").chmod(0o755)
    assert [f.source for f in found] == ["a/", "b.jpg"]
    with pytest.raises(PermissionError):
        found[0].read()


def test_a_folder_that_vanishes_is_one_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a" / "x.jpg")
    write(tmp_path / "b.jpg")
    real = os.listdir

    def flaky(path: Path) -> list[str]:
        if Path(path).name == "a":
            raise PermissionError(13, "no")
        return real(path)

    monkeypatch.setattr(os, "listdir", flaky)
    found = list(open_source(tmp_path))
    assert [f.source for f in found] == ["a/", "b.jpg"]
    with pytest.raises(PermissionError):
        found[0].read()


def test_one_photo_is_an_input(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jpg", encoded(photo(1)))
    assert detect(path) is SourceKind.FILE
    [found] = open_source(path)
    assert (found.source, found.read()) == ("a.jpg", path.read_bytes())


def test_inputs_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.txt").write_text("\n\n")
    os.mkfifo(tmp_path / "pipe")
    for path, message in (
        (tmp_path / "nowhere", "does not exist"),
        (tmp_path / "empty", "holds nothing"),
        (tmp_path / "empty.txt", "holds nothing"),
        (tmp_path / "pipe", "no file and no folder"),
        (Path("https://example.org/a.jpg"), "A URL is not an input"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            open_source(path)
        assert caught.value.hint


def test_a_folder_is_read_as_what_lies_in_it(tmp_path: Path) -> None:
    write(tmp_path / "hf" / "data" / "train.parquet")
    write(tmp_path / "hf" / "README.md")
    write(tmp_path / "wds" / "0.tar")
    write(tmp_path / "mixed" / "0.tar")
    write(tmp_path / "mixed" / "a.jpg")
    kinds = [detect(tmp_path / name) for name in ("hf", "wds", "mixed")]
    assert kinds == [SourceKind.PARQUET_FOLDER, SourceKind.TAR_FOLDER, SourceKind.FOLDER]
