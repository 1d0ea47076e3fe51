"""Whatever the bytes are: a bounded RGB picture, or a stable reason."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from crosslight.store.decode import FORMATS as READ
from crosslight.store.decode import BadImage, Bounds, decode_image, fit_image, sniff
from crosslight.store.phash import VERSION, hash_bits, perceptual_hash
from tests.build.hostile import encoded, huge_png, oriented, photo
from tests.shared import SHARED

DATA = SHARED
FORMATS = [kind for kind in READ if kind != "HEIF"]  # which Pillow cannot write
WHITE = (255, 255, 255)


def reason(data: bytes, bounds: Bounds | None = None) -> str:
    with pytest.raises(BadImage) as caught:
        decode_image(data, 256, bounds)
    return caught.value.reason


def pixel(image: Image.Image, x: int = 0, y: int = 0) -> tuple[int, ...]:
    value = image.getpixel((x, y))
    assert isinstance(value, tuple)
    return value


@pytest.mark.parametrize("kind", FORMATS)
def test_every_allowed_format(kind: str) -> None:
    data = encoded(photo(1), kind)
    decoded = decode_image(data)
    assert sniff(data) == decoded.format == kind
    assert (decoded.width, decoded.height) == decoded.image.size == (320, 240)
    assert decoded.image.mode == "RGB"


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
def test_a_cut_file_is_truncated(kind: str, share: float) -> None:
    data = encoded(photo(1), kind)
    cut = data[: max(20, int(len(data) * share))]
    assert reason(cut) == "truncated"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty"),
        (b"hello", "not_an_image"),
        (b"BMW is a make of car, and this is a text about it", "not_an_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "not_an_image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "not_an_image"),
        (b"\0\0\0\x18ftypisom\0\0\2\0isommp41" + bytes(100), "not_an_image"),
        (b"\xff\xd8\xff", "truncated"),
        (huge_png(), "too_many_pixels"),
        (huge_png(12_000, 9_000), "too_many_pixels"),
    ],
)
def test_bad_bytes_have_a_reason(data: bytes, expected: str) -> None:
    assert reason(data) == expected


def test_the_refusal_names_the_size() -> None:
    with pytest.raises(BadImage, match="30000 x 30000"):
        decode_image(huge_png())


def test_bounds_are_settings() -> None:
    data = encoded(photo(1))
    assert reason(data, Bounds(max_bytes=100)) == "too_large"
    assert reason(data, Bounds(max_pixels=1000)) == "too_many_pixels"


def test_an_error_travels_between_processes() -> None:
    error = pickle.loads(pickle.dumps(BadImage("empty", "0 bytes")))
    assert (error.reason, error.detail, str(error)) == ("empty", "0 bytes", "empty: 0 bytes")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_bytes_never_raise_anything_else(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(FORMATS))
    body = bytearray(_SMALL[kind])
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        decoded = decode_image(bytes(body), 64, Bounds(max_pixels=4_000_000))
    except BadImage as error:
        assert error.reason
    else:
        assert decoded.image.mode == "RGB"


_SMALL = {kind: encoded(photo(1, 40, 30), kind) for kind in FORMATS}


@pytest.mark.parametrize("flag", range(10))
def test_exif_orientation_is_applied(flag: int) -> None:
    upright = decode_image(oriented(photo(3), 1)).image
    turned = decode_image(oriented(photo(3), flag))
    assert (turned.width, turned.height) == turned.image.size == (320, 240)
    difference = np.abs(np.asarray(turned.image).astype(int) - np.asarray(upright).astype(int))
    assert difference.mean() < 2


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_exif_orientation_of_other_formats(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    decoded = decode_image(encoded(photo(3), kind, exif=exif), 100)
    assert (decoded.width, decoded.height) == (240, 320)
    assert decoded.image.width < decoded.image.height


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")
def test_nine_real_orientations_are_one_picture() -> None:
    files = sorted((DATA / "photos" / "exif_orientation").iterdir())
    decoded = [decode_image(file.read_bytes(), 256) for file in files]
    assert len({(d.width, d.height) for d in decoded}) == 1
    assert len({perceptual_hash(d.image) for d in decoded}) == 1


def test_transparency_lies_on_white() -> None:
    for image in (
        Image.new("RGBA", (70, 70), (0, 0, 0, 0)),
        Image.new("LA", (70, 70), (0, 0)),
        Image.new("RGBA", (900, 900), (0, 0, 0, 0)),
    ):
        assert pixel(decode_image(encoded(image, "PNG"), 64).image) == WHITE
    key = encoded(Image.new("RGB", (70, 70), (1, 2, 3)), "PNG", transparency=(1, 2, 3))
    assert pixel(decode_image(key).image) == WHITE


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_keep_their_levels(kind: str) -> None:
    levels = np.linspace(0, 65535, 256 * 80).reshape(80, 256).astype(np.uint16)
    grey = np.asarray(decode_image(encoded(Image.fromarray(levels), kind)).image)[:, :, 0]
    assert np.abs(grey.astype(int) - levels / 257).max() <= 1.5


def test_floats_and_wide_integers_are_stretched() -> None:
    ramp = np.linspace(-5, 900, 100 * 100).reshape(100, 100)
    for levels in (ramp.astype(np.float32), (ramp * 1000).astype(np.int32)):
        grey = np.asarray(decode_image(encoded(Image.fromarray(levels), "TIFF")).image)
        assert grey.min() <= 1
        assert grey.max() >= 254
    empty = np.full((80, 80), np.nan, dtype=np.float32)
    assert reason(encoded(Image.fromarray(empty), "TIFF")) == "unreadable"


def test_cmyk_and_palette_become_rgb() -> None:
    for data in (encoded(photo(1).convert("CMYK")), encoded(photo(1).convert("P"), "PNG")):
        near = np.asarray(decode_image(data).image).astype(int) - np.asarray(photo(1)).astype(int)
        assert np.abs(near).mean() < 25


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_of_an_animation(kind: str) -> None:
    red, blue = Image.new("RGB", (80, 80), (250, 0, 0)), Image.new("RGB", (80, 80), (0, 0, 250))
    decoded = decode_image(encoded(red, kind, save_all=True, append_images=[blue]))
    assert decoded.notes == ("the first of several frames",)
    assert pixel(decoded.image)[0] > 200


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_side_bounds_the_picture_and_keeps_enough(kind: str) -> None:
    decoded = decode_image(encoded(photo(1, 2000, 1500), kind), 256)
    assert (decoded.width, decoded.height) == (2000, 1500)
    assert 256 <= decoded.image.width < 600
    assert decoded.image.height >= 192


@given(st.integers(1, 50_000), st.integers(1, 50_000), st.integers(16, 4000))
def test_fit_bounds_both_sides(width: int, height: int, side: int) -> None:
    w, h = fit_image(width, height, side)
    assert 1 <= w <= min(width, side)
    assert 1 <= h <= min(height, side)
    if max(width, height) > side:
        assert max(w, h) == side


def bits(image: Image.Image) -> int:
    return hash_bits(decode_image(encoded(image, quality=70), 256).image)


def test_copies_hash_near_and_others_far() -> None:
    for seed in range(30):
        original = hash_bits(photo(seed, 1024, 768))
        copy = bits(photo(seed, 1024, 768).resize((700, 525)))
        assert (original ^ copy).bit_count() <= 6
        assert (original ^ hash_bits(photo(seed + 1000, 1024, 768))).bit_count() > 10


def test_the_hash_is_named_and_fixed() -> None:
    """Integers only: these digits hold on every machine (made from pixels, without a decoder)."""
    y, x = np.mgrid[0:32, 0:32]
    picture = Image.fromarray(((x * 7 + y * y) % 256).astype(np.uint8))
    assert perceptual_hash(picture) == f"{VERSION}:840f3d2f286f4b96"
    assert perceptual_hash(Image.new("L", (90, 40), 200)) == f"{VERSION}:8000000000000000"


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")
def test_draft_mode_hardly_moves_the_hash() -> None:
    for file in sorted((DATA / "photos" / "darknet").iterdir()):
        data = file.read_bytes()
        draft, full = decode_image(data, 256).image, decode_image(data).image
        assert (hash_bits(draft) ^ hash_bits(full)).bit_count() <= 3
