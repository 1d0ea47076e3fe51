"""The form of a sentence, by its words."""

import pytest

from crosslight.build.forms import act_of, lengths_for, unlike


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("We'll light the grill right here tonight.", "statement"),
        ("Is this a good place for the grill?", "question"),
        ("“Is this a good place for the grill?”", "question"),
        ("Can you write a caption for this?", "request"),
        ("Can I sit here?", "question"),
        ("Write a caption for this.", "request"),
        ("I'd like a name for it, please.", "request"),
        ("What a lovely evening!", "statement"),
        ("", "statement"),
    ],
)
def test_the_act_of_a_sentence(text: str, act: str) -> None:
    assert act_of(text) == act


def test_a_control_is_of_the_form_of_its_row() -> None:
    row = "We'll light the little grill right here tonight."
    assert lengths_for(row) == (5, 11)
    assert unlike(row, "We'll paint the little grill over there tomorrow.") == ""
    assert "question" in unlike(row, "Shall we paint the little grill right here?")
    assert "2 words" in unlike(row, "We'll paint.")
    assert "14 words" in unlike(row, "We'll paint " + "very " * 10 + "slowly here.")
    assert "itself" in unlike(row, "we’ll light the LITTLE grill, right here, tonight!")
