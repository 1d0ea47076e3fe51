"""Stores and caches are their owner's, and one that is not is told."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from crosslight.models.fetch import home
from crosslight.models.gguf.files import fingerprint
from crosslight.store import OK, AnswerStore, ImageStore, Record, plain_path
from crosslight.store.private import open_to_others
from tests.build.hostile import encoded, photo

pytestmark = pytest.mark.skipif(os.name == "nt", reason="other rights there")


@pytest.fixture(autouse=True)
def usual_umask() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_ones(folder: Path) -> list[str]:
    """Everything in it, and itself, that others may touch in any way."""
    return sorted(
        f"{path.relative_to(folder)} {stat.filemode(path.stat().st_mode)}"
        for path in [folder, *folder.rglob("*")]
        if path.stat().st_mode & 0o077
    )


@pytest.mark.parametrize("fsync", [True, False])
def test_photos_and_views(tmp_path: Path, fsync: bool) -> None:
    store = ImageStore(tmp_path / "mine" / "images", fsync=fsync)
    store.view(store.put(encoded(photo(1))))
    assert len(list((tmp_path / "mine").rglob("*"))) > 8
    assert open_ones(tmp_path / "mine") == []


def test_answers_and_what_sqlite_puts_beside_them(tmp_path: Path) -> None:
    async def write() -> None:
        with AnswerStore(tmp_path / "mine" / "answers.sqlite") as store:
            await store.put(Record("k", "task", "model", OK, "1"))
            names = {path.name for path in (tmp_path / "mine").iterdir()}
            assert names == {"answers.sqlite", "answers.sqlite-wal", "answers.sqlite-shm"}
            assert open_ones(tmp_path / "mine") == []

    asyncio.run(write())


def test_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSLIGHT_HOME", str(tmp_path / "home"))
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    fingerprint(tmp_path / "model.gguf")
    assert [path.name for path in home().iterdir()] == ["hashes"]
    assert stat.S_IMODE(home().stat().st_mode) == 0o700


def test_a_store_that_others_can_read_is_told(tmp_path: Path) -> None:
    place = tmp_path / "shared"
    place.mkdir(mode=0o755)
    AnswerStore(place / "answers.sqlite").close()
    assert open_to_others(place / "answers.sqlite") == ""
    (place / "answers.sqlite").chmod(0o644)
    told = open_to_others(place / "answers.sqlite")
    assert str(place) in told
    assert "chmod" in told
    assert "\n" not in told
    place.chmod(0o700)
    assert open_to_others(place / "answers.sqlite") == ""


@pytest.mark.parametrize("name", ["a", "a/b.gguf", "a..b/c", "v1.0", "refs-pr/7"])
def test_names_that_lead_down(name: str) -> None:
    assert plain_path(name)


@pytest.mark.parametrize(
    "name", ["", "..", ".", "/a", "a/", "a//b", "a/../b", "a/..", "a\nb", "a\\b", "~"]
)
def test_names_that_do_not(name: str) -> None:
    assert not plain_path(name)
