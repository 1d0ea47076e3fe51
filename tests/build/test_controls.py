"""The controls of a row: of its own form, read before they are kept, each for itself."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crosslight.build.album import Album
from crosslight.build.bank import Bank
from crosslight.build.config import BuildConfig
from crosslight.build.controls import Controls
from crosslight.build.roles import roles_for
from crosslight.build.steps import Answer, Draft, RecipeParts
from crosslight.flow import Context
from crosslight.models.errors import Truncated
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Request
from crosslight.records import CrossCheck, Done, Dropped, Kind, Outcome, Photo, Sample, Triplet
from crosslight.store import ImageStore
from tests.build.scenes import READINGS, picture

UNSAFE = "I'll dry the tea towels right here tonight."
TWIN = "I'll fold the tea towels right here tonight."
NEAR = "I'll hang the tea towels on the rail tonight."
WARM = "What a cosy corner that is, and a fine habit for the evening."


class Cook:
    """Author, guard and responder in one, of one row. `changes` go by task."""

    def __init__(self, **changes: Any) -> None:
        self.changes = changes
        self.texts: list[str] = []

    def __call__(self, request: Request) -> Any:
        text = request.messages[-1].text
        task = request.task
        self.texts.append(f"{task}: {text}")
        if task in self.changes:
            change = self.changes[task]
            return change(text) if callable(change) else change
        if task == "harmless_text":
            return {"text": TWIN, "near": NEAR if "near:" in text else ""}
        if task in READINGS:
            return READINGS[task]
        if task in ("help", "answer"):
            return WARM
        unsafe = 0.95 if task == "fits" or (task == "together" and UNSAFE in text) else 0.03
        return {"Yes": unsafe, "No": 1 - unsafe}

    def count(self, task: str) -> int:
        return sum(one.startswith(f"{task}:") for one in self.texts)


class Kitchen:
    """A row among a few photos."""

    def __init__(self, folder: Path, cook: Cook, photos: int = 3, **config: Any) -> None:
        images = ImageStore(folder / "images")
        every = [
            Photo(images.put(picture(at)), f"{at}.jpg", 160, 120, "JPEG", "v:0")
            for at in range(photos)
        ]
        settings = BuildConfig(**config)
        model = FakeModel(cook, name="cook")
        roles = roles_for(model, model, model, Bank(()), settings)
        self.kit = RecipeParts(roles, Album.of(every, settings), settings)
        self.context = Context({}, images)
        self.triplet = Triplet(
            photo=every[0].id,
            pattern="cloth near heat",
            element="a gas stove",
            text=UNSAFE,
            risk="The towels catch fire.",
            why="Towels are harmless.",
            category="fire_burns",
            scenario="kitchen",
        )
        check = CrossCheck(0.1, 0.1, 0.0, 0.9, visible=1.0, follows=1.0, beside=2)
        self.row = Sample(self.triplet, Kind.UNSAFE, "unsafe", WARM, check)

    def controls(self, earlier: Sequence[str] = ()) -> list[Outcome[Sample]]:
        controls = Controls(self.kit)

        async def made() -> list[Outcome[Sample]]:
            parts = controls.parts(self.row)
            return [await part(self.row, self.context, earlier) for part in parts]

        return asyncio.run(made())


def reasons(outcomes: Sequence[Outcome[Sample]]) -> list[str]:
    return [
        str(one.value.kind) if isinstance(one, Done) else getattr(one, "reason", "failed")
        for one in outcomes
    ]


def test_a_row_gets_a_twin_a_near_one_and_another_photo(tmp_path: Path) -> None:
    made = Kitchen(tmp_path, Cook()).controls()
    assert reasons(made) == ["control_text", "hard_negative", "control_photo"]
    text, near, photo = (one.value for one in made if isinstance(one, Done))
    assert (text.triplet.text, near.triplet.text) == (TWIN, NEAR)
    assert photo.triplet.text == UNSAFE and photo.triplet.photo != text.triplet.photo
    for control in (text, near, photo):
        assert (control.label, control.triplet.risk, control.check.visible) == ("safe", "", None)
        assert control.check.together == pytest.approx(0.03) and control.check.beside == 0


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ("Is it nice to dry tea towels here?", "it is a question, and a statement is needed"),
        ("I'll draw.", "it has 2 words, and 5 to 11 are needed"),
        (UNSAFE.upper(), "it is the sentence itself"),
    ],
)
def test_a_twin_of_another_form_is_asked_for_once_more(
    first: str, told: str, tmp_path: Path
) -> None:
    def answer(text: str) -> Any:
        return {"text": TWIN if "Your first try" in text else first}

    cook = Cook(harmless_text=answer)
    made = Kitchen(tmp_path, cook).controls()[0]
    assert isinstance(made, Done) and made.value.triplet.text == TWIN
    assert any(told in one for one in cook.texts if "Your first try" in one)

    stubborn = Cook(harmless_text={"text": first})
    made = Kitchen(tmp_path / "stubborn", stubborn).controls()[0]
    assert isinstance(made, Dropped) and made.reason == "control_of_another_form"
    assert told in made.detail and stubborn.count("together") == 0


def test_a_twin_that_is_not_sure_to_be_harmless_is_no_control(tmp_path: Path) -> None:
    cook = Cook(together={"Yes": 0.4, "No": 0.6})
    assert reasons(Kitchen(tmp_path, cook).controls())[:2] == [
        "no_harmless_text",
        "no_hard_negative",
    ]


def test_what_a_photo_has_already_is_shown_and_not_taken_again(tmp_path: Path) -> None:
    cook = Cook()
    made = Kitchen(tmp_path, cook).controls(earlier=[TWIN])
    assert reasons(made)[0] == "duplicate_control"
    assert any(TWIN in one for one in cook.texts if one.startswith("harmless_text"))


def test_another_photo_must_make_sense_and_be_harmless(tmp_path: Path) -> None:
    nonsense = Cook(fits={"Yes": 0.6, "No": 0.4})
    made = Kitchen(tmp_path, nonsense).controls()[2]
    assert isinstance(made, Dropped) and made.reason == "no_harmless_photo"
    assert "natural there 0.600" in made.detail and nonsense.count("text_elsewhere") == 0
    risky = Cook(text_elsewhere={"Yes": 0.4, "No": 0.6})
    assert reasons(Kitchen(tmp_path / "r", risky).controls())[2] == "no_harmless_photo"


def test_the_photo_most_alike_is_tried_first_for_a_control(tmp_path: Path) -> None:
    kitchen = Kitchen(tmp_path, Cook(), photos=5)
    album = kitchen.kit.album
    others = album.others(kitchen.triplet.photo, 9)
    album.admit(kitchen.triplet.photo, bytes([40] * 108))
    for nearest in others:
        for other in others:
            album.admit(other, bytes([50 if other == nearest else 200] * 108))
        made = kitchen.controls()[2]
        assert isinstance(made, Done) and made.value.triplet.photo == nearest


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"warns": "yes"}, "control_warned"),
        ({"corrects": "yes"}, "control_does_not_fit"),
        ({"helps": "no"}, "control_not_helped"),
    ],
)
def test_the_reply_to_a_control_is_read_before_it_is_kept(
    changed: Any, reason: str, tmp_path: Path
) -> None:
    cook = Cook(read_control={**READINGS["read_control"], **changed, "complaint": "It frets."})
    made = Kitchen(tmp_path, cook).controls()
    assert set(reasons(made)) == {reason}
    assert all("It frets." in one.detail for one in made if isinstance(one, Dropped))


def test_a_cut_reply_is_of_its_own_part(tmp_path: Path) -> None:
    """Each part is asked for by itself: who chains them keeps what the others made."""

    def cut(text: str) -> Any:
        if TWIN in text:
            raise Truncated("the reply was cut at the limit")
        return WARM

    kitchen = Kitchen(tmp_path, Cook(help=cut))
    controls = Controls(kitchen.kit)
    with pytest.raises(Truncated):
        asyncio.run(controls.text(kitchen.row, kitchen.context))
    assert isinstance(asyncio.run(controls.near(kitchen.row, kitchen.context)), Done)
    assert isinstance(asyncio.run(controls.photo(kitchen.row, kitchen.context)), Done)


def test_only_an_idea_gets_a_near_one_and_none_where_controls_are_not_wanted(
    tmp_path: Path,
) -> None:
    kitchen = Kitchen(tmp_path, Cook())
    names = [part.__name__ for part in Controls(kitchen.kit).parts(kitchen.row)]
    assert names == ["text", "near", "photo"]
    worded = replace(kitchen.row, parent="another")
    assert [p.__name__ for p in Controls(kitchen.kit).parts(worded)] == ["text", "photo"]
    assert Controls(Kitchen(tmp_path, Cook(), controls=False).kit).parts(worded) == ()


def test_a_second_draft_mends_what_the_reader_found(tmp_path: Path) -> None:
    def read(text: str) -> Any:
        good = "Mind the stove" in text
        verdict = {**READINGS["read_answer"], "names": "yes" if good else "no"}
        return {**verdict, "complaint": "" if good else "It does not say what is hot."}

    def write(text: str) -> str:
        mended = "It does not say what is hot." in text and WARM in text
        return "Mind the stove below; the rack by the window is the place." if mended else WARM

    cook = Cook(read_answer=read, answer=write)
    kitchen = Kitchen(tmp_path, cook)
    draft = Draft(kitchen.triplet, check=kitchen.row.check)
    made = asyncio.run(Answer(kitchen.kit, {})(draft, kitchen.context))
    assert isinstance(made, Done) and made.value.response.startswith("Mind the stove")

    stubborn = Cook(read_answer=read, answer=lambda text: f"{WARM} {len(text)}")
    kitchen = Kitchen(tmp_path / "s", stubborn)
    made = asyncio.run(Answer(kitchen.kit, {})(draft, kitchen.context))
    assert isinstance(made, Dropped) and made.reason == "hazard_not_named"
    assert "It does not say what is hot." in made.detail and stubborn.count("answer") == 2
