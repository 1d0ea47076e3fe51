"""The cache: once, whole, with the right hash, from the first place that has it."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from crosslight.models import fetch
from crosslight.models.errors import Missing
from crosslight.models.fetch.errors import FetchFailed, WrongHash
from tests.models.fetch.book import entry, write_manifest
from tests.models.fetch.server import serve

DATA = b"weights " * 50_000
OTHER = b"Weights " * 50_000


def test_fetch_then_cached(tmp_path: Path) -> None:
    told = list[fetch.Progress]()
    with serve(files={"/x": DATA}) as shelf:
        manifest = write_manifest(tmp_path, thing=entry(DATA, {"url": f"{shelf.url}/x"}))
        assert fetch.state("thing", manifest=manifest) == "missing"
        path = fetch.fetch("thing", told.append, manifest=manifest)
        assert fetch.fetch("thing", manifest=manifest) == path
        assert len(shelf.asked) == 1
    assert path == fetch.path_of("thing", manifest=manifest)
    assert path == fetch.verify("thing", manifest=manifest)
    assert path.read_bytes() == DATA
    assert told[-1].done == told[-1].total == len(DATA)
    assert fetch.state("thing", manifest=manifest) == "present"


def test_wrong_bytes_are_refused_and_the_next_place_is_asked(tmp_path: Path) -> None:
    with serve(files={"/bad": OTHER, "/good": DATA}) as shelf:
        places = ({"url": f"{shelf.url}/bad"}, {"url": f"{shelf.url}/good"})
        manifest = write_manifest(tmp_path, thing=entry(DATA, *places))
        assert fetch.fetch("thing", manifest=manifest).read_bytes() == DATA
        assert [path for path, _ in shelf.asked] == ["/bad", "/good"]


def test_wrong_bytes_everywhere(tmp_path: Path) -> None:
    with serve(files={"/bad": OTHER}) as shelf:
        places = ({"url": f"{shelf.url}/bad"}, {"url": f"{shelf.url}/gone"})
        manifest = write_manifest(tmp_path, thing=entry(DATA, *places))
        with pytest.raises(WrongHash) as caught:
            fetch.fetch("thing", manifest=manifest)
    assert "404" in str(caught.value)
    assert "by hand" in caught.value.hint
    assert not list(fetch.home().rglob("thing*"))


def test_the_left_over_part_of_another_file_does_no_harm(tmp_path: Path) -> None:
    with serve(files={"/x": DATA}) as shelf:
        told = entry(DATA, {"url": f"{shelf.url}/x"})
        manifest = write_manifest(tmp_path, thing=told)
        folder = fetch.path_of("thing", manifest=manifest).parent
        folder.mkdir(parents=True)
        left = folder / f".thing.bin.{told['sha256'][:8]}.0123456789abcdef.part"
        left.write_bytes(OTHER[:1000])
        assert fetch.fetch("thing", manifest=manifest).read_bytes() == DATA
        assert [asked for _, asked in shelf.asked] == ["bytes=1000-", None]


@pytest.mark.parametrize("from_package", [False, True])
def test_a_link_under_the_name_of_a_part_is_not_written_through(
    tmp_path: Path, from_package: bool
) -> None:
    source = tmp_path / "source"
    source.write_bytes(DATA)
    told = entry(DATA, {"url": source.as_uri()})
    manifest = write_manifest(tmp_path, thing=told)
    path = fetch.path_of("thing", manifest=manifest)
    path.parent.mkdir(parents=True)
    mine = tmp_path / "mine"
    mine.write_text("precious")
    mark = told["sha256"][:8]
    old = f"thing.bin.{mark}" + (".package.part" if from_package else ".part")
    for name in (old, f".thing.bin.{mark}.0123456789abcdef.part"):
        (path.parent / name).symlink_to(mine)
    os.link(mine, path.parent / f".thing.bin.{mark}.1123456789abcdef.part")
    assert fetch.fetch("thing", manifest=manifest).read_bytes() == DATA
    assert mine.read_text() == "precious"
    assert not path.is_symlink()


@pytest.mark.parametrize("damage", [b"", DATA[:-1], OTHER, DATA + b"x"])
def test_a_damaged_file_is_noticed_and_fetched_again(tmp_path: Path, damage: bytes) -> None:
    source = tmp_path / "source"
    source.write_bytes(DATA)
    manifest = write_manifest(tmp_path, thing=entry(DATA, {"url": source.as_uri()}))
    path = fetch.fetch("thing", manifest=manifest)
    path.write_bytes(damage)
    assert fetch.state("thing", manifest=manifest) == "damaged"
    with pytest.raises(WrongHash):
        fetch.verify("thing", manifest=manifest)
    assert fetch.fetch("thing", manifest=manifest).read_bytes() == DATA


def test_hub_first_through_the_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(files={"/org/repo/resolve/main/x": DATA}) as shelf:
        monkeypatch.setenv("HF_ENDPOINT", shelf.url)
        places = ({"hub": {"repo": "org/repo", "file": "x"}}, {"url": "file:///nowhere"})
        manifest = write_manifest(tmp_path, thing=entry(DATA, *places))
        assert fetch.fetch("thing", manifest=manifest).read_bytes() == DATA


def test_unknown_and_absent(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path, thing=entry(DATA, {"url": "file:///nowhere/x"}))
    with pytest.raises(Missing):
        fetch.fetch("else", manifest=manifest)
    with pytest.raises(FetchFailed, match="not in"):
        fetch.verify("thing", manifest=manifest)
    with pytest.raises(FetchFailed):
        fetch.fetch("thing", manifest=manifest)


def test_a_home_that_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("CROSSLIGHT_HOME", str(tmp_path / "file"))
    manifest = write_manifest(tmp_path, thing=entry(DATA, {"url": "file:///nowhere/x"}))
    with pytest.raises(FetchFailed) as caught:
        fetch.fetch("thing", manifest=manifest)
    assert "CROSSLIGHT_HOME" in caught.value.hint


def test_threads_fetch_once(tmp_path: Path) -> None:
    with serve(files={"/x": DATA}) as shelf:
        manifest = write_manifest(tmp_path, thing=entry(DATA, {"url": f"{shelf.url}/x"}))
        threads = [
            threading.Thread(target=fetch.fetch, args=("thing",), kwargs={"manifest": manifest})
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(shelf.asked) == 1
    assert fetch.state("thing", manifest=manifest) == "present"


def test_two_processes_fetch_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from crosslight.models import fetch; "
        "fetch.fetch('thing', manifest=Path(sys.argv[1]))"
    )
    with serve(files={"/x": DATA}) as shelf:
        manifest = write_manifest(tmp_path, thing=entry(DATA, {"url": f"{shelf.url}/x"}))
        env = {**os.environ, "PYTHONPATH": "src"}
        command = [sys.executable, "-c", code, str(manifest)]
        runs = [subprocess.Popen(command, env=env) for _ in range(2)]
        assert [run.wait(60) for run in runs] == [0, 0]
        assert len(shelf.asked) == 1
    assert fetch.verify("thing", manifest=manifest).read_bytes() == DATA
