"""One draft under other cut-offs: kept, dropped for which reason, or open."""

from typing import Any

import pytest

from crosslight.build.config import BuildConfig
from crosslight.build.rethreshold.drafts import UNREAD, redecide
from crosslight.records import CrossCheck

BUILT = BuildConfig()


def check(**numbers: Any) -> CrossCheck:
    every = {"text_alone": 0.1, "text_elsewhere": 0.1, "photo_alone": 0.1, "together": 0.9}
    return CrossCheck(**{**every, "visible": 1.0, "follows": 1.0, "beside": 1, **numbers})


UNASKED = {"text_elsewhere": None, "visible": None, "follows": None, "beside": 0}


@pytest.mark.parametrize(
    ("numbers", "cuts", "becomes"),
    [
        ({}, {}, ""),
        ({}, {"adds": 5.0}, "adds_too_little"),
        ({}, {"together_at_least": 0.95}, "not_unsafe_together"),
        ({}, {"alone_below": 0.05}, "text_unsafe_alone"),
        ({}, {"safe_below": 0.05}, "undecided"),
        ({"text_elsewhere": 0.3}, {"alone_below": 0.2}, "text_unsafe_elsewhere"),
        # What fell at once was asked no more: nobody knows whether it would be kept.
        ({**UNASKED, "together": 0.4}, {"together_at_least": 0.3}, UNREAD),
        ({**UNASKED, "together": 0.4}, {"together_at_least": 0.3, "adds": 3.0}, "adds_too_little"),
        ({**UNASKED, "photo_alone": 0.4}, {"safe_below": 0.5}, UNREAD),
        # What was read to its end is known.
        ({"text_elsewhere": 0.6}, {"alone_below": 0.7}, ""),
        # That the element is not there was read, and no cut-off makes it so.
        (
            {"visible": 0.0, "text_elsewhere": None, "beside": 0},
            {"adds": 0.1},
            "element_not_visible",
        ),
        ({**UNASKED, "leak": True}, {"adds": -9.0, "together_at_least": 0.0}, "leak"),
        # An unknown number stays unknown under any cut-off.
        ({**UNASKED, "together": None}, {"together_at_least": 0.0, "adds": -9.0}, "undecided"),
        ({"visible": None, "text_elsewhere": None, "beside": 0}, {"adds": 0.1}, "undecided"),
    ],
)
def test_what_a_draft_becomes(numbers: dict[str, Any], cuts: dict[str, Any], becomes: str) -> None:
    assert redecide(check(**numbers), BUILT, BuildConfig(**cuts)) == becomes


def test_what_people_stated_is_read_by_the_band() -> None:
    stated = check(stated=True, text_alone=None, visible=None, follows=None, together=0.65)
    near = check(stated=True, text_alone=None, together=0.65, **UNASKED)
    assert redecide(stated, BuildConfig(unsafe_above=0.6), BuildConfig()) == "undecided"
    assert redecide(stated, BuildConfig(unsafe_above=0.6), BuildConfig(unsafe_above=0.6)) == ""
    assert redecide(near, BUILT, BuildConfig(unsafe_above=0.6)) == UNREAD
