"""A replayed answer equals the first one."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslight.flow.codec import (
    BadRecord,
    decode_answer,
    decode_choice,
    decode_vector,
    encode_answer,
    encode_choice,
    encode_vector,
)
from crosslight.flow.faults import replayed_fault
from crosslight.models.errors import NoOption
from crosslight.models.protocol import Answer, Choice, TokenLogprob, Usage
from crosslight.store import Record

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
number = st.floats(allow_nan=False, allow_infinity=False)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | number | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
logprob = st.floats(max_value=0, allow_nan=False)
tokens = st.builds(
    TokenLogprob, text, logprob, st.lists(st.tuples(text, logprob), max_size=3).map(tuple)
)
answers = st.builds(
    Answer,
    text=text,
    parsed=json_values,
    logprobs=st.lists(tokens, max_size=3).map(tuple),
    model=text,
    reasoning=text,
)

NONE = Usage()


def record(value: str = "", vector: bytes = b"", usage: Usage = NONE) -> Record:
    return Record(
        "k",
        "t",
        "m",
        "ok",
        value,
        "",
        vector,
        usage.prompt_tokens,
        usage.completion_tokens,
        usage.cost_usd,
    )


def test_an_answer_of_a_time_when_the_trace_was_left_in_its_text() -> None:
    old = '{"text":"<think>Hm.</think>No.","parsed":null,"finish":"stop","logprobs":[],"model":"m"}'
    answer = decode_answer(record(old))
    assert (answer.text, answer.reasoning) == ("No.", "Hm.")
    plain = decode_answer(record(old.replace("<think>Hm.</think>", "")))
    assert (plain.text, plain.reasoning) == ("No.", "")
    with pytest.raises(BadRecord):
        decode_answer(record(old.replace("</think>", "")))


@given(answers)
def test_answers(answer: Answer) -> None:
    assert decode_answer(record(encode_answer(answer), usage=answer.usage)) == answer


@given(st.dictionaries(text, st.floats(0.01, 1), min_size=1), st.floats(0, 1), st.integers(0, 8))
def test_choices(weights: dict[str, float], outside: float, samples: int) -> None:
    probabilities = {name: weight / sum(weights.values()) for name, weight in weights.items()}
    choice = Choice(probabilities, outside, Usage(1, 2, 0.5), samples, "m")
    again = decode_choice(record(encode_choice(choice), usage=choice.usage), [*weights])
    assert again == choice
    assert list(again.probabilities) == list(probabilities)


def test_choices_with_all_that_is_told_of_them_and_those_of_before() -> None:
    parts = {"Yes": (0.7, 1.0), "No": (0.0, 0.3)}
    choice = Choice({"Yes": 0.85, "No": 0.15}, 0.0, NONE, 0, "m", "logprobs", 256, 0.3, parts, "Y")
    choice = replace(choice, reasoning="Is it?")
    assert decode_choice(record(encode_choice(choice)), ("Yes", "No")) == choice
    old = '{"probabilities":{"Yes":1.0,"No":0.0},"outside_mass":0.0,"samples":%d,"model":"m"}'
    for samples, method in ((0, "logprobs"), (8, "samples")):
        again = decode_choice(record(old % samples), ("Yes", "No"))
        assert (again.method, again.room, again.why) == (method, 0, "")
        assert again.interval("Yes") == (1.0, 1.0)
    for bad in ('"method":"guess"', '"room":-1', '"intervals":{"Yes":[0,7]}', '"unknown_mass":3'):
        told = (old % 0)[:-1] + f",{bad}}}"
        with pytest.raises(BadRecord):
            decode_choice(record(told), ("Yes", "No"))


@pytest.mark.parametrize("value", ["Perhaps.", '{"text": 3}', '{"text": "x", "room": 1}', "["])
def test_the_words_of_a_time_before_more_was_kept(value: str) -> None:
    error = replayed_fault(replace(record(value), status="no_option"))
    assert isinstance(error, NoOption)
    assert (error.text, error.samples, error.reasoning) == (value, 0, "")


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=8))
def test_vectors(values: list[float]) -> None:
    vector = np.array(values, np.float32)
    again = decode_vector(record(vector=encode_vector(vector)))
    assert again.dtype == np.float32
    assert np.array_equal(again, vector)
