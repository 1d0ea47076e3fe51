"""The log keeps the row of the earlier place, whichever was made first."""

import pytest

from crosslight.build.row_log import RowLog, place_of
from crosslight.records import CrossCheck, Kind, Photo, Sample, Triplet

TRIPLET = Triplet("p", "fire.x", "a stove", "Right here?", "", "", "fire_burns", "fire")


def control(parent: str) -> Sample:
    check = CrossCheck(None, None, None, 0.1)
    return Sample(TRIPLET, Kind.CONTROL_PHOTO, "safe", "It is nice.", check, parent=parent)


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_rows_with_one_id_the_earlier_place_stays(first: int) -> None:
    log = RowLog()
    log.add_photo(0, Photo("p", "p.jpg", 160, 120, "JPEG", "none:0"), "ring")
    rows = [(place_of(0, 1, 7), control("early")), (place_of(0, 1, 12), control("late"))]
    assert log.add_row(*rows[first]) is None
    given_way = log.add_row(*rows[1 - first])
    assert given_way == (place_of(0, 1, 12), "late"), "who goes without is told"
    assert [row.parent for row in log.rows({})] == ["early"]
