"""What the bank's elements and places make of two albums.

`seen_in_albums.json` holds what embedded perception saw on 2026-11-26 in the example photos and in
24 photos of public test sets, without the print: tags under 0.004 are left out.
"""

import json
from functools import cache
from pathlib import Path

import pytest

from crosslight.build.bank import Case, Pattern, read_bank
from crosslight.build.config import BuildConfig
from crosslight.build.roles.seeing import best_place, element_in, hazard_in
from crosslight.models import Scene

SURE, HARMLESS = BuildConfig().unsafe_above, BuildConfig().safe_below
SEEN = Path(__file__).with_name("seen_in_albums.json")


@cache
def album(name: str) -> dict[str, Scene]:
    seen = json.loads(SEEN.read_text(encoding="utf-8"))[name]
    return {photo: Scene.from_json(scene) for photo, scene in seen.items()}


def fires(pattern: Pattern, scene: Scene) -> bool:
    return (element_in(pattern, scene) or 0.0) >= SURE


def is_harmless(pattern: Pattern, case: Case, scene: Scene) -> bool:
    hazard = hazard_in(pattern, scene)
    return best_place(case, scene)[0] >= SURE and hazard is not None and hazard <= HARMLESS


@pytest.mark.parametrize(("name", "photos"), [("example_photos", 13), ("ordinary_photos", 15)])
def test_so_many_photos_of_an_album_hold_an_element(name: str, photos: int) -> None:
    scenes = album(name)
    assert len(scenes) == 24
    held = [p for p, scene in scenes.items() if any(fires(one, scene) for one in read_bank())]
    assert len(held) >= photos, held


@pytest.mark.parametrize(("name", "share"), [("example_photos", 0.55), ("ordinary_photos", 0.37)])
def test_sentences_find_a_harmless_photo_in_the_same_album(name: str, share: float) -> None:
    scenes = album(name).values()
    placed: dict[str, bool] = {}
    for pattern in read_bank():
        if any(fires(pattern, scene) for scene in scenes):
            for case in pattern.cases:
                placed[case.say] = any(is_harmless(pattern, case, scene) for scene in scenes)
    assert len(placed) > 50
    missing = [say for say, found in placed.items() if not found]
    assert 1 - len(missing) / len(placed) >= share, missing
