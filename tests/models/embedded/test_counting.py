"""More than so many: by boxes, merged where they lie on each other, open near the number."""

import pytest

from crosslight.models.embedded.counting import chance_of_more, could_be_more, distinct
from crosslight.models.embedded.scene import Scene, Thing
from crosslight.models.embedded.visible import UNKNOWN, count_of

SAFE = {"safe": 1.0, "sexual": 0.0, "graphic": 0.0}


def crowd(count: int, score: float = 0.95) -> Scene:
    """So many persons side by side."""
    boxes = [(n / 25, 0.2, (n + 1) / 25, 0.8) for n in range(count)]
    return Scene((), (), SAFE, tuple(Thing("person", score, box) for box in boxes))


@pytest.mark.parametrize(
    ("seen", "answer"), [(0, "no"), (1, "no"), (2, "no"), (3, "open"), (4, "open"), (7, "yes")]
)
def test_more_than_four_people(seen: int, answer: str) -> None:
    sight = count_of(crowd(seen), "person", 4)
    if answer == "open":
        assert sight.outside == UNKNOWN
    elif answer == "yes":
        assert sight.yes > 0.9 and sight.outside == 0
    else:
        assert sight.yes < 0.1 and sight.outside <= 0.36


def test_more_than_none_is_whether_one_is_there() -> None:
    assert count_of(crowd(1), "people", 0).yes > 0.9
    assert count_of(crowd(0), "people", 0).yes < 0.1


def test_a_kind_and_what_has_no_box_are_not_counted() -> None:
    assert count_of(crowd(9), "children", 4).outside == UNKNOWN
    assert count_of(crowd(0), "children", 4).outside <= 0.36
    assert count_of(crowd(9), "rifle", 1).outside == UNKNOWN  # a class, no label
    assert count_of(crowd(9), "people without hats", 1).outside == UNKNOWN
    assert count_of(Scene((), (), SAFE, None), "person", 4).outside == UNKNOWN


def test_no_crowd_in_a_drawing_is_open() -> None:
    drawn = Scene((("comic book", 0.5),), (), SAFE, ())
    assert count_of(drawn, "person", 4).outside == UNKNOWN


def test_the_chance_is_that_of_unequal_coins() -> None:
    assert chance_of_more([0.5, 0.5], 1) == pytest.approx(0.25)
    assert chance_of_more([0.9, 0.8, 0.1], 1) == pytest.approx(
        0.9 * 0.8 * 0.9 + 0.9 * 0.2 * 0.1 + 0.1 * 0.8 * 0.1 + 0.9 * 0.8 * 0.1
    )
    assert chance_of_more([], 0) == 0 and chance_of_more([1.0] * 5, 4) == 1


def test_boxes_on_each_other_are_one_thing() -> None:
    car, same, other = (0, 0, 0.5, 0.5), (0, 0, 0.5, 0.48), (0.5, 0.5, 1, 1)
    assert distinct([(same, 0.6), (car, 0.9), (other, 0.7)]) == [0.9, 0.7]
    assert [could_be_more(seen, 4) for seen in (0, 2, 3, 9)] == [False, False, True, True]
