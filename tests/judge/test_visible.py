"""The constitution of what perception can see, on photos that somebody looked at."""

import asyncio
from pathlib import Path

import pytest

from crosslight.judge import JudgeConfig
from crosslight.judge.job import JudgeJob
from crosslight.judge.step import Target
from crosslight.models.embedded import read_thresholds
from crosslight.models.errors import ModelError
from crosslight.models.fetch import FetchFailed
from crosslight.models.spec import parse
from crosslight.policy.compiled import read_policy
from crosslight.records.verdict import Status
from crosslight.store import ImageStore
from tests.judge.running import run
from tests.judge.two_rules import printed

UNSAFE = {
    "camera.png": {"tripod"},
    "chelsea.png": {"pets", "animals"},
    "coffee.png": {"drinks"},
    "motorcycle.png": {"motorcycle"},
    "rocket.jpg": {"aircraft"},
    "page.png": {"captions"},
    "stamped.jpg": {"confidential"},
}
"""Rules that each breaks, among others that were not looked at."""
SAFE = {"brick.png", "china.jpg", "coins.png", "grass.png", "gravel.png", "plain.jpg"}


@pytest.fixture(scope="module")
def photos() -> dict[str, bytes]:
    """The example photos that somebody judged, by name."""
    from crosslight.cli.photos import example_names
    from crosslight.models import fetch

    async def ready() -> None:
        await (await parse("embedded").open()).aclose()

    try:
        asyncio.run(ready())
        # Fetched where they are not: other tests may just be at it, and wait for each other.
        paths = [fetch.fetch(name) for name in example_names()]
    except (FetchFailed, ModelError, OSError) as error:
        pytest.skip(f"the embedded model or the example photos cannot be had: {error}")
    return {path.name: path.read_bytes() for path in paths if path.name in SAFE.union(UNSAFE)}


def test_it_decides_the_example_photos_as_people_do(
    photos: dict[str, bytes], tmp_path: Path
) -> None:
    constitution, compiled = read_policy("visible")
    pictures = {**photos, "stamped.jpg": printed("TOP SECRET"), "plain.jpg": printed("Room 12")}
    store = ImageStore(tmp_path / "images", fsync=False)
    targets = [Target(store.put(data), name) for name, data in pictures.items()]
    made = JudgeJob(
        targets,
        tmp_path / "run",
        tmp_path / "a.sqlite",
        tmp_path / "images",
        constitution,
        compiled,
        parse("embedded"),
        config=JudgeConfig(addressed="off"),
    )
    _, verdicts = run(made)
    found = {v.source: set(v.violated) for v in verdicts if v.status is Status.UNSAFE}
    for name in UNSAFE.keys() & pictures.keys():
        assert UNSAFE[name] <= found[name]
    assert not found.keys() & SAFE


def test_the_judges_cut_offs_are_those_that_were_calibrated() -> None:
    shipped, used = read_thresholds(), JudgeConfig().thresholds
    assert (used.present, used.absent) == (shipped.present, shipped.absent)
