"""The bank writes and answers, another model judges: only answers that people wrote are given."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from crosslight.build.album import Album
from crosslight.build.config import BuildConfig
from crosslight.build.controls import Controls
from crosslight.build.roles import roles_for
from crosslight.build.steps import Answer, Check, Draft, RecipeParts
from crosslight.build.wish import Wish
from crosslight.flow import Context
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Answer as Told
from crosslight.models.protocol import Request
from crosslight.records import Done, Kind, Photo, Sample
from crosslight.store import ImageStore
from tests.build.banks import made_bank
from tests.build.scenes import READINGS, picture

TAGS = ("espresso", "daisy", "worm fence", "worm fence")


def test_a_measured_text_has_its_number_and_a_strange_photo_gets_no_answer(tmp_path: Path) -> None:
    images = ImageStore(tmp_path / "images")
    photos = [
        Photo(images.put(picture(n)), f"{n}.jpg", 160, 120, "JPEG", "v:0") for n in range(len(TAGS))
    ]
    shows = {photo.id: tag for photo, tag in zip(photos, TAGS, strict=True)}

    def look(request: Request) -> Told:
        tag = shows[request.messages[-1].images[0].photo]
        safety = {"safe": 0.97, "sexual": 0.01, "graphic": 0.02}
        return Told("", {"tags": [[tag, 0.95]], "text": [], "safety": safety})

    def judge(request: Request) -> dict[str, Any]:
        shown = [shows[image.photo] for image in request.messages[-1].images]
        spoken = any(c.say in request.messages[-1].text for p in made_bank() for c in p.cases)
        if request.task in READINGS:
            return READINGS[request.task]
        risky = spoken and shown == ["espresso"]
        unsafe = 0.95 if risky or request.task == "fits" else 0.04
        return {"Yes": unsafe, "No": 1 - unsafe}

    eyes = FakeModel(look, name="eyes", scene=True)
    config = BuildConfig()
    roles = roles_for(eyes, FakeModel(judge, name="vlm"), eyes, made_bank(), config)
    kit, context = RecipeParts(roles, Album.of(photos, config), config), Context({}, images)

    async def rows() -> list[Any]:
        subject = await kit.album.subject(photos[0].id, context)
        (idea,) = (await roles.author.imagine(subject, 1, Wish(subject.photo.id))).ideas
        assert isinstance(idea, Done)
        draft = Draft(idea.value)
        checked = await Check(kit)(draft, context)
        assert isinstance(checked, Done)
        answered = await Answer(kit, {})(checked.value, context)
        assert isinstance(answered, Done)
        controls, row = Controls(kit), answered.value
        parts = [await controls.text(row, context), await controls.photo(row, context)]
        return [answered, *parts]

    main, text, other = (one.value for one in asyncio.run(rows()))
    assert isinstance(main, Sample)
    assert (
        main.check.text_alone == pytest.approx(0.04)
        and not main.check.stated
        and main.check.beside == config.unrelated
        and main.check.notes == ()
    )
    assert text.kind is Kind.CONTROL_TEXT and text.check.together == pytest.approx(0.04)
    assert text.triplet.style == main.triplet.style and not text.check.stated
    # Every other photo is harmless to the guard; people wrote an answer for the daisy alone.
    assert other.kind is Kind.CONTROL_PHOTO and shows[other.triplet.photo] == "daisy"
