"""Print as evidence: phrases and patterns of words."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslight.models.embedded.printed import MAX_WORDS, print_probability, read_pattern
from crosslight.models.embedded.scene import Scene
from crosslight.models.errors import BadSpec

SAFE = {"safe": 1.0, "sexual": 0.0, "graphic": 0.0}
SIGN = Scene(
    (("street sign", 0.6),), (("CAUTION: Wet", 0.9), ("Floor", 0.8), ("no5moking", 0.7)), SAFE
)
LABEL = Scene(
    (),
    (("POISONOUS. Keep well out", 0.9), ("of the reach of children", 0.8), ("Max 250 kg", 0.7)),
    SAFE,
)


@pytest.mark.parametrize(
    ("phrase", "chance"),
    [
        ("wet floor", 0.8),
        ("WET FLOOR!", 0.8),
        ("caution", 0.9),
        ("cautoin", 0.0),
        ("no smoking", 0.0),
        ("floor wet", 0.0),
        ("et", 0.0),
        ("", 0.0),
        ("...", 0.0),
        ("caution wet floor today", 0.0),
    ],
)
def test_print(phrase: str, chance: float) -> None:
    got = print_probability(SIGN, [phrase])
    assert got == pytest.approx(chance, abs=0.14 if phrase == "cautoin" else 1e-6) or (
        phrase == "cautoin" and got < 0.9
    )


def test_a_slip_of_the_reader_counts_less() -> None:
    read = Scene((), (("Seifenfabrikafion", 0.9),), SAFE)
    assert 0.7 < print_probability(read, ["seifenfabrikation"]) < 0.9


@pytest.mark.parametrize(
    ("pattern", "chance"),
    [
        ("keep|store ..3 reach", 0.0),  # four words between
        ("keep|store ..4 reach", 0.8),
        ("KEEP ..1 out", 0.9),
        ("keep out", 0.0),
        ("poison*", 0.9),
        ("poison* ..10 children", 0.8),
        ("children ..10 poison*", 0.0),
        ("max #", 0.7),
        ("# kg", 0.7),
        ("#3-3 kg|lb", 0.7),
        ("#4-6 kg", 0.0),
        ("reach ..2 children|adults", 0.8),
        ("#", 0.7),
        ("adults|dogs", 0.0),
    ],
)
def test_patterns(pattern: str, chance: float) -> None:
    assert print_probability(LABEL, (), [pattern]) == pytest.approx(chance)


def test_the_best_of_phrases_and_patterns_counts() -> None:
    assert print_probability(LABEL, ["max"], ["poison*"]) == pytest.approx(0.9)
    assert print_probability(LABEL, [], []) == 0


@pytest.mark.parametrize(
    "pattern",
    [
        *("", "  ", "a+", "(a|b)", ".*", "a|", "..3", "a ..3", "..3 a", "a ..0 b", "a ..11 b"),
        *("#4-2", "a*b", "*", "a b c d e f g h i j k l m", "|".join("a" * 41), "a ..99 b", "#1-"),
    ],
)
def test_no_pattern(pattern: str) -> None:
    with pytest.raises(BadSpec):
        read_pattern(pattern)


def test_no_text_makes_a_pattern_slow() -> None:
    long = Scene((), tuple(("to " * 50, 0.9) for _ in range(200)), SAFE)
    worst = " ".join(["to", "..10"] * 5 + ["to", "end"])
    began = time.process_time()
    assert print_probability(long, (), [worst]) == 0
    assert time.process_time() - began < 2
    late = Scene((), (*long.text, ("late", 0.9)), SAFE)
    assert print_probability(late, (), ["late"]) == 0, f"behind the first {MAX_WORDS} words"


@given(st.lists(st.tuples(st.text(max_size=30), st.floats(0, 1)), max_size=5).map(tuple))
def test_any_text_gives_a_share(text: tuple[tuple[str, float], ...]) -> None:
    assert 0 <= print_probability(Scene((), text, SAFE), ["a b"], ["a ..3 b*", "#"]) <= 1
