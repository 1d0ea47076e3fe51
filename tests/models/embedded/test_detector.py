"""The detector against TensorFlow's own figures (docs/embedded.md), and which labels count."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from crosslight.models import fetch
from crosslight.models.embedded import ssd
from crosslight.models.embedded.detector import (
    Detector,
    anchors,
    borne_out,
    decoded,
    read_out,
    squeezed,
)
from crosslight.models.embedded.frozen import read_frozen
from crosslight.models.embedded.scene import Thing, overlap
from crosslight.models.embedded.weights import BadWeights

PHOTOS = Path(__file__).parents[4] / "shared" / "data" / "photos"
LEFT, RIGHT = (0.0, 0.0, 0.4, 1.0), (0.5, 0.0, 1.0, 1.0)


@pytest.fixture(scope="module")
def detector(small_models: dict[str, Path]) -> Detector:
    sha256 = fetch.read_manifest().entry(ssd.NAME).sha256
    return Detector(ssd.graph_path(small_models[ssd.NAME], sha256))


def test_raw_outputs_are_tensorflows(detector: Detector) -> None:
    """A mistake in padding, means, norms or order moves these by far more than 0.001."""
    y, x, c = np.ix_(range(300), range(300), range(3))
    pixels = ((7 * y + 13 * x + 29 * c) % 256).astype(np.float32)
    logits, codes = (out[0] for out in detector.raw(pixels[None]))
    assert logits[0, :3] == pytest.approx([-6.079039, -10.284015, -5.995337], abs=1e-4)
    assert (logits[1912].argmax(), logits[1912].max()) == (25, pytest.approx(-2.515862, abs=1e-4))
    assert codes[0] == pytest.approx([0.489903, 0.835210, -1.976918, -2.573216], abs=1e-4)
    assert codes.sum(dtype=np.float64) == pytest.approx(-2668.344, abs=0.05)
    assert read_out(logits, codes) == ()


FOUND = {
    "coffee": "cup .9640, bowl .8589, dining table .8387",
    "chelsea": "cat .9099, bed .3729",
}
ELSEWHERE = {
    "darknet/dog.jpg": "bicycle .9808, dog .8871, car .7187, truck .6446, person .3154",
    "darknet/horses.jpg": "horse .9180, horse .7115, horse .5652, cow .5563, cow .3050",
    "skimage/astronaut.png": "person .8369, mouse .4048",
}


def expect(detector: Detector, path: Path, wanted: str) -> tuple[Thing, ...]:
    with Image.open(path) as image:
        found = detector.found(np.asarray(image.convert("RGB")))
    pairs = [one.rsplit(" ", 1) for one in wanted.split(", ")]
    assert [thing.label for thing in found] == [label for label, _ in pairs]
    assert [thing.score for thing in found] == pytest.approx([float(s) for _, s in pairs], abs=1e-4)
    return found


@pytest.mark.parametrize(("photo", "wanted"), FOUND.items())
def test_example_photos_as_tensorflow_sees_them(
    detector: Detector, example_photos: dict[str, Path], photo: str, wanted: str
) -> None:
    expect(detector, example_photos[photo], wanted)


@pytest.mark.skipif(not PHOTOS.is_dir(), reason="the shared photos are not here")
@pytest.mark.parametrize(("photo", "wanted"), ELSEWHERE.items())
def test_other_photos_as_tensorflow_sees_them(detector: Detector, photo: str, wanted: str) -> None:
    found = expect(detector, PHOTOS / photo, wanted)
    if "dog" in photo:
        assert found[1].box == pytest.approx((0.176, 0.381, 0.411, 0.939), abs=6e-4)


@pytest.mark.parametrize("size", [(1, 1), (5000, 1), (3, 900)])
def test_odd_pictures_are_looked_at(detector: Detector, size: tuple[int, int]) -> None:
    assert detector.things(Image.new("RGB", size, "white")) == ()


def test_nonsense_has_a_label_that_nothing_bears_out(detector: Detector) -> None:
    found = detector.things(Image.new("RGB", (300, 300), "red"))
    assert [(t.label, round(t.score, 3)) for t in found] == [("refrigerator", 0.606)]
    assert borne_out(found, (("refrigerator", 0.001), ("velvet", 0.9)), 0.012) == ()


def test_anchors_are_the_graphs() -> None:
    rows = {
        0: (0.026316, 0.026316, 0.1, 0.1),
        1: (0.026316, 0.026316, 0.141421, 0.282843),
        2: (0.026316, 0.026316, 0.282843, 0.141421),
        1083: (0.05, 0.05, 0.35, 0.35),
        1088: (0.05, 0.05, 0.41833, 0.41833),
        1916: (0.5, 0.5, 0.974679, 0.974679),
    }
    for index, row in rows.items():
        assert anchors()[index] == pytest.approx(row, abs=1e-6)
    narrow = np.float32(0.35) * np.float32(0.3333) ** 0.5  # .3333 is not a third
    assert anchors()[1087, 3] == pytest.approx(narrow, abs=1e-7)


def test_the_box_code_puts_y_first() -> None:
    codes = np.zeros((ssd.ANCHORS, 4), dtype=np.float32)
    codes[1916] = (-2, 1, -5, 5)
    top, left, bottom, right = decoded(codes)[1916]
    side = 0.974679
    assert (top + bottom) / 2 == pytest.approx(0.5 - 0.2 * side, abs=1e-5)
    assert bottom - top == pytest.approx(side / np.e, abs=1e-5)
    assert (left, right) == (0, 1), "wider than the picture: clipped"


def test_no_smoothing_and_no_half_pixels() -> None:
    ramp = np.repeat(np.arange(150, dtype=np.uint8)[None, :, None], 3, axis=2)
    row = squeezed(ramp)[0, :, 0]
    assert row[:4].tolist() == [0, 0.5, 1, 1.5]
    assert row[-2:].tolist() == [149, 149], "the neighbour beyond the edge is the edge"
    wide = np.repeat((np.arange(600) % 2 * 255).astype(np.uint8)[None, :, None], 3, axis=2)
    assert set(squeezed(wide)[:, :, 0].ravel()) == {0.0}, "every other pixel is not looked at"


def test_boxes_of_one_label_compete_and_of_two_do_not() -> None:
    logits = np.full((ssd.ANCHORS, 80), -9, dtype=np.float32)
    logits[1916, 2], logits[1915, 2], logits[1916, 7] = 2, 1.9, 1
    codes = np.zeros((ssd.ANCHORS, 4), dtype=np.float32)
    codes[1915] = codes[1916] = (0, 0, -1, -1)
    codes[1915, 2:] += 5 * np.log(anchors()[1916, 2:] / anchors()[1915, 2:])
    found = read_out(logits, codes)
    assert [(t.label, round(t.score, 2)) for t in found] == [("car", 0.88), ("truck", 0.73)]
    assert read_out(np.full_like(logits, np.log(0.3 / 0.7)), codes) == (), (
        "0.3 itself is too little"
    )


def test_labels_count_where_the_tags_agree_and_once_a_box() -> None:
    things = [
        Thing("car", 0.7, LEFT),
        Thing("truck", 0.6, LEFT),
        Thing("person", 0.5, RIGHT),
        Thing("giraffe", 0.99, RIGHT),
        Thing("dog", 0.9, RIGHT),
    ]
    tags = (("pickup", 0.5), ("beagle", 0.006), ("pug", 0.005))
    assert [t.label for t in borne_out(things, tags, 0.012)] == ["car", "person"]
    assert [t.label for t in borne_out(things, tags, 0.011)] == ["dog", "car"]
    assert [t.label for t in borne_out(things, (("trailer truck", 0.5),), 0.1)] == [
        "truck",
        "person",
    ]


def test_overlap() -> None:
    assert overlap(LEFT, LEFT) == pytest.approx(1)
    assert overlap(LEFT, RIGHT) == 0
    assert overlap((0, 0, 1, 1), (0, 0, 0.5, 1)) == pytest.approx(0.5)


def test_a_missing_or_misshapen_tensor(small_models: dict[str, Path]) -> None:
    sha256 = fetch.read_manifest().entry(ssd.NAME).sha256
    weights = read_frozen(small_models[ssd.NAME], sha256, ssd.wanted)
    assert len(weights) == 344
    last = "BoxPredictor_5/ClassPredictor/weights"
    with pytest.raises(BadWeights, match=last):
        ssd.build_graph({k: v for k, v in weights.items() if k != last})
    bias = "BoxPredictor_0/BoxEncodingPredictor/biases"
    with pytest.raises(BadWeights, match=bias):
        ssd.build_graph({**weights, bias: weights[last]})
