"""Phrases: what perception can say, and what it owns that it cannot."""

from dataclasses import replace

import pytest

from crosslight.models.embedded.imagenet import names
from crosslight.models.embedded.scene import Scene
from crosslight.models.embedded.visible import UNKNOWN, look_for
from crosslight.models.embedded.vocabulary import vocabulary

SAFE = {"safe": 1.0, "sexual": 0.0, "graphic": 0.0}
CAFE = Scene(
    (("espresso", 0.8), ("dalmatian", 0.1), ("chihuahua", 0.05)), (("Open all day", 0.95),), SAFE
)

EMPTY = replace(CAFE, things=())


def test_the_vocabulary_holds_classes_only() -> None:
    known = set(names())
    assert all(known.issuperset(sense.classes) for sense in vocabulary().values())


@pytest.mark.parametrize("phrase", ["a cup of coffee", "Espressos", "the coffee", '"open all day"'])
def test_there(phrase: str) -> None:
    sight = look_for(CAFE, phrase)
    assert sight.yes > 0.7
    assert sight.outside < 0.2


@pytest.mark.parametrize("phrase", ["a cat", "a motorcycle", "two dogs and a cat", '"wet floor"'])
def test_not_there_but_small_things_are_missed(phrase: str) -> None:
    sight = look_for(CAFE, phrase)
    assert sight.yes < 0.3
    assert 0.2 < sight.outside < 0.5


@pytest.mark.parametrize(
    "phrase", ["someone is angry", "she plans to leave", "", "!!!", "a man", "猫"]
)
def test_what_it_cannot_know(phrase: str) -> None:
    sight = look_for(CAFE, phrase)
    assert sight.yes == 0.5
    assert sight.outside == UNKNOWN


def test_half_of_a_phrase_is_half_known() -> None:
    assert look_for(CAFE, "a toddler drinking coffee").outside > 0.5


def test_general_words_stand_for_their_kinds() -> None:
    assert look_for(CAFE, "a dog").yes > look_for(CAFE, "a dalmatian").yes
    assert look_for(CAFE, "a hot dog").yes < 0.1


def test_a_person_who_is_not_seen_is_surer_gone_than_a_helmet() -> None:
    """A rule that is broken by an absence rests on this (`gone_max` of the judge)."""
    nobody = look_for(EMPTY, "a person")
    assert nobody.yes < 0.1 and nobody.outside < 0.2
    assert look_for(EMPTY, "a helmet").outside > 0.2
    assert look_for(EMPTY, "a child").outside > 0.2
