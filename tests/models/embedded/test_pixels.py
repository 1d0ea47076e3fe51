"""Decoding and views: any mode and shape of image; nothing else."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from crosslight.models.embedded import pixels
from crosslight.models.errors import Rejected
from tests.store.costly import scans


def saved(image: Image.Image, form: str = "PNG", **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **more)
    return out.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "RGBA", "LA", "I;16", "CMYK"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    image = pixels.decode(saved(Image.new(mode, (9, 5)), "TIFF" if mode == "CMYK" else "PNG"))
    assert (image.mode, image.size) == ("RGB", (9, 5))


def test_transparent_becomes_white() -> None:
    assert pixels.decode(saved(Image.new("RGBA", (2, 2), (0, 0, 0, 0)))).getpixel((0, 0)) == (
        255,
        255,
        255,
    )


def test_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert pixels.decode(saved(Image.new("RGB", (9, 5)), "JPEG", exif=exif)).size == (5, 9)


WHOLE = saved(Image.effect_noise((64, 64), 50).convert("RGB"), "JPEG")


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\xff\xd8\xff", WHOLE[: len(WHOLE) // 2], b"<svg/>", b"%PDF-1.4"]
)
def test_no_image(data: bytes) -> None:
    with pytest.raises(Rejected):
        pixels.decode(data)


def test_a_picture_that_is_made_to_be_dear_is_refused() -> None:
    with pytest.raises(Rejected, match="too_complex"):
        pixels.decode(scans(3_000, 2_000, 2_000))


def test_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "MAX_PIXELS", 100)
    with pytest.raises(Rejected, match="pixels"):
        pixels.decode(saved(Image.new("RGB", (11, 11))))


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (640, 427)])
def test_views_of_any_shape(size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, (10, 20, 30))
    views = pixels.tag_views(image, 224)
    assert views.shape == (len(pixels.VIEWS), 224, 224, 3)
    assert np.ptp(views, axis=(1, 2)).max() == 0
    assert pixels.padded(image, 224).shape == (224, 224, 3)


def test_weights_of_the_views_sum_to_one() -> None:
    assert sum(weight for weight, *_ in pixels.VIEWS) == pytest.approx(1)
