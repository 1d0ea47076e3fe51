"""From tags and text to a probability that a thing is there."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslight.models.embedded.evidence import (
    Evidence,
    element_probability,
    evidence,
    evidence_probability,
    hazard_probability,
    log_odds,
    near,
    person_probability,
)
from crosslight.models.embedded.scene import Box, Scene, Thing
from crosslight.models.embedded.thresholds import Thresholds, read_thresholds
from crosslight.models.errors import BadSpec

SAFE = {"safe": 1.0, "sexual": 0.0, "graphic": 0.0}
SIGN = Scene(
    (("street sign", 0.6),), (("CAUTION: Wet", 0.9), ("Floor", 0.8), ("no5moking", 0.7)), SAFE
)


def scene(**tags: float) -> Scene:
    return Scene(tuple(tags.items()), (), SAFE)


def test_what_is_seen_well_is_present() -> None:
    cut = read_thresholds()
    assert element_probability(scene(espresso=0.9), ["espresso", "cup"]) > cut.present
    assert element_probability(scene(espresso=0.9), ["tabby"]) < cut.absent
    assert 0 <= cut.absent < cut.present <= 1


def test_a_look_alike_takes_its_share() -> None:
    seen = scene(cup=0.4, missile=0.4)
    alone = element_probability(seen, ["cup"])
    contested = element_probability(seen, ["cup"], ["missile"])
    assert contested < alone
    assert evidence(seen, ["cup"], ["missile"]) == pytest.approx(0.2)
    assert evidence(seen, ["cup"], ["cup"]) == pytest.approx(0.4)
    assert evidence(seen, ["cup"], ["tabby"]) == pytest.approx(0.4)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_more_mass_is_never_less_likely(a: float, b: float, rival: float) -> None:
    low, high = sorted((a, b))
    chances = [
        element_probability(scene(cup=mass, missile=rival), ["cup"], ["missile"])
        for mass in (low, high)
    ]
    assert 0 <= chances[0] <= chances[1] + 1e-12 <= 1 + 1e-12


def test_nothing_could_show_it() -> None:
    assert element_probability(scene(cup=1.0), []) == 0
    assert element_probability(Scene((), (), SAFE), ["cup"]) < 0.01
    assert log_odds(0) == pytest.approx(-log_odds(1))


def test_an_unknown_class_is_an_error_and_not_absent() -> None:
    with pytest.raises(BadSpec):
        element_probability(scene(cup=1.0), ["cupp"])
    with pytest.raises(BadSpec):
        element_probability(scene(cup=1.0), ["cup"], ["cupp"])


def test_print_or_sight_shows_it() -> None:
    both = element_probability(SIGN, ["street sign"], (), ["wet floor"])
    assert both > element_probability(SIGN, ["street sign"])
    assert both > 0.8


def test_a_bad_threshold_file(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    for text in ("", "a: 1", "{", "temperature: 0\nintercept: 0\nslope: 1\npresent: 1\nabsent: 0"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(BadSpec):
            read_thresholds.__wrapped__(path)


def test_given_thresholds_are_used() -> None:
    flat = Thresholds(temperature=1, intercept=0, slope=1e-9, present=0.9, absent=0.1)
    assert element_probability(scene(cup=1.0), ["cup"], thresholds=flat) == pytest.approx(0.5)


PICTURE: Box = (0.0, 0.0, 1.0, 1.0)
LEFT: Box = (0.0, 0.2, 0.3, 0.9)
MIDDLE: Box = (0.35, 0.2, 0.6, 0.9)
RIGHT: Box = (0.8, 0.2, 1.0, 0.9)


def boxed(*things: tuple[str, float, Box], **tags: float) -> Scene:
    return Scene(tuple(tags.items()), (), SAFE, tuple(Thing(*t) for t in things))


def chance(seen: Scene, **what: Any) -> float:
    found = evidence_probability(seen, Evidence(**what))
    assert found is not None
    return found


def test_without_a_detector_a_label_is_unknown_and_not_absent() -> None:
    unseen = scene(cup=0.9)
    for what in ({"labels": ("person",)}, {"persons_at_least": 1}, {"beside": ("dog",)}):
        assert evidence_probability(unseen, Evidence(**what)) is None
        assert evidence_probability(boxed(cup=0.9), Evidence(**what)) == 0
    both = Evidence(classes=("cup",), labels=("cup",))
    assert evidence_probability(unseen, both) == element_probability(unseen, ["cup"])
    assert evidence_probability(unseen, Evidence(classes=("cup",), beside=("dog",))) is None


def test_a_box_shows_what_the_tags_hardly_do() -> None:
    seen = boxed(("dog", 0.9, LEFT), beagle=0.05)
    assert chance(seen, labels=("dog",)) > 0.6 > chance(seen, classes=("beagle",))
    assert chance(seen, labels=("dog", "cat"), classes=("beagle",)) > 0.6
    assert chance(seen, labels=("cat",)) == 0


def test_a_look_alike_takes_its_share_of_a_box_too() -> None:
    seen = boxed(("dog", 0.9, LEFT), beagle=0.1, dingo=0.3)
    alone = chance(seen, labels=("dog",))
    assert chance(seen, labels=("dog",), lookalikes=("dingo",)) == pytest.approx(alone * 0.25)
    person = boxed(("person", 0.9, LEFT), mask=0.3)
    whole = chance(person, labels=("person",))
    assert chance(person, labels=("person",), lookalikes=("mask",)) == pytest.approx(whole * 0.7)


def test_what_shares_the_hazard_neither_lowers_nor_shows() -> None:
    seen = scene(mushroom=0.3, agaric=0.6)
    wanted = Evidence(classes=("mushroom",), lookalikes=("agaric",), also_risky=("agaric",))
    assert evidence_probability(seen, wanted) == element_probability(seen, ["mushroom"])
    other = scene(agaric=0.9)
    assert evidence_probability(other, wanted) == element_probability(other, ["mushroom"])
    assert (hazard_probability(other, wanted) or 0) > read_thresholds().present


def test_persons_are_counted() -> None:
    crowd = boxed(("person", 0.9, LEFT), ("person", 0.8, MIDDLE), ("person", 0.4, RIGHT))
    chances = [chance(crowd, persons_at_least=n) for n in (1, 2, 3, 4)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > chances[2] > chances[3] == 0
    assert crowd.count("person", 0.5) == 2
    assert crowd.count("dog", 0.5) == 0
    assert scene(cup=1).count("person", 0.5) is None


def test_a_person_of_any_size_is_one() -> None:
    speck: Box = (0.5, 0.5, 0.55, 0.58)
    small = person_probability(boxed(("person", 0.95, speck)))
    assert small is not None and small > 0.5
    assert chance(boxed(("person", 0.95, speck)), persons_at_least=1) == 0
    assert person_probability(boxed(("dog", 0.95, LEFT))) == 0
    assert person_probability(scene(cup=0.9)) is None, "no detector looked"


def test_a_pair_needs_both() -> None:
    pair = boxed(("person", 0.9, LEFT), ("boat", 0.9, MIDDLE), ("dog", 0.9, RIGHT))
    assert chance(pair, labels=("boat",), beside=("person",)) > 0.5
    assert chance(pair, labels=("boat",), beside=("horse",)) == 0
    assert chance(pair, labels=("horse",), beside=("person",)) == 0
    assert chance(pair, labels=("boat",), beside=("person",), near=True) > 0.5
    assert chance(pair, labels=("dog",), beside=("person",), near=True) == 0
    assert chance(pair, labels=("dog",), beside=("person",)) > 0.5


def test_one_box_is_not_beside_itself() -> None:
    one = boxed(("dog", 0.9, LEFT))
    assert chance(one, labels=("dog",), beside=("dog",), near=True) == 0
    two = boxed(("dog", 0.9, LEFT), ("dog", 0.8, MIDDLE))
    assert chance(two, labels=("dog",), beside=("dog",), near=True) > 0.5


def test_near() -> None:
    assert near(LEFT, MIDDLE) and near(PICTURE, RIGHT) and not near(LEFT, RIGHT)
    assert not near((0, 0, 0.1, 0.1), (0, 0.5, 0.1, 0.6))


@pytest.mark.parametrize(
    "what",
    [
        {"classes": ("cupp",)},
        {"also_risky": ("cupp",)},
        {"labels": ("dogg",)},
        {"beside": ("beagle",)},
        {"print_patterns": ("(a+)+",)},
        {"near": True},
        {"near": True, "beside": ("dog",)},
        {"persons_at_least": 21},
        {"persons_at_least": -1},
    ],
)
def test_evidence_that_cannot_be(what: dict[str, Any]) -> None:
    with pytest.raises(BadSpec):
        Evidence(**what)


def test_nothing_asked_is_not_seen() -> None:
    assert evidence_probability(boxed(), Evidence()) == 0
    assert hazard_probability(boxed(), Evidence()) == 0


def test_a_speck_in_the_distance_is_not_what_a_sentence_means() -> None:
    far, near_by = (0.80, 0.20, 0.83, 0.30), (0.40, 0.20, 0.60, 0.90)
    at_the_far_wall = (0.21, 0.65, 0.28, 0.81)
    seen = [
        evidence_probability(replace(scene(), things=(Thing("person", 0.95, box),)), what)
        for box in (far, at_the_far_wall, near_by)
        for what in (Evidence(labels=("person",)), Evidence(persons_at_least=1))
    ]
    assert seen[:4] == [0, 0, 0, 0]
    assert min(one or 0 for one in seen[4:]) > 0.8
    # Beside a boat its crew may be small.
    boat = Thing("boat", 0.95, (0.1, 0.1, 0.9, 0.9))
    crew = replace(scene(), things=(boat, Thing("person", 0.95, far)))
    assert (evidence_probability(crew, Evidence(beside=("person",))) or 0) > 0.8
