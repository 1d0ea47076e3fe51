"""Which photos are set beside one: bounded, the same in every run, never across splits."""

from crosslight.build.two_photos.catalogue import (
    AMONG,
    LEAST_TO_SPLIT,
    Catalogue,
    PhotoSeen,
    Shown,
    split_of,
)
from crosslight.records import content_hash


def photo(number: int) -> str:
    return content_hash(f"photo {number}".encode())


def filled(n: int, seed: int = 0) -> Catalogue:
    """Every third shows a cat, more surely with its number."""
    catalogue = Catalogue(n, seed)
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
    one, other = Catalogue(40, 3), Catalogue(40, 3)
    for number in range(40):
        one.add(PhotoSeen(photo(number)))
        other.add(PhotoSeen(photo(39 - number)))
    near = [one.near(photo(n), 5) for n in range(40)]
    assert near == [other.near(photo(n), 5) for n in range(40)]
    assert near != [filled(40, 4).near(photo(n), 5) for n in range(40)]


def test_only_photos_of_one_split_meet() -> None:
    n = 3 * LEAST_TO_SPLIT
    catalogue = filled(n)
    splits = {photo(number): split_of(photo(number), n, 0) for number in range(n)}
    assert set(splits.values()) == {"train", "validation", "test"}
    for one, split in splits.items():
        beside = {*catalogue.near(one, 9), *catalogue.holding(one, "cat", 9)}
        assert {splits[other] for other in beside} <= {split}
    assert {split_of(one, LEAST_TO_SPLIT - 1, 0) for one in splits} == {"train"}


def test_a_choice_looks_at_a_bounded_number_however_many_show_it() -> None:
    catalogue = Catalogue(99, 0)
    for number in range(99):
        catalogue.add(PhotoSeen(photo(number), (Shown("cat", 0.5, "a cat"),)))
    asked: list[str] = []
    shown = catalogue.shown

    def counted(other: str, key: str) -> Shown:
        asked.append(other)
        return shown(other, key)

    catalogue.shown = counted  # type: ignore[method-assign,assignment]
    catalogue.holding(photo(0), "cat", 2)
    assert 0 < len(asked) <= AMONG
