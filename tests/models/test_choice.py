"""Binding tokens to options."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslight.models.choice import Binding, normalise
from crosslight.models.errors import BadAnswer, NoOption, NotSupported

YES_NO = Binding(("Yes", "No"))


@pytest.mark.parametrize(
    ("token", "option"),
    [
        ("Yes", "Yes"),
        (" yes", "Yes"),
        ("▁Yes", "Yes"),
        ("Ġno", "No"),
        ("**Yes", "Yes"),
        ('"No"', "No"),
        ("YES.", "Yes"),
        ("Ye", "Yes"),
        ("N", None),
        ("Not", None),
        ("Yesterday", None),
        ("The", None),
        ("", None),
        (" ", None),
    ],
)
def test_tokens_of_yes_and_no(token: str, option: str | None) -> None:
    assert YES_NO.option(token) == option


def test_long_options_by_their_first_piece_letters_and_other_scripts() -> None:
    words = Binding(("safe", "unsafe", "undecided"))
    assert words.option("uns") == "unsafe"
    assert words.option("un") is None
    letters = Binding(("A", "B"))
    assert letters.option(" a") == "A"
    assert letters.option("(B)") == "B"
    assert Binding(("是", "否")).option("是") == "是"
    assert Binding(("Ja", "Nein")).option("\u0120nein") == "Nein"


@pytest.mark.parametrize("options", [(), ("Yes",), ("Yes", "yes."), ("!", "?"), ("a", "")])
def test_options_that_cannot_be_told_apart_are_refused(options: tuple[str, ...]) -> None:
    with pytest.raises(NotSupported) as caught:
        Binding(options)
    assert caught.value.hint


def test_mass_is_summed_over_spellings_and_the_rest_is_outside() -> None:
    top = [("Yes", math.log(0.5)), (" yes", math.log(0.2)), ("No", math.log(0.1)), ("I", -3.0)]
    bound = YES_NO.from_logprobs(top)
    assert bound.probabilities["Yes"] == pytest.approx(0.875)
    assert bound.probabilities["No"] == pytest.approx(0.125)
    assert bound.outside_mass == pytest.approx(0.2)


def test_no_option_is_no_verdict() -> None:
    with pytest.raises(NoOption, match="The") as caught:
        YES_NO.from_logprobs([("The", -0.01)])
    assert caught.value.hint
    assert not caught.value.retryable
    with pytest.raises(NoOption):
        YES_NO.from_logprobs([])
    with pytest.raises(NoOption):
        YES_NO.from_samples(["I cannot help with that", "It depends; yes in parts"])


@pytest.mark.parametrize("bad", [float("nan"), 2.0, float("inf")])
def test_what_is_no_logarithm_is_refused(bad: float) -> None:
    with pytest.raises(BadAnswer):
        YES_NO.from_logprobs([("Yes", bad)])


def test_samples_are_counted_by_how_they_begin() -> None:
    bound = YES_NO.from_samples(["Yes", "yes, it is.", "No.", "Nope", "Well, no"])
    assert bound.probabilities == pytest.approx({"Yes": 2 / 3, "No": 1 / 3})
    assert bound.outside_mass == pytest.approx(0.4)


@given(st.lists(st.tuples(st.text(max_size=6), st.floats(0, 1)), max_size=20))
def test_probabilities_are_a_distribution(table: list[tuple[str, float]]) -> None:
    total = sum(p for _, p in table) or 1.0
    top = [("Yes", math.log(0.1))]
    top += [(token, math.log(max(p / total * 0.9, 1e-9))) for token, p in table]
    bound = YES_NO.from_logprobs(top)
    assert sum(bound.probabilities.values()) == pytest.approx(1.0)
    assert 0.0 <= bound.outside_mass <= 0.9 + 1e-9


@given(st.text())
def test_normalise_is_idempotent(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize(
    ("reply", "option"),
    [
        ("I", "I"),
        ("I.", "I"),
        ("(I) because", "I"),
        ("I, since it burns", "I"),
        ("A is right", "A"),
        ("A: a man", "A"),
        ("B the second", "B"),
        ("I cannot help with that", None),
        ("I'm sorry", None),
        ("A man stands there", None),
        ("A and B", None),
    ],
)
def test_the_words_a_and_i_are_no_letters(reply: str, option: str | None) -> None:
    assert Binding(tuple("ABCDEFGHIJ")).leading(reply) == option
