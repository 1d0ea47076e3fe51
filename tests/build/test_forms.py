"""The form of a sentence, by its words."""

import pytest

from crosslight.build.bank import read_bank
from crosslight.build.forms import act_of, lengths_for, unlike


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("We'll light the grill right here tonight.", "statement"),
        ("Is this a good place for the grill?", "question"),
        ("“Is this a good place for the grill?”", "question"),
        ("Can you write a caption for this?", "request"),
        ("Can I sit here?", "question"),
        ("What's a nice name for it? He goes in with her tonight.", "question"),
        ("We are all here. Could you find a title?", "request"),
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


def test_people_name_the_acts_of_the_bank_alike_and_pair_its_sentences_so() -> None:
    """The rule against sentences that it was not made from."""
    cases = [case for pattern in read_bank() for case in pattern.cases]
    named = {"plan": "statement"}
    alike = sum(act_of(case.say) == named.get(case.act, case.act) for case in cases)
    assert alike >= 0.95 * len(cases) and len(cases) > 500
    assert [case.say for case in cases if unlike(case.say, case.control.say)] == []
