"""Scenes as data."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslight.models.embedded.scene import Scene, Thing
from crosslight.models.errors import BadAnswer

SAFE = {"safe": 0.9, "sexual": 0.06, "graphic": 0.04}
share = st.integers(0, 10**6).map(lambda n: n / 10**6)
pairs = st.lists(st.tuples(st.text(max_size=20), share), max_size=6).map(tuple)


things = st.lists(
    st.builds(Thing, st.text(max_size=9), share, st.tuples(share, share, share, share)), max_size=3
).map(tuple)


@given(pairs, pairs, st.none() | things)
def test_there_and_back(tags: Any, text: Any, found: Any) -> None:
    scene = Scene(tags, text, SAFE, found)
    again = Scene.from_json(json.loads(json.dumps(scene.to_json())))
    assert again == scene
    assert again.to_json() == scene.to_json()


def test_mass() -> None:
    scene = Scene((("espresso", 0.5), ("cup", 0.25)), (), SAFE)
    assert scene.mass(("espresso", "cup", "espresso", "tray")) == 0.75
    assert scene.mass(()) == 0


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"tags": [["a"]], "text": [], "safety": SAFE},
        {"tags": [["a", 2]], "text": [], "safety": SAFE},
        {"tags": [["a", "x"]], "text": [], "safety": SAFE},
        {"tags": [["a", float("nan")]], "text": [], "safety": SAFE},
        {"tags": [], "text": [], "safety": {"safe": 1}},
        {"tags": [], "text": [], "safety": SAFE, "things": 3},
        {"tags": [], "text": [], "safety": SAFE, "things": [["dog", 0.5]]},
        {"tags": [], "text": [], "safety": SAFE, "things": [["dog", 0.5, [0, 0, 1]]]},
        {"tags": [], "text": [], "safety": SAFE, "things": [["dog", 0.5, [0, 0, 1, 2]]]},
        {"tags": [], "text": [], "safety": SAFE, "things": [["dog", 2, [0, 0, 1, 1]]]},
    ],
)
def test_other_values_are_refused(value: Any) -> None:
    with pytest.raises(BadAnswer):
        Scene.from_json(value)
