"""Which photos are set beside one: bounded, the same in every run, never across splits."""

from typing import Any

import pytest

from crosslight.build.row_log import RowLog
from crosslight.build.splits import split_of
from crosslight.build.two_photos.catalogue import (
    AMONG,
    MEET_ACROSS,
    Catalogue,
    PhotoSeen,
    Shown,
)
from crosslight.records import content_hash


def photo(number: int) -> str:
    return content_hash(f"photo {number}".encode())


def filled(n: int, seed: int = 0) -> Catalogue:
    """Every third shows a cat, more surely with its number."""
    catalogue = Catalogue(RowLog(), n, seed)
    for number in range(n):
        things = (Shown("cat", 0.3 + 0.6 * number / n, "a cat"),) if number % 3 == 0 else ()
        catalogue.add(PhotoSeen(photo(number), things))
    return catalogue


def test_a_photo_is_never_beside_itself_and_never_twice() -> None:
    catalogue = filled(7)
    for number in range(7):
        found = catalogue.near(photo(number), 50)
        assert sorted(found) == sorted({photo(n) for n in range(7)} - {photo(number)})


def test_those_that_show_a_thing_come_surest_first_and_bounded() -> None:
    catalogue = filled(30)
    found = catalogue.holding(photo(1), "cat", 4)
    assert len(found) == 4
    chances = [round(catalogue.shown(other, "cat").chance * 10) for other in found]
    assert chances == sorted(chances, reverse=True) and chances[0] == 8
    assert catalogue.holding(photo(1), "dog", 4) == []


def test_choices_hang_on_ids_and_seed_and_not_on_the_order_of_arrival() -> None:
    one, other = Catalogue(RowLog(), 40, 3), Catalogue(RowLog(), 40, 3)
    for number in range(40):
        one.add(PhotoSeen(photo(number)))
        other.add(PhotoSeen(photo(39 - number)))
    near = [one.near(photo(n), 5) for n in range(40)]
    assert near == [other.near(photo(n), 5) for n in range(40)]
    assert near != [filled(40, 4).near(photo(n), 5) for n in range(40)]


def test_only_photos_of_one_split_meet_where_there_are_enough() -> None:
    n = 3 * MEET_ACROSS
    catalogue = filled(n)
    splits = {photo(number): split_of(photo(number), 0) for number in range(n)}
    assert set(splits.values()) == {"train", "validation", "test"}
    for one, split in splits.items():
        beside = {*catalogue.near(one, 9), *catalogue.holding(one, "cat", 9)}
        assert beside and {splits[other] for other in beside} <= {split}
    few = filled(MEET_ACROSS - 1)
    met = {frozenset((splits[photo(0)], splits[o])) for o in few.near(photo(0), MEET_ACROSS)}
    assert len(met) == 3, "in a small album all of them meet"


def test_in_a_small_album_those_of_one_split_meet_first() -> None:
    catalogue = filled(MEET_ACROSS - 1)
    splits = {photo(number): split_of(photo(number), 0) for number in range(MEET_ACROSS)}
    for one in map(photo, range(MEET_ACROSS - 1)):
        others = [splits[other] != splits[one] for other in catalogue.near(one, 50)]
        assert others == sorted(others) and not others[0]
        found = catalogue.holding(one, "cat", 9)
        steps = [round(catalogue.shown(other, "cat").chance * 10) for other in found]
        ranks = [(-s, splits[o] != splits[one]) for s, o in zip(steps, found, strict=True)]
        assert ranks == sorted(ranks), "the surest first all the same"


def test_copies_count_as_the_photo_that_they_are_copies_of() -> None:
    n = 2 * MEET_ACROSS
    other = next(k for k in range(1, n) if split_of(photo(k), 0) != split_of(photo(0), 0))
    catalogue = Catalogue(RowLog(), n, 0, {photo(other): photo(0)})
    for number in range(n):
        catalogue.add(PhotoSeen(photo(number)))
    assert photo(other) in catalogue.near(photo(0), n)


def test_a_choice_looks_at_a_bounded_number_however_many_show_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    catalogue = Catalogue(RowLog(), 99, 0)
    for number in range(99):
        catalogue.add(PhotoSeen(photo(number), (Shown("cat", 0.5, "a cat"),)))
    read, found = RowLog.read, list[Any]()

    def counted(log: RowLog, statement: str, values: Any = ()) -> list[tuple[Any, ...]]:
        found.extend(read(log, statement, values))
        return read(log, statement, values)

    monkeypatch.setattr(RowLog, "read", counted)
    assert len(catalogue.holding(photo(0), "cat", 2)) == 2
    assert 0 < len(found) <= AMONG
