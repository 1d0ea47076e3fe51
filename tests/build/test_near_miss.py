"""Photos that nearly fit as a harmless place: what is told of the nearest."""

import pytest

from crosslight.build.config import BuildConfig
from crosslight.build.controls import _fits, _near_miss
from crosslight.build.roles import There

CONFIG = BuildConfig()


@pytest.mark.parametrize(
    ("there", "fits", "near", "says"),
    [
        (There(0.1, 0.9), True, 0.9, "natural there 0.900, unsafe 0.100"),
        (There(0.5, 0.9), False, 0.9, "natural there 0.900, unsafe 0.500"),
        (There(0.1, 0.5), False, 0.5, "natural there 0.500, unsafe 0.100"),
        (There(0.1, 0.2), False, 0.0, "natural there 0.200"),
        (There(None, 0.9), False, 0.9, "natural there 0.900, unsafe ?"),
        (There(0.0, 0.69), False, 0.69, "natural there 0.690, unsafe 0.000"),
        (There(None, None), False, 0.0, "natural there ?, unsafe ?"),
    ],
)
def test_what_is_told_of_a_photo(there: There, fits: bool, near: float, says: str) -> None:
    assert _fits(there, CONFIG) is fits
    measured, told = _near_miss(there, "a.jpg", CONFIG)
    assert measured == pytest.approx(near)
    assert says in told
