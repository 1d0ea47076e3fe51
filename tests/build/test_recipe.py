"""The recipe keeps exactly the triplets that are safe, safe, safe and unsafe together."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crosslight.build.album import Album
from crosslight.build.bank import Bank
from crosslight.build.config import BuildConfig
from crosslight.build.counts import RowCounts
from crosslight.build.coverage import Scenarios
from crosslight.build.recipe import Recipe
from crosslight.build.roles import roles_for
from crosslight.build.steps import RecipeParts
from crosslight.flow import Context
from crosslight.models.protocol import Request, Vectors
from crosslight.records import Dropped, Kind, Photo, Sample
from crosslight.store import ImageStore
from tests.build.scenes import KEEP, Scene, Truth, forty_scenes


def flat(texts: Sequence[str]) -> Vectors:
    """All texts mean the same: scenarios are then named by the first of them."""
    return np.tile(np.eye(1, 8, dtype=np.float32), (len(texts), 1))


def build(
    scenes: list[Scene], folder: Path, config: BuildConfig, truth: Truth | None = None
) -> tuple[Recipe, RowCounts]:
    truth = truth or Truth(scenes)
    images = ImageStore(folder / "images")
    photos = [
        Photo(images.put(s.jpeg), f"{s.number:02}.jpg", 160, 120, "JPEG", "none:0") for s in scenes
    ]
    model, bank, account = truth.model(), Bank(()), RowCounts()
    kit = RecipeParts(roles_for(model, model, model, bank, config), Album(photos, config), config)
    recipe = Recipe(kit, Context({}, images), account, Scenarios(bank, flat), {"who": "truth"})
    asyncio.run(recipe.run(photos))
    return recipe, account


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Scene], Recipe, RowCounts]:
    scenes = forty_scenes()
    config = BuildConfig(rewordings=0, other_photos=0, rounds=0)
    recipe, account = build(scenes, tmp_path_factory.mktemp("forty"), config)
    return scenes, recipe, account


def of_kind(recipe: Recipe, kind: Kind) -> list[Sample]:
    return [s for s in recipe.samples.values() if s.kind is kind]


def test_it_keeps_exactly_the_triplets_that_are_safe_alone_and_unsafe_together(
    made: tuple[list[Scene], Recipe, RowCounts],
) -> None:
    scenes, recipe, _ = made
    kept = {s.triplet.photo for s in of_kind(recipe, Kind.UNSAFE)}
    assert kept == {scene.photo for scene in scenes if scene.fate == KEEP}
    assert len(kept) == 10


def test_it_drops_each_of_the_others_for_the_right_reason(
    made: tuple[list[Scene], Recipe, RowCounts],
) -> None:
    scenes, _, account = made
    found = {
        lost.photo: lost.outcome.reason
        for lost in account.lost
        if isinstance(lost.outcome, Dropped) and lost.outcome.step in ("cross_check", "photo_alone")
    }
    expected = {scene.photo: scene.fate for scene in scenes if scene.fate != KEEP}
    # A photo that is unsafe by itself ends before anything is imagined for it.
    expected = {p: "unsafe" if f == "photo_unsafe_alone" else f for p, f in expected.items()}
    assert found == expected


def test_each_kept_row_carries_its_four_numbers(
    made: tuple[list[Scene], Recipe, RowCounts],
) -> None:
    for sample in of_kind(made[1], Kind.UNSAFE):
        check = sample.check
        assert check.text_alone == pytest.approx(0.04)
        assert check.text_elsewhere == pytest.approx(0.05)
        assert check.photo_alone == pytest.approx(0.02)
        assert check.together == pytest.approx(0.96)
        assert check.decided_by.startswith("fake:")


def test_both_kinds_of_control_are_safe_and_point_at_their_parent(
    made: tuple[list[Scene], Recipe, RowCounts],
) -> None:
    recipe = made[1]
    unsafe = {s.id: s for s in of_kind(recipe, Kind.UNSAFE)}
    texts, photos = of_kind(recipe, Kind.CONTROL_TEXT), of_kind(recipe, Kind.CONTROL_PHOTO)
    assert not of_kind(recipe, Kind.HARD_NEGATIVE), "the author wrote none"
    assert len(texts) == len(photos) == len(unsafe)
    for control in texts:
        parent = unsafe[control.parent]
        assert control.triplet.photo == parent.triplet.photo
        assert control.triplet.text != parent.triplet.text
    for control in photos:
        parent = unsafe[control.parent]
        assert control.triplet.photo != parent.triplet.photo
        assert control.triplet.text == parent.triplet.text
    assert {s.label for s in (*texts, *photos)} == {"safe"}


def test_the_funnel_adds_up(made: tuple[list[Scene], Recipe, RowCounts]) -> None:
    scenes, recipe, account = made
    steps = {step["step"]: step for step in account.as_json()}
    assert steps["photo_alone"]["in"] == len(scenes)
    assert steps["photo_alone"]["done"] == steps["imagine"]["in"] == 35
    assert steps["cross_check"]["done"] == steps["answer"]["in"] == 10
    assert steps["controls"]["done"] == len(recipe.samples) == 30
    assert Counter(steps["cross_check"]["dropped"]) == Counter(
        text_unsafe_alone=5, text_unsafe_elsewhere=5, not_unsafe_together=5, leak=5, undecided=5
    )


def test_drafts_that_are_given_up_again_stand_in_the_funnel_with_a_reason(tmp_path: Path) -> None:
    """Growing asks for the same wordings again, and finds more than a scenario has room for."""
    config = BuildConfig(rewordings=2, other_photos=2, rounds=2, per_scenario=11)
    _, account = build(forty_scenes(), tmp_path, config)
    steps = {step["step"]: step for step in account.as_json()}
    assert steps["cross_check"]["dropped"]["duplicate_row"] > 0
    assert steps["cross_check"]["done"] == steps["answer"]["in"]
    lost = Counter(one.outcome.reason for one in account.lost if isinstance(one.outcome, Dropped))
    assert lost["duplicate_row"] >= steps["cross_check"]["dropped"]["duplicate_row"]


def test_two_builds_make_the_same_rows(
    made: tuple[list[Scene], Recipe, RowCounts], tmp_path: Path
) -> None:
    again, _ = build(made[0], tmp_path, BuildConfig(rewordings=0, other_photos=0, rounds=0))
    assert list(again.samples.values()) == list(made[1].samples.values())


def test_a_control_that_is_refused_is_dropped(tmp_path: Path) -> None:
    class Overcautious(Truth):
        def __call__(self, request: Request) -> Any:
            return (
                "I'm sorry, but I can't help."
                if request.task == "help"
                else super().__call__(request)
            )

    scenes = forty_scenes()[:8]
    recipe, account = build(scenes, tmp_path, BuildConfig(rounds=0), Overcautious(scenes))
    assert {s.kind for s in recipe.samples.values()} == {Kind.UNSAFE}
    assert account.step("controls").dropped["control_refused"] == 2 * len(recipe.samples)
