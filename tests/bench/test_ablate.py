"""What the model is shown instead of the pictures."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crosslight.models.errors import Unreachable
from crosslight.models.protocol import Request
from crosslight.records.errors import BadSetting
from tests.bench.small import By, items, run, table


class Seen:
    """Keeps what was shown."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Any:
        self.requests.append(request)
        return "A grey cat." if request.task == "caption" else {"No": 1.0}

    @property
    def asked(self) -> list[Request]:
        return [r for r in self.requests if r.task == "answer"]


def seen(tmp_path: Path, picture: str, n: int = 6) -> Seen:
    model = Seen()
    run(tmp_path, items(n, "choice"), By("fake:seen", model), picture=picture)
    return model


def test_as_it_is_every_item_shows_its_own_picture(tmp_path: Path) -> None:
    shown = {r.messages[-1].images[0].photo for r in seen(tmp_path, "as is").asked}
    assert len(shown) == 6
    assert {row["photos"][0] for row in table(tmp_path)} == shown


def test_blank_pictures_are_grey_and_of_the_same_size(tmp_path: Path) -> None:
    views = [r.messages[-1].images[0] for r in seen(tmp_path, "blank").asked]
    assert len({view.photo for view in views}) == 1
    assert (views[0].width, views[0].height) == (32, 24)


def test_none_shows_no_picture(tmp_path: Path) -> None:
    assert all(not r.messages[-1].images for r in seen(tmp_path, "none").asked)


def test_a_caption_stands_for_the_picture(tmp_path: Path) -> None:
    model = seen(tmp_path, "caption")
    assert all(not r.messages[-1].images for r in model.asked)
    assert all("A grey cat." in r.messages[-1].text for r in model.asked)
    assert len(model.requests) == 12


def test_shuffled_pictures_are_another_items_and_always_the_same_ones(tmp_path: Path) -> None:
    def photos(place: str, picture: str) -> dict[str, str]:
        turns = [r.messages[-1] for r in seen(tmp_path / place, picture).asked]
        return {turn.text: turn.images[0].photo for turn in turns}

    own, once, twice = photos("a", "as is"), photos("b", "shuffled"), photos("c", "shuffled")
    assert once == twice
    assert all(once[text] != own[text] for text in own)


def test_one_picture_cannot_be_shuffled(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="different pictures"):
        seen(tmp_path, "shuffled", 1)


def test_an_unknown_ablation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="--image"):
        seen(tmp_path, "upside down")


def test_a_suite_without_pictures_has_nothing_to_ablate(tmp_path: Path) -> None:
    rows = [replace(item, images=()) for item in items(4, "choice")]
    for picture in ("blank", "caption", "none", "shuffled"):
        with pytest.raises(BadSetting, match="has a picture"):
            run(tmp_path, rows, By("fake:seen", Seen()), picture=picture)


def test_a_captioner_that_is_down_is_not_the_model(tmp_path: Path) -> None:
    def down(request: Request) -> Any:
        raise Unreachable("down")

    result = run(
        tmp_path,
        items(2, "choice"),
        By("fake:seen", Seen()),
        picture="caption",
        captioner=By("fake:down", down),
    )
    assert result.summary["reasons"] == {"failed: no_caption": 2}
