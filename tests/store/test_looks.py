"""All of a picture can be seen: frames, pages, the pieces of a strip, both grounds."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from crosslight.store import BadImage, Bounds, ImageStore, Look, decode_image, frames, survey_image
from crosslight.store.looks import pieces, plan_looks
from tests.build.hostile import encoded, photo

FRAMES = [photo(seed, 160, 120) for seed in range(3)]
SAVED = {"save_all": True, "append_images": FRAMES[1:]}


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path, fsync=False)


def animation(frames: list[Image.Image], kind: str = "GIF", **more: object) -> bytes:
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], **more)


def grey(image: Image.Image) -> float:
    small = image.convert("L").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert isinstance(small, int | float)
    return float(small)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF", "MPO", "AVIF"])
def test_every_frame_page_and_picture_is_a_look(kind: str, store: ImageStore) -> None:
    sha = store.put(encoded(FRAMES[0], kind, **SAVED))
    whole = store.view(sha)
    assert whole.notes == ("only the first of 3 frames is shown",)
    assert whole.recipe == "jpeg-v1:768:85"  # as it always was: stored answers stay
    found = store.looks(sha)
    assert found.unseen == ""
    assert [look.name for look in found.looks] == [f"frame {n} of 3" for n in (1, 2, 3)]
    views = [store.view(sha, look=look) for look in found.looks]
    assert [view.recipe for view in views[1:]] == [f"jpeg-v1:768:85|frame:{n}" for n in (1, 2)]
    for view, frame in zip(views, FRAMES, strict=True):
        assert abs(grey(decode_image(view.jpeg).image) - grey(frame)) < 6
    assert store.view(sha, look=found.looks[2]) == views[2]
    assert store.view(sha).notes == whole.notes  # from the disk too


def test_a_strip_among_large_pages_is_cut_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where not all pages can be compared, those that are looked at are known by their own size."""
    monkeypatch.setattr(frames, "SURVEY_PIXELS", 1000)
    pages = [photo(0, 160, 120), photo(1, 2000, 60), photo(2, 160, 120)]
    found = frames.survey_here(animation(pages, "TIFF"), "TIFF", 16, Bounds())
    assert [(frame.width, frame.height) for frame in found.chosen] == [p.size for p in pages]
    names = [look.name for look in plan_looks(found, 768, 16).looks]
    assert names[0] == "frame 1 of 3" and "frame 2 of 3, piece 1 of" in names[1]
    light = Image.new("RGBA", (120, 120), (0, 0, 0, 0))
    light.paste((255, 255, 255, 255), (20, 20, 70, 70))
    data = animation([photo(0, 120, 120).convert("RGBA"), light], "PNG")
    found = frames.survey_here(data, "PNG", 16, Bounds())
    assert [frame.light for frame in found.chosen] == [False, True]


def test_what_a_frame_behind_the_first_shows_is_all_of_it(store: ImageStore) -> None:
    sha = store.put(animation(FRAMES))
    second = store.looks(sha).looks[1]
    assert store.view(sha).notes and store.view(sha, look=second).notes == ()


def test_an_ordinary_picture_takes_one_look(store: ImageStore) -> None:
    for data in (encoded(photo(1)), encoded(photo(1, 2000, 300)), encoded(photo(1, 40, 40), "PNG")):
        assert store.view(store.put(data)).notes == ()


def test_frames_that_are_the_same_are_looked_at_once() -> None:
    repeats = [photo(seed, 160, 120) for seed in (0, 0, 1, 2, 0)]
    data = animation(repeats, "TIFF")
    found = survey_image(data, 16)
    assert found.total == 5
    assert [(frame.at, frame.same) for frame in found.chosen] == [(0, 3), (2, 1), (3, 1)]
    assert survey_image(data, 1).chosen[0].same == 3


def test_of_more_frames_than_wanted_evenly_many_are_taken(store: ImageStore) -> None:
    sha = store.put(animation([photo(seed, 40, 30) for seed in range(21)]))
    found = store.looks(sha, most=5)
    assert [look.frame for look in found.looks] == [0, 5, 10, 15, 20]
    assert found.unseen == "5 of 21 frames were looked at"
    assert store.looks(sha, most=1).unseen == "1 of 21 frames was looked at"


def test_a_file_that_breaks_off_tells_how_far_it_was_seen(store: ImageStore) -> None:
    data = animation([photo(seed, 160, 120) for seed in range(6)], "PNG")
    found = store.looks(store.put(data[: len(data) * 2 // 3]))
    assert 0 < len(found.looks) < 6
    assert found.unseen.startswith(f"{len(found.looks)} of 6 frames were looked at (frame ")


def test_a_page_beyond_the_bounds_is_not_decoded() -> None:
    data = animation([photo(1, 100, 80), photo(2, 900, 800)], "TIFF")
    found = survey_image(data, 16, Bounds(max_pixels=100_000))
    assert len(found.chosen) == 1
    assert "too_many_pixels" in found.broken
    with pytest.raises(BadImage, match="900 x 800"):
        decode_image(data, None, Bounds(max_pixels=100_000), frame=1)


@pytest.mark.parametrize("size", [(9000, 90), (90, 9000), (3000, 40), (700, 30)])
def test_a_strip_is_cut_into_pieces_that_show_something(
    size: tuple[int, int], store: ImageStore
) -> None:
    sha = store.put(encoded(photo(4, *size), "PNG"))
    assert store.view(sha).notes[0].startswith(f"too narrow: {size[0]} x {size[1]} pixels")
    found = store.looks(sha)
    assert found.unseen == ""
    for look in found.looks:
        view = store.view(sha, look=look)
        assert min(view.width, view.height) >= 64
        assert max(view.width, view.height) <= 768


def test_pieces_leave_nothing_out() -> None:
    for long in (1300, 5000, 12_345):
        spans = [(box[0], box[2]) for box in pieces(long, 100, 768) if box]
        assert (spans[0][0], spans[-1][1]) == (0, long)
        assert all(a[1] > b[0] for a, b in pairwise(spans))
    assert pieces(1200, 100, 768) == [None]


def test_a_strip_of_too_many_pieces_says_so(store: ImageStore) -> None:
    found = store.looks(store.put(encoded(photo(1, 20_000, 32), "PNG")), most=4)
    assert len(found.looks) == 4
    assert found.unseen.startswith("4 of ")
    assert found.unseen.endswith(" pieces of it were looked at")


def test_light_parts_on_a_transparent_ground_are_seen_on_black(store: ImageStore) -> None:
    for kind in ("PNG", "WEBP"):
        sticker = Image.new("RGBA", (120, 120), (0, 0, 0, 0))
        sticker.paste((255, 255, 255, 255), (20, 20, 70, 70))
        sha = store.put(encoded(sticker, kind, **({"lossless": True} if kind == "WEBP" else {})))
        assert store.view(sha).notes == ("light parts on a transparent ground are shown on white",)
        assert [look.name for look in store.looks(sha).looks] == ["on white", "on black"]
        black = np.asarray(decode_image(store.view(sha, look=Look(ground=0)).jpeg).image)
        assert black[40, 40].min() > 200
        assert black[110, 110].max() < 40
    dark = Image.new("RGBA", (120, 120), (0, 0, 0, 0))
    dark.paste((10, 10, 90, 255), (20, 20, 70, 70))
    assert store.view(store.put(encoded(dark, "PNG"))).notes == ()


def test_heic_is_read_where_its_library_is_there() -> None:
    try:
        import pillow_heif  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        with pytest.raises(BadImage, match=r"pip install 'crosslight\[heif\]'"):
            decode_image(b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(100))
        return
    pillow_heif.register_heif_opener()
    data = encoded(photo(1), "HEIF")
    decoded = decode_image(data)
    assert (decoded.format, decoded.width, decoded.height) == ("HEIF", 320, 240)
    assert abs(grey(decoded.image) - grey(photo(1))) < 4
    two = survey_image(animation(FRAMES, "HEIF"), 16)
    assert [frame.at for frame in two.chosen] == [0, 1, 2]


def test_frames_that_take_too_long_to_count_cost_the_count_only(tmp_path: Path) -> None:
    store = ImageStore(tmp_path, fsync=False, bounds=Bounds(max_seconds=0.7))
    # Frames of one pixel each: small as a file, and a step of the reader each.
    one = encoded(Image.new("RGB", (1, 1)), "GIF")
    body = one[one.index(b"\x2c") : -1]
    data = encoded(photo(1), "GIF")[:-1] + body * 2_400_000 + b"\x3b"
    assert store.view(store.put(data)).notes == ("only the first of several frames is shown",)
