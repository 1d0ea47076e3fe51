"""One album, built with one photo a row and with two: no photo stands in two splits."""

from pathlib import Path

from crosslight.build import BuildConfig, BuildJob, read_run, run_build
from crosslight.flow import run_main
from crosslight.models.fake import FakeServer
from crosslight.models.fake.script import Script
from tests.build.scenes import KEEP, Scene, picture
from tests.build.scripted import script_for, write_photos
from tests.build.two_photos.test_run import script

PHOTOS = 24


def built(here: Path, photos: Path, name: str, made: Script, config: BuildConfig) -> dict[str, str]:
    """The split of each photo that stands in one."""
    with FakeServer(made) as server:
        models = dict.fromkeys(("author", "guard", "responder"), server.spec)
        store = here / f"{name}.sqlite"
        job = BuildJob(photos, here / name, store, here / "images", models, config, canary=False)
        assert run_main(run_build(job)).status == "complete"
    rows = [row for row in read_run(here / name).rows if row.split != "unsplit"]
    assert rows
    found = {(photo, row.split) for row in rows for photo in row.photos}
    assert len(dict(found)) == len(found), "one photo in two splits"
    return dict(found)


def test_a_photo_stands_in_the_same_split_of_both_builds(tmp_path: Path) -> None:
    scenes = [Scene(number, picture(number), KEEP) for number in range(PHOTOS)]
    photos = write_photos(scenes, tmp_path / "photos")
    one = BuildConfig(per_photo=1, rewordings=0, other_photos=0, rounds=0, controls=False)
    single = built(tmp_path, photos, "one", script_for(scenes, tmp_path / "scratch"), one)
    assert set(single.values()) >= {"train", "test"}
    two = BuildConfig(images=2, per_photo=1, controls=False)
    pairs = built(tmp_path, photos, "two", script(tmp_path), two)
    both = single.keys() & pairs.keys()
    assert both and {photo: single[photo] for photo in both} == {p: pairs[p] for p in both}
