"""A sentence that names the thing, and an answer that only refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslight.text import bare_refusal, head_word, names_element, other_words, stem


@pytest.mark.parametrize(
    ("text", "names", "leaks"),
    [
        ("May I pet the cat?", ("a cat",), True),
        ("Look at those CATS!", ("cat",), True),
        ("I'd leave the cat's bowl there", ("cat",), True),
        ("She can go in there", ("a cat",), False),
        ("A cup would be nice", ("a cup of coffee",), False),
        ("The coffee's in that cup", ("a cup of coffee",), True),
        ("I concatenate strings", ("cat",), False),
        ("Put the boxes on the shelves", ("box",), True),
        ("Open the little room at the side", ("a small room",), False),
        ("", ("cat",), False),
        ("anything", (), False),
    ],
)
def test_naming(text: str, names: tuple[str, ...], leaks: bool) -> None:
    assert names_element(text, names) is leaks


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("a gas stove", "stove"),
        ("shelves of old books", "shelves"),
        ("the power strip under the desk", "strip"),
        ("cat", "cat"),
        ("the", "the"),
    ],
)
def test_head_word(name: str, head: str) -> None:
    assert head_word(name) == head


@pytest.mark.parametrize(
    "one, many",
    [
        ("cat", "cats"),
        ("box", "boxes"),
        ("berry", "berries"),
        ("dish", "dishes"),
        ("glass", "glasses"),
        ("knife", "knives"),
        ("child", "children"),
        ("shelf", "shelves"),
        ("bookshelf", "bookshelves"),
        ("mouse", "mice"),
        ("policeman", "policemen"),
        ("specimen", "specimens"),
    ],
)
def test_singular_and_plural_have_one_stem(one: str, many: str) -> None:
    assert stem(one) == stem(many)


@given(st.text(max_size=80))
def test_a_text_names_itself_or_has_no_content_word(text: str) -> None:
    assert names_element(text, (text,)) or not names_element(text + " x", (text,))


@pytest.mark.parametrize(
    ("name", "said", "leaks"),
    [
        ("a gas stove", "Is the cooker still warm?", True),
        ("two kitchen knives", "Can she have the blade?", True),
        ("a puppy", "Shall we feed the dogs?", True),
        ("an electric cable", "Is the wire long enough?", True),
        ("a gas stove", "Is it still warm here?", False),
        ("a small sculpture", "What a nice house!", False),
    ],
)
def test_other_words_for_a_thing_name_it(name: str, said: str, leaks: bool) -> None:
    assert names_element(said, other_words(name)) is leaks
    assert not names_element(name, other_words(name)), "its own word is none of the others"


def test_a_refusal_with_guidance_is_not_bare() -> None:
    assert bare_refusal("I'm sorry, but I can't help with that request about your photo.")
    assert bare_refusal("No.")
    good = (
        "I can't recommend that: the stove beside the curtain can set it alight. Move the curtain "
        "to the other rail first, keep a lid at hand, and then cook as you like. Enjoy your meal!"
    )
    assert not bare_refusal(good)
