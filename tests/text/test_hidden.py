"""What a reviewer cannot see is found; what a language is written with passes."""

import pytest

from crosslight.text import hidden_characters, odd_characters


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",  # Persian, zero-width non-joiner
        "क्\u200dष",  # Devanagari, zero-width joiner
        "👩\u200d👩\u200d👧 and 🏳️\u200d🌈",
        "❤\ufe0f 1\ufe0f⃣ ☺\ufe0e",
        "👩🏽\u200d🚒",
        "שלום (abc)\u200f ועוד",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "葛\U000e0100城",
        "tab\there, no\u00a0break, ü, 日本",
    ],
)
def test_what_belongs_to_a_language_passes(text: str) -> None:
    assert list(hidden_characters(text)) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ca\u200ct", "U+200C"),
        ("ca\u200dt", "U+200D"),
        ("a\u202eb", "U+202E"),
        ("a\u200bb", "U+200B"),
        ("plain \u200e words", "U+200E"),
        ("שלום\u200f\u200fעוד", "U+200F"),
        ("soft\u00adhyphen", "U+00AD"),
        ("in\ufeffside", "U+FEFF"),
        ("a\U000e0061\U000e0062", "U+E0061"),
        ("\U0001f3f4\U000e0069\U000e0067\U000e006e\U000e007f", "U+E0069"),
        ("a\ufe01", "U+FE01"),
        ("x\U000e0100", "U+E0100"),
        ("\u3164", "U+3164"),
        ("\x1b[31m", "U+001B"),
        ("\x85", "U+0085"),
    ],
)
def test_what_hides_is_named(text: str, name: str) -> None:
    assert name in [found for _, found in hidden_characters(text)]


def test_look_alikes_and_no_break_spaces_are_pointed_at() -> None:
    [cat] = odd_characters("No c\u0430t is visible.")
    assert "Cyrillic letter U+0430 looks like the Latin a" in cat
    [alone] = odd_characters("No \u0430 cat.")  # a whole word of look-alikes
    assert "U+0430" in alone
    [greek] = odd_characters("N\u03bf cat.")
    assert "Greek letter U+03BF looks like the Latin o" in greek
    [space] = odd_characters("within 30\u00a0cm")
    assert space == "no-break space U+00A0 between '30' and 'cm'"


def test_words_of_another_script_are_no_look_alikes() -> None:
    assert odd_characters("Нет кота в кадре") == []
    assert odd_characters("the sign says Выход, in red") == []
    assert odd_characters("5 µm, α and β particles, Ωmega") == []
