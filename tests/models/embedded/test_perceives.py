"""What the real parts see in the example photos. Bounds, not exact figures."""

import socket
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from crosslight.cli.models import DEFAULT
from crosslight.models.embedded.conse import DIM, LabelSpace
from crosslight.models.embedded.perception import FILES, Perception, parts
from crosslight.models.errors import Rejected
from tests.models.embedded.pictures import view, view_of

TOP3 = {
    "coffee": "espresso",
    "chelsea": "egyptian cat",
    "rocket": "missile",
    "motorcycle": "moped",
    "camera": "tripod",
    "china": "palace",
    "flower": "daisy",
}

FIRST = {"coffee": ["cup"], "grass": [], "camera": ["person"]}


@pytest.fixture(scope="module")
def perception(small_models: dict[str, Path]) -> Perception:
    return Perception()


@pytest.fixture(scope="module")
def space() -> LabelSpace:
    return LabelSpace()


@pytest.mark.parametrize(("photo", "name"), TOP3.items())
def test_tags(
    perception: Perception, example_photos: dict[str, Path], photo: str, name: str
) -> None:
    tags = perception.tags(view_of(example_photos[photo]).jpeg)
    assert name in [tag for tag, _ in tags[:3]]
    assert [p for _, p in tags] == sorted((p for _, p in tags), reverse=True)
    assert 0 < sum(p for _, p in tags) <= 1 + 1e-6


def test_what_the_command_fetches_is_what_perception_needs() -> None:
    assert set(DEFAULT) == set(FILES)


def test_a_page_is_read(perception: Perception, example_photos: dict[str, Path]) -> None:
    lines = perception.scene(view_of(example_photos["page"]).jpeg).text
    assert any("Region-based segmentation" in line for line, _ in lines)


def test_examples_are_safe_and_their_things_are_found(
    perception: Perception, example_photos: dict[str, Path]
) -> None:
    for name in ("coffee", "grass", "camera"):
        scene = perception.scene(view_of(example_photos[name]).jpeg)
        assert scene.safety["safe"] > 0.8
        assert sum(scene.safety.values()) == pytest.approx(1, abs=1e-4)
        assert scene.things is not None
        assert [t.label for t in scene.things][:1] == FIRST[name]


def test_the_same_bytes_give_the_same_scene(
    perception: Perception, example_photos: dict[str, Path]
) -> None:
    jpeg = view_of(example_photos["page"]).jpeg
    assert perception.scene(jpeg).to_json() == Perception().scene(jpeg).to_json()


@pytest.mark.parametrize("size", [(1, 1), (2, 400), (30, 30)])
def test_odd_images_have_scenes(perception: Perception, size: tuple[int, int]) -> None:
    scene = perception.scene(view(Image.new("RGB", size, "white")).jpeg)
    assert len(scene.tags) == 50
    assert scene.text == ()
    assert scene.things == ()


def test_no_image(perception: Perception) -> None:
    with pytest.raises(Rejected):
        perception.scene(b"GIF89a nothing")


def test_offline(
    small_models: dict[str, Path],
    example_photos: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("something connects")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    fresh = Perception()
    assert fresh.scene(view_of(example_photos["coffee"]).jpeg).tags[0][0] == "espresso"
    assert fresh.space().texts(["a cup"]).shape == (1, DIM)


def test_threads_share_what_is_made(example_photos: dict[str, Path]) -> None:
    fresh, jpeg, got = Perception(), view_of(example_photos["coffee"], 256).jpeg, list[Any]()
    threads = [threading.Thread(target=lambda: got.append(fresh.scene(jpeg))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 4
    assert all(scene == got[0] for scene in got)


def test_a_part_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh, calls = Perception(), []

    def make() -> str:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("not now")
        return "made"

    with pytest.raises(OSError, match="not now"):
        fresh._once("x", make)
    assert fresh._once("x", make) == "made"
    assert fresh._once("x", make) == "made"
    assert len(calls) == 2


def test_parts_are_named_by_hash_or_version() -> None:
    assert len(dict(parts())) == len(parts())
    assert all(value for _, value in parts())


def test_captions_find_their_photos(
    perception: Perception, space: LabelSpace, example_photos: dict[str, Path]
) -> None:
    captions = {
        "coffee": "a cup of coffee on a saucer",
        "chelsea": "the face of a cat",
        "motorcycle": "a red scooter in a garage",
        "china": "a Chinese palace on a hill",
        "camera": "a camera on a tripod",
    }
    images = np.stack(
        [space.tags(perception.tags(view_of(example_photos[n]).jpeg)) for n in captions]
    )
    likeness = images @ space.texts(list(captions.values())).T
    assert (likeness.argmax(axis=1) == np.arange(len(captions))).sum() >= 4


def test_vectors_are_of_length_one(space: LabelSpace) -> None:
    vectors = space.texts(["a dog", "", "   ", "猫", "x" * 5000, "\x00"])
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.allclose(lengths[[0, 3, 4]], 1, atol=1e-5)
    assert np.allclose(lengths[[1, 2]], 0)
    assert np.isfinite(vectors).all()
    assert space.texts([]).shape == (0, DIM)
    assert np.allclose(space.tags([]), 0)
