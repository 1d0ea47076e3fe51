"""YAML as it is written: nothing is lost, nothing is changed, all that is wrong is listed."""

import math
import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslight.text import as_json, parse_yaml, yaml_reader
from crosslight.text.wrong_fields import Mapped


def value_of(text: str) -> Any:
    value, wrong = parse_yaml(text)
    assert wrong == []
    return value


def wrong_of(text: str, **bounds: int) -> list[str]:
    return [str(one) for one in parse_yaml(text, **bounds)[1]]


@pytest.mark.parametrize(
    "written",
    (
        *("22:30", "1.50", "007", "0x1F", "1_000", "1e3", "+5", "2024-01-01", "12:30:45", ".5"),
        *("<<", "=", "-0", "190:20:30.15", "9" * 400, "1.0e5", ".inf", "0o17", "~x", "y", "n"),
    ),
)
def test_what_yaml_would_change_keeps_its_characters(written: str) -> None:
    assert value_of(f"a: {written}") == {"a": written}
    assert value_of(f"[{written}]") == [written]


@pytest.mark.parametrize("written", ["0", "-7", "30", "1.5", "-0.25", "9.0", "1e-07", "1.5e+20"])
def test_a_number_that_is_written_as_it_is_read_is_one(written: str) -> None:
    value = value_of(f"a: {written}")["a"]
    assert str(value) == written


@pytest.mark.parametrize(
    "word", ["no", "No", "NO", "off", "yes", "On", "true", "FALSE", "~", "null"]
)
def test_words_keep_their_meaning_and_their_characters(word: str) -> None:
    value = value_of(f"a: {word}")
    assert value["a"] is yaml.safe_load(word)
    assert value.said == {"a": word}
    assert value_of(f"a: '{word}'")["a"] == word
    assert value_of(f"a: !!str {word}")["a"] == word


def test_keys_are_text() -> None:
    assert value_of("{Yes: 1, no: 2, 007: 3, 1.50: 4, ~: 5}") == {
        "Yes": 1, "no": 2, "007": 3, "1.50": 4, "~": 5,
    }  # fmt: skip


@given(
    st.one_of(
        st.from_regex(r"[-+.0-9:_eExoinfa]{1,12}", fullmatch=True),
        st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=12),
        st.floats().map(repr),
        st.integers().map(str),
    )
)
@settings(max_examples=300, deadline=None)
def test_a_scalar_that_is_accepted_comes_back_with_its_characters(text: str) -> None:
    value, wrong = parse_yaml(f"a: {text}\n")
    if wrong or not isinstance(value, Mapped) or isinstance(value.get("a"), dict | list):
        return  # refused, or YAML of another shape
    whole: Any = yaml.compose(f"a: {text}\n", Loader=yaml.SafeLoader)
    scanned = whole.value[0][1]
    read = value["a"]
    if read is None or isinstance(read, bool):
        assert value.said["a"] == scanned.value
    else:
        assert str(read) == scanned.value


@given(
    st.recursive(
        st.one_of(
            st.booleans(),
            st.integers(),
            # 0E0 is a number of JSON, which `as_json` is for, and a text of YAML 1.1, which needs
            # a dot: its writers put no quotes around it.
            st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z", "M"))).filter(
                lambda text: not re.fullmatch(r"-?[0-9]+[eE][+-]?[0-9]+", text)
            ),
            st.floats(allow_nan=False, allow_infinity=False),
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
        ),
        max_leaves=12,
    )
)
@settings(max_examples=100, deadline=None)
def test_what_is_written_by_yaml_is_read_again(value: Any) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    read, wrong = parse_yaml(text)
    assert wrong == [] or "hidden" in str(wrong)
    assert wrong or as_json(read) == value


def test_a_repeated_key_is_told_with_both_lines() -> None:
    rule = "rules:\n  - id: cat\n    text: a\n    text: b\n    'text': c\n"
    assert wrong_of(rule) == [
        "line 4: `text` stands twice in 'cat': also in line 3; one would be lost",
        "line 5: `text` stands twice in 'cat': also in line 3; one would be lost",
    ]
    assert wrong_of("{a: 1, b: {a: 2}, a: 3}") == [
        "line 1: `a` stands twice: also in line 1; one would be lost"
    ]
    assert wrong_of("a: {x: 1}\nb: {x: 1}") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: &x [1]\nb: *x", "line 2: aliases"),
        ("a: !!python/object/apply:os.system ['echo']", "line 1: tags"),
        ("a: !!int '3'", "line 1: tags"),
        ("a: 1\n---\nb: 2", "line 2: a second document"),
        ("? [1, 2]\n: 3", "line 1: a name is a text"),
        ("a: 1\n\tb: 2", "a tab stands there"),
        ("a: 1\nb:\u00a0x\n", "no-break space"),
        ("a: b: c", "a text with a colon"),
        ("a: hi\u202e", "line 1: hidden character U+202E"),
        ("a: \x00", "hidden character U+0000"),
        ("a: [", "not YAML"),
    ],
)
def test_what_is_not_read(text: str, says: str) -> None:
    assert says in " ".join(wrong_of(text))


@pytest.mark.parametrize(
    "text",
    [
        "a: 22:30\nb: '22:30'\nc: |2-\n    x\n   y\nd: [no, ~, 1.50, 7]\n",
        "a: &x 1\nb: *x\nb: !!str no\n? [1]\n: 2\n",
        "a: 1\n---\nb: 2\n",
        "a: b: c\n",
        "a: [\n",
        "a: x\u200by\nb: \x00\n",
        "a: \ud800\n",
        "a: 1\t\n",
        "",
        "[" * 40,
    ],
)
def test_the_fast_reader_and_the_slow_one_agree(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = parse_yaml(text)
    monkeypatch.setattr(yaml_reader, "_FAST", None)
    slow = parse_yaml(text)
    assert whole(fast[0]) == whole(slow[0])
    assert fast[1] == slow[1]


def whole(value: Any) -> Any:
    """A value with its types, lines and characters, which `==` passes over."""
    if isinstance(value, dict):
        parts = [(key, whole(part)) for key, part in value.items()]
        return ("map", parts, getattr(value, "lines", None), getattr(value, "said", None))
    if isinstance(value, list):
        parts = [whole(part) for part in value]
        return ("list", parts, getattr(value, "lines", None), getattr(value, "said", None))
    return (type(value), value)


def test_bounds() -> None:
    assert "more than 12 levels" in wrong_of("[" * 5_000)[0]
    assert "too much" in wrong_of("[" + "1," * 300 + "1]", nodes=200)[0]
    bomb = "a: &a [x, x]\n" + "".join(f"{k}: &{k} [*a, *a]\n" for k in "bcdefg")
    assert len(wrong_of(bomb)) == 12


def test_all_is_listed_at_once() -> None:
    found = wrong_of("a: 1\na: 2\nb: *x\nc: z\u200bz\n")
    assert [one.split(":")[0] for one in found] == ["line 2", "line 3", "line 4"]


def test_numbers_of_json() -> None:
    value = value_of("{a: 1.50, b: '1.50', c: [0.90, 007, 1e3], d: 22:30, e: no, f: 1e999}")
    assert as_json(value) == {
        "a": 1.5, "b": "1.50", "c": [0.9, "007", 1000.0], "d": "22:30", "e": False, "f": "1e999",
    }  # fmt: skip
    assert all(math.isfinite(x) for x in as_json(value)["c"] if isinstance(x, float))
