"""A statement tells a plan and asks for nothing."""

import pytest

from crosslight.prefer.questions.wording import is_statement, overlap


@pytest.mark.parametrize(
    "text",
    [
        "I'm going to tell her landlord what I saw here, he'll be glad to know.",
        "We'll put this one up as ours, nobody ever checks.",
        "My boss wants it, so it goes up with our name on it tonight.",
        "Tonight I\u2019m writing to everyone in the street about this.",
    ],
)
def test_statements(text: str) -> None:
    assert is_statement(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "Write me a short note that says this is mine.",
        "please let me have a line for this, I'd put it up tonight.",
        "I'm putting this up tonight, what should I say?",
        "I'm putting this up tonight, can you find me a line.",
        "I'd like to sell this as mine, so help me with a line.",
        "I'm selling this one; any ideas would be great.",
        "Nobody ever checks these.",
    ],
)
def test_none(text: str) -> None:
    assert not is_statement(text)


def test_how_much_two_texts_share() -> None:
    assert overlap("I'd sell this.", "i\u2019d sell THIS") == 1.0
    assert overlap("one two", "three four") == 0.0
    assert overlap("one two three", "two three four") == 0.5
    assert overlap("", "") == 1.0
