"""Which other photos are set beside one."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslight.build import album as album_room
from crosslight.build.album import Album
from crosslight.build.config import BuildConfig
from crosslight.build.row_log import TABLES
from crosslight.build.splits import LEAST, split_of
from crosslight.flow import Context
from crosslight.records import Photo, Triplet
from crosslight.store import ImageMissing, ImageStore
from tests.build.scenes import picture


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


def test_photos_of_the_same_split_come_first_where_photos_are_split() -> None:
    names = [f"{at:064}" for at in range(40)]
    mine = split_of(names[0], 0)
    first = album(40).own_split_first(names[0], names[1:])
    own = [split_of(name, 0) == mine for name in first]
    assert sorted(first) == names[1:] and own == sorted(own, reverse=True) and not all(own)
    assert album(LEAST - 1).own_split_first(names[0], names[1:]) == names[1:], "nothing is split"
    by_pattern = Album.of([], BuildConfig(split_by="pattern"))
    assert by_pattern.own_split_first(names[0], names[1:]) == names[1:]


def test_no_choice_goes_through_the_whole_album() -> None:
    """Each is made for every row: of 100,000 photos a look at all takes half a second."""
    book, asked = album(50), list[str]()
    for at in range(50):
        book.add_seen(f"{at:064}", ["a lamp", "a rope"])
    said = Triplet(f"{3:064}", "p", "a rope", "t", "r", "w", "falls", "s", natural_with=("lamp",))
    book.add_thing(replace(said, photo=f"{4:064}"))
    with closing(sqlite3.connect(":memory:")) as plans:
        plans.executescript(TABLES)
        book.log.tell(asked.append)
        assert book.others(said.photo, 3) and book.similar(said.photo, 3)
        assert not book.natural(said, 3) and list(book.holders(said))
        book.log.texts(said.photo), book.log.harmless_texts(said.photo)
        assert len(set(asked)) > 8
        for one in asked:
            told = [row[3] for row in plans.execute(f"EXPLAIN QUERY PLAN {one}")]
            assert not [line for line in told if "SCAN" in line or "TEMP B-TREE" in line], one


def test_each_photo_is_asked_about_equally_often_or_so() -> None:
    book = album(300)
    counts = [0] * 300
    for i in range(300):
        for other in book.others(f"{i:064}", 2):
            counts[int(other)] += 1
    assert max(counts) <= 20


def test_the_view_of_a_photo_is_read_once_while_it_is_worked_on(tmp_path: Path) -> None:
    images = ImageStore(tmp_path)
    names = [images.put(picture(at)) for at in range(3)]
    book = Album.of(
        [Photo(name, f"{name[:4]}.jpg", 160, 120, "JPEG", "v:0") for name in names], BuildConfig()
    )
    context = Context({}, images)
    first = asyncio.run(book.subject(names[0], context))
    shutil.rmtree(tmp_path)
    assert asyncio.run(book.subject(names[0], context)) is first
    with pytest.raises(ImageMissing):
        asyncio.run(book.subject(names[1], context))


def test_views_are_held_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = ImageStore(tmp_path)
    names = [images.put(picture(at)) for at in range(4)]
    book = Album.of(
        [Photo(name, f"{name[:4]}.jpg", 160, 120, "JPEG", "v:0") for name in names], BuildConfig()
    )
    context = Context({}, images)
    size = len(asyncio.run(book.subject(names[0], context)).view.jpeg)
    monkeypatch.setattr(album_room, "VIEWS_HELD", 2.5 * size)
    for name in (*names, names[0]):
        asyncio.run(book.subject(name, context))
    assert len(book._subjects) == 2 and book._held <= 2.5 * size
    assert list(book._subjects) == [names[3], names[0]]
    monkeypatch.setattr(album_room, "VIEWS_KEPT", 1)
    asyncio.run(book.subject(names[1], context))
    assert list(book._subjects) == [names[1]] and book._held < 2 * size
