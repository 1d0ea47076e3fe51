"""Which other photos are set beside one."""

from hypothesis import given
from hypothesis import strategies as st

from crosslight.build.album import Album
from crosslight.build.config import BuildConfig
from crosslight.records import Photo


def album(n: int, seed: int = 0) -> Album:
    photos = [Photo(f"{i:064}", f"{i}.jpg", 10, 10, "JPEG", "v:0") for i in range(n)]
    return Album.of(photos, BuildConfig(seed=seed))


@given(st.integers(1, 40), st.integers(0, 50), st.integers(0, 3))
def test_others_are_different_photos_and_never_the_same_one(n: int, want: int, seed: int) -> None:
    me = f"{0:064}"
    others = album(n, seed).others(me, want)
    assert len(others) == len(set(others)) == min(want, n - 1)
    assert me not in others
    assert others == album(n, seed).others(me, want)


def test_photos_of_the_same_colours_come_first() -> None:
    book = album(40)
    for at in range(40):
        book.admit(f"{at:064}", bytes([at * 6]) * 12)
    assert book.similar(f"{20:064}", 4) == [f"{at:064}" for at in (19, 21, 18, 22)]
    book.admit(f"{19:064}", b"")
    assert book.similar(f"{20:064}", 2) == [f"{at:064}" for at in (21, 18)]


def test_each_photo_is_asked_about_equally_often_or_so() -> None:
    book = album(300)
    counts = [0] * 300
    for i in range(300):
        for other in book.others(f"{i:064}", 2):
            counts[int(other)] += 1
    assert max(counts) <= 20
