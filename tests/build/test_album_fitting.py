"""On which photos the same pattern may fit."""

from collections.abc import Iterable
from itertools import islice

from crosslight.build.album import Album
from crosslight.build.config import BuildConfig
from crosslight.build.row_log import RowLog
from crosslight.records import Triplet


def triplet(photo: str, element: str, pattern: str = "p") -> Triplet:
    return Triplet(photo, pattern, element, "May I?", "risk", "why", "falls", "heights")


class Fitting:
    """At most so many photos for a pattern."""

    def __init__(self, seen: Iterable[Triplet], limit: int) -> None:
        self.album, self.limit = Album(RowLog(), BuildConfig()), limit
        for one in seen:
            self.album.add_thing(one)

    def photos(self, triplet: Triplet) -> list[str]:
        return list(islice(self.album.holders(triplet), self.limit))


def test_photos_with_the_same_kind_of_thing_fit() -> None:
    seen = [triplet("1", "a cat"), triplet("2", "two cats"), triplet("3", "a steep cliff")]
    fitting = Fitting(seen, 5)
    assert fitting.photos(seen[0]) == ["2"]
    assert fitting.photos(seen[2]) == []


def test_patterns_do_not_all_choose_the_same_photos() -> None:
    seen = [triplet(str(n), "a cat") for n in range(50)]
    fitting = Fitting(seen, 1)
    chosen = {fitting.photos(triplet("4", "a cat", f"pattern {n}"))[0] for n in range(30)}
    assert len(chosen) > 8


def test_there_are_never_more_than_the_limit_and_always_the_same() -> None:
    seen = [triplet(str(n), "a cat") for n in range(20)]
    fitting = Fitting(seen, 3)
    chosen = fitting.photos(seen[4])
    assert len(chosen) == 3 and "4" not in chosen
    assert chosen == Fitting(list(reversed(seen)), 3).photos(seen[4])
