"""What a killed run had finished is taken over by the same command over the same photos only."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crosslight.build import BuildConfig, BuildJob, read_run, run_build
from crosslight.build import job as jobs
from crosslight.build.rescue import OTHER, OTHER_PHOTOS
from crosslight.build.row_log import LOG_FILE, RowLog
from crosslight.models.fake import FakeModel
from crosslight.photos import ScreenConfig
from crosslight.runs import begin, check_folder
from tests.build.scenes import KEEP, Scene, Truth, picture
from tests.build.scripted import write_photos

SCENES = [Scene(at, picture(at), KEEP) for at in range(3)]


class Given:
    """A backend that knows the truth."""

    spec = "fake:truth"

    async def open(self) -> FakeModel:
        return Truth(SCENES).model()


def run(here: Path, *, calls: int | None, **more: Any) -> dict[str, Any]:
    models = dict.fromkeys(("author", "guard", "responder"), "fake:truth")
    config = BuildConfig(rewordings=0, other_photos=0, rounds=0)
    paths = (here / "photos", here / "out", here / "answers.sqlite", here / "images")
    job = BuildJob(*paths, models, config, canary=False, budget_calls=calls, **more)
    return asyncio.run(run_build(job)).summary


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """A run's folder as a kill leaves it before the first dataset is written, without the stored
    answers; and the rows in its log."""
    here = tmp_path_factory.mktemp("killed")
    write_photos(SCENES, here / "photos")
    close = RowLog.close

    def kept(log: RowLog) -> None:
        if log._path is not None:
            for file in log._path.parent.glob(f"{LOG_FILE}*"):
                shutil.copy(file, here / file.name)
        close(log)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "parse", lambda spec: Given())
        patch.setattr(RowLog, "close", kept)
        run(here, calls=None)
    rows = {row.id for row in read_run(here / "out").rows}
    (here / "answers.sqlite").unlink()
    shutil.rmtree(here / "out")
    (here / "out").mkdir()
    begin(here / "out", "build")
    for file in here.glob(f"{LOG_FILE}*"):
        shutil.move(file, here / "out" / file.name)
    return here, rows


@pytest.mark.parametrize(
    ("change", "more", "note"),
    [
        (lambda photos: None, {}, ""),
        (lambda photos: None, {"screen": ScreenConfig(workers=1)}, ""),
        (lambda photos: None, {"screen": ScreenConfig(min_side=63)}, OTHER),
        (lambda photos: None, {"limit": 2}, OTHER_PHOTOS),
        (lambda photos: next(photos.iterdir()).unlink(), {}, OTHER_PHOTOS),
        (lambda photos: (photos / "new.jpg").write_bytes(picture(9)), {}, OTHER_PHOTOS),
        (
            lambda photos: sorted(photos.iterdir())[0].write_bytes(picture(9)),
            {},
            OTHER_PHOTOS,
        ),
    ],
    ids=["same", "other threads", "other screen", "fewer", "one gone", "one more", "one changed"],
)
def test_rows_are_taken_over_where_photos_and_screen_are_the_same(
    killed: tuple[Path, set[str]],
    change: Callable[[Path], object],
    more: dict[str, Any],
    note: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "parse", lambda spec: Given())
    here, rows = tmp_path / "here", killed[1]
    shutil.copytree(killed[0], here)
    change(here / "photos")
    told = run(here, calls=0, **more)
    assert told["status"] == "stopped" and told["calls"]["asked"] == 0
    assert len(rows) > len(SCENES)
    assert {row.id for row in read_run(here / "out").rows} == (set() if note else rows)
    assert (note in told["notes"]) == bool(note)


def test_a_run_killed_as_it_opens_its_log_can_be_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "parse", lambda spec: Given())
    write_photos(SCENES, tmp_path / "photos")
    opened = RowLog.__init__

    def seen(log: RowLog, path: Path | None = None) -> None:
        opened(log, path)
        if path is not None:
            shutil.copytree(path.parent, tmp_path / "killed")

    monkeypatch.setattr(RowLog, "__init__", seen)
    run(tmp_path, calls=0)
    assert (tmp_path / "killed" / LOG_FILE).exists()
    check_folder(tmp_path / "killed", "build")
