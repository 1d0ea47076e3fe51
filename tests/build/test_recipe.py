"""The recipe keeps exactly the triplets that are safe, safe, safe and unsafe together."""

import asyncio
import tracemalloc
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crosslight.build.album import Album
from crosslight.build.bank import Bank
from crosslight.build.config import BuildConfig
from crosslight.build.counts import RowCounts
from crosslight.build.passes import Watching
from crosslight.build.recipe import Recipe, _Looks
from crosslight.build.roles import roles_for
from crosslight.build.row_codec import draft_json
from crosslight.build.row_log import RowLog, place_of
from crosslight.build.splits import split_of
from crosslight.build.steps import RecipeParts
from crosslight.build.waves import ScenarioMap
from crosslight.build.wish import Wish
from crosslight.flow import Context, RowResult, Runner
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Request, Vectors
from crosslight.records import CrossCheck, Dropped, Kind, Photo, Sample, Triplet
from crosslight.runs import Lost
from crosslight.store import ImageStore
from tests.build.scenes import KEEP, Scene, Truth, forty_scenes


def flat(texts: Sequence[str]) -> Vectors:
    """All texts mean the same: scenarios are then named by the first of them."""
    return np.tile(np.eye(1, 8, dtype=np.float32), (len(texts), 1))


class Thin(ScenarioMap):
    """Finds that something is always thin."""

    def again(self, nothing: Sequence[str], most: int, turn: int = 1) -> list[Wish]:
        return [Wish(photo, turn=turn) for photo in nothing[:most]]


@dataclass
class Built:
    """What a recipe left in its log."""

    rows: list[Sample]
    lost: list[Lost]
    counts: RowCounts
    recipe: Recipe
    log: RowLog


def build(
    scenes: list[Scene],
    folder: Path,
    config: BuildConfig,
    model: FakeModel | None = None,
    drawn: type[ScenarioMap] = ScenarioMap,
    watch: Watching | None = None,
) -> Built:
    model = model or Truth(scenes).model()
    images, bank, log = ImageStore(folder / "images"), Bank(()), RowLog()
    album = Album(log, config)
    photos = [
        Photo(images.put(s.jpeg), f"{s.number:02}.jpg", 160, 120, "JPEG", "none:0") for s in scenes
    ]
    for at, photo in enumerate(photos):
        album.add(at, photo)
    counts, scenarios = RowCounts(), drawn(bank, flat, 0)
    kit = RecipeParts(roles_for(model, model, model, bank, config), album, config)
    recipe = Recipe(kit, log, Context({}, images), counts, scenarios, {"who": "truth"})
    recipe.watch = watch or recipe.watch
    asyncio.run(recipe.run([photo.id for photo in photos]))
    return Built(list(log.rows({"who": "truth"})), list(log.lost()), counts, recipe, log)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Scene], Built]:
    scenes = forty_scenes()
    config = BuildConfig(rewordings=0, other_photos=0, rounds=0)
    return scenes, build(scenes, tmp_path_factory.mktemp("forty"), config)


def of_kind(built: Built, kind: Kind) -> list[Sample]:
    return [s for s in built.rows if s.kind is kind]


def test_a_sentence_stays_in_its_split_where_a_photo_of_that_split_will_do(
    made: tuple[list[Scene], Built],
) -> None:
    _, built = made
    photo_of = {row.id: row.triplet.photo for row in of_kind(built, Kind.UNSAFE)}
    controls = of_kind(built, Kind.CONTROL_PHOTO)
    assert len(controls) == len(photo_of)
    for control in controls:  # each split has photos, and the sentence makes sense beside all
        assert split_of(control.triplet.photo, 0) == split_of(photo_of[control.parent], 0)
    assert len({split_of(photo, 0) for photo in photo_of.values()}) > 1


def test_it_keeps_exactly_the_triplets_that_are_safe_alone_and_unsafe_together(
    made: tuple[list[Scene], Built],
) -> None:
    scenes, built = made
    kept = {s.triplet.photo for s in of_kind(built, Kind.UNSAFE)}
    assert kept == {scene.photo for scene in scenes if scene.fate == KEEP}
    assert len(kept) == 10


def test_it_drops_each_of_the_others_for_the_right_reason(
    made: tuple[list[Scene], Built],
) -> None:
    scenes, built = made
    found = {
        lost.photo: lost.outcome.reason
        for lost in built.lost
        if isinstance(lost.outcome, Dropped) and lost.outcome.step in ("cross_check", "photo_alone")
    }
    expected = {scene.photo: scene.fate for scene in scenes if scene.fate != KEEP}
    # A photo that is unsafe by itself ends before anything is imagined for it.
    expected = {p: "unsafe" if f == "photo_unsafe_alone" else f for p, f in expected.items()}
    assert found == expected


def test_each_kept_row_carries_its_four_numbers(
    made: tuple[list[Scene], Built],
) -> None:
    for sample in of_kind(made[1], Kind.UNSAFE):
        check = sample.check
        assert check.text_alone == pytest.approx(0.04)
        assert check.text_elsewhere == pytest.approx(0.05)
        assert check.photo_alone == pytest.approx(0.02)
        assert check.together == pytest.approx(0.96)
        assert check.decided_by.startswith("fake:")


def test_both_kinds_of_control_are_safe_and_point_at_their_parent(
    made: tuple[list[Scene], Built],
) -> None:
    built = made[1]
    unsafe = {s.id: s for s in of_kind(built, Kind.UNSAFE)}
    texts, photos = of_kind(built, Kind.CONTROL_TEXT), of_kind(built, Kind.CONTROL_PHOTO)
    assert not of_kind(built, Kind.HARD_NEGATIVE), "the author wrote none"
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


def test_the_funnel_adds_up(made: tuple[list[Scene], Built]) -> None:
    scenes, built = made
    steps = {step["step"]: step for step in built.counts.as_json()}
    assert steps["photo_alone"]["in"] == len(scenes)
    assert steps["photo_alone"]["done"] == steps["imagine"]["in"] == 35
    assert steps["cross_check"]["done"] == steps["answer"]["in"] == 10
    assert steps["answer"]["done"] + steps["controls"]["done"] == len(built.rows) == 30
    assert Counter(steps["cross_check"]["dropped"]) == Counter(
        text_unsafe_alone=5, text_unsafe_elsewhere=5, not_unsafe_together=5, leak=5, undecided=5
    )


def test_a_sentence_that_is_there_already_is_asked_nothing_more(tmp_path: Path) -> None:
    """A second look gives the same ideas: they are known before the guard is asked."""
    scenes = forty_scenes()[:8]
    once = build(scenes, tmp_path, BuildConfig(rewordings=0, other_photos=0, rounds=0))
    twice = build(scenes, tmp_path, BuildConfig(rewordings=0, other_photos=0, rounds=1), drawn=Thin)
    asked = [built.counts.step("cross_check").entered for built in (once, twice)]
    again = twice.counts.step("imagine").dropped["duplicate_row"]
    assert asked[0] == asked[1] and again > 0
    assert sum(one.outcome.step == "imagine" for one in twice.lost) == again
    assert twice.rows == once.rows


def test_no_pass_without_photos_is_shown(tmp_path: Path) -> None:
    """A second look at photos that gave nothing has none of its own."""
    shown: list[tuple[str, int]] = []

    def watch(name: str, runner: Runner, total: int) -> AbstractAsyncContextManager[None]:
        shown.append((name, total))
        return nullcontext()

    config = BuildConfig(rewordings=0, other_photos=0, rounds=1)
    build(forty_scenes()[:8], tmp_path, config, drawn=Thin, watch=watch)
    assert ("look, wave 1", 8) in shown and "walk, wave 2" in dict(shown)
    assert all(total for _, total in shown)


def test_two_builds_make_the_same_rows(made: tuple[list[Scene], Built], tmp_path: Path) -> None:
    again = build(made[0], tmp_path, BuildConfig(rewordings=0, other_photos=0, rounds=0))
    assert again.rows == made[1].rows


def test_a_control_that_is_refused_is_dropped(tmp_path: Path) -> None:
    class Overcautious(Truth):
        def __call__(self, request: Request) -> Any:
            return (
                "I'm sorry, but I can't help."
                if request.task == "help"
                else super().__call__(request)
            )

    scenes = forty_scenes()[:8]
    model = Overcautious(scenes).model()
    built = build(scenes, tmp_path, BuildConfig(rounds=0), model)
    assert {s.kind for s in built.rows} == {Kind.UNSAFE}
    assert built.counts.step("controls").dropped["control_refused"] == 2 * len(built.rows)


def test_planning_moves_holds_a_part_of_the_waiting_drafts_and_leaves_out_none() -> None:
    """Drafts that find no photo wait to the end: they are as many as the album is large."""
    n, log, config = 2000, RowLog(), BuildConfig()
    model = Truth([]).model()
    album = Album(log, config)
    kit = RecipeParts(roles_for(model, model, model, Bank(()), config), album, config)
    recipe = Recipe(kit, log, Context({}), RowCounts(), ScenarioMap(Bank(()), flat, 0), {})
    numbers = CrossCheck(0.1, None, 0.1, 0.9)
    for at in range(n):
        word = "".join("bcdfghjkmp"[int(digit)] for digit in str(at))
        thing = "a gate" if at in (3, n - 1) else f"a {word}o"
        idea = Triplet(f"p{at}", "p", thing, "Here?", "r" * 4000, "why", "falls", "")
        values = (place_of(0, 1, at), idea.photo, 0, "idea", 1, "", "p", idea.text)
        value = draft_json(idea, numbers, "")
        log.write("INSERT INTO drafts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*values, value))
        album.add_thing(idea)
    tracemalloc.start()
    recipe._plan_moves(0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    moves = log.read("SELECT photo, draft FROM moves ORDER BY draft")
    assert moves == [(f"p{n - 1}", place_of(0, 1, 3)), ("p3", place_of(0, 1, n - 1))]
    assert peak < 5_000_000, "not all of their texts at once"


def test_what_a_visit_asks_for_is_made_when_its_turn_comes() -> None:
    """A wave may be half of the album, and each visit holds the sentences of its photo."""
    log, config = RowLog(), BuildConfig()
    album = Album(log, config)
    model = Truth([]).model()
    kit = RecipeParts(roles_for(model, model, model, Bank(()), config), album, config)
    context, read = Context({}), list[str]()
    recipe = Recipe(kit, log, context, RowCounts(), ScenarioMap(Bank(()), flat, 0), {})
    for at in range(9):
        album.add(at, Photo(f"p{at}", f"{at}.jpg", 160, 120, "JPEG", "none:0"))

    def texts(photo: str) -> list[str]:
        read.append(photo)
        return []

    class Served(Runner):
        async def run(self, rows: Any) -> AsyncGenerator[RowResult, None]:
            seen = []
            for visit in rows:
                seen.append(visit.photo)
                assert read == seen, "no more was read than was taken"
            self.status = "complete"
            none: tuple[RowResult, ...] = ()
            for one in none:
                yield one

    setattr(log, "texts", texts)  # noqa: B010
    recipe.runner = lambda steps, by_input: Served(context, steps)
    asyncio.run(recipe._walk_all(_Looks(1, again=[Wish(f"p{at}", turn=1) for at in range(9)])))
    assert len(read) == 9
