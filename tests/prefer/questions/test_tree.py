"""The tree as in the paper's facts: 6 domains, 13 middle classes, 53 leaves."""

from collections import Counter

import pytest

from crosslight.prefer.prompts import render
from crosslight.prefer.questions.levers import IMPLIED, LEVERS, lever_of
from crosslight.prefer.questions.tree import leaves_named, tree_leaves
from crosslight.records import BadSetting


def test_it_has_the_shape_of_the_paper() -> None:
    leaves = tree_leaves()
    assert (len({x.domain for x in leaves}), len({x.middle for x in leaves}), len(leaves)) == (
        *(6, 13),
        53,
    )
    assert sorted(Counter(x.domain for x in leaves).values()) == [3, 5, 5, 5, 13, 22]
    assert Counter(x.known for x in leaves) == {True: 35, False: 18}
    names = {x.name for x in leaves if x.known}
    assert {"scamns", "paypal lending", "disablity discrimination"} <= names, "as in the data"


def test_every_leaf_says_what_it_is_and_what_it_is_not() -> None:
    for leaf in tree_leaves():
        assert leaf.about != leaf.contrast and not leaf.about.endswith("."), leaf
    severe = {leaf.id for leaf in tree_leaves() if leaf.severe}
    assert severe >= {
        *("biological_chemical", "weapon", "malware", "cyber", "terrorism", "drug_crimes"),
        *("threaten", "physical_harm"),
    }


def test_leaves_are_named_by_id_or_by_the_datas_name() -> None:
    assert [x.id for x in leaves_named(["scamns", "bully", "scams"])] == ["bully", "scams"]
    with pytest.raises(BadSetting, match="no leaf 'gambling'") as told:
        leaves_named(["gambling"])
    assert "gamble" in told.value.hint
    with pytest.raises(BadSetting) as told:
        leaves_named(["xyzzy"])
    assert "one of: bully" in told.value.hint


def test_a_lever_is_the_same_in_every_run_and_all_are_used() -> None:
    leaf, severe = leaves_named(["theft", "weapon"])
    drawn = Counter(lever_of(f"photo {at}", leaf, 0) for at in range(400))
    assert set(drawn) == set(LEVERS) and min(drawn.values()) > 50
    assert lever_of("photo 1", leaf, 0) == lever_of("photo 1", leaf, 0)
    assert drawn != Counter(lever_of(f"photo {at}", leaf, 1) for at in range(400))
    assert {lever_of(f"photo {at}", severe, 0) for at in range(40)} == {IMPLIED}
    written = {"thing": "it", "hard": True, "lever": LEVERS[IMPLIED], "others": ()}
    assert "no help with doing it" in render("questions", leaf=severe, **written)
    assert LEVERS[IMPLIED] in render("questions", leaf=leaf, **written)
