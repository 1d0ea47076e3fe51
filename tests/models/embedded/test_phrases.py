"""Negations, relations, synonyms: what of a phrase perception answers, and what it leaves open."""

import pytest

from crosslight.models.embedded.phrases import reach_of
from crosslight.models.embedded.scene import Scene, Thing
from crosslight.models.embedded.visible import UNKNOWN, look_for
from crosslight.models.embedded.vocabulary import unseen_words, vocabulary

SAFE = {"safe": 1.0, "sexual": 0.0, "graphic": 0.0}
BOX = (0.2, 0.2, 0.8, 0.8)
DOG = Scene((("beagle", 0.9),), (), SAFE, (Thing("dog", 0.95, BOX), Thing("person", 0.9, BOX)))
EMPTY = Scene((("brick", 0.02),), (), SAFE, ())
COMIC = Scene((("comic book", 0.4),), (), SAFE, ())


def decided(scene: Scene, phrase: str) -> str:
    """As the judge's cut-offs have it."""
    sight = look_for(scene, phrase)
    if sight.yes < 0.28 and sight.outside <= 0.36:
        return "no"
    return "yes" if sight.yes > 0.53 and sight.outside <= 0.19 else "unknown"


@pytest.mark.parametrize(
    "phrase",
    [
        "a dog without a muzzle",  # there is a dog, no muzzle: was "no", and the rule clear
        "no dog",
        "a room with nobody in it",
        "a dog that isn't on a lead",
        "a dog with no lead",
        "anything other than a dog",
        "a muzzle is missing",
        "a dog's bowl",  # no absence, but a word that changes what the others mean
    ],
)
def test_an_absence_and_a_word_that_nothing_explains_are_never_decided(phrase: str) -> None:
    assert [decided(scene, phrase) for scene in (DOG, EMPTY)] == ["unknown", "unknown"]


@pytest.mark.parametrize(
    "phrase",
    [
        "a dog on a person",
        "a dog next to a person",
        "a red dog",
        "two dogs",
        "a big dog",
        "many dogs",
    ],
)
def test_what_is_not_measured_is_open_where_the_things_are_there_and_no_where_not(
    phrase: str,
) -> None:
    assert decided(DOG, phrase) == "unknown"
    assert decided(EMPTY, phrase) == "no"


@pytest.mark.parametrize("phrase", ["a child", "a man", "two women", "a police officer", "kids"])
def test_of_a_kind_of_person_only_the_absence_is_known(phrase: str) -> None:
    assert decided(DOG, phrase) == "unknown"
    assert decided(EMPTY, phrase) == "no"


@pytest.mark.parametrize(
    "phrase",
    [
        "a passport",
        "a cigarette",
        "blood",
        "a grenade",
        "an identity card",
        "a sleeping dog",
        "smoke",
    ],
)
def test_what_nobody_sees_is_open(phrase: str) -> None:
    assert [decided(scene, phrase) for scene in (DOG, EMPTY)] == ["unknown", "unknown"]
    assert not reach_of(phrase).yes and not reach_of(phrase).no


@pytest.mark.parametrize(
    ("phrase", "tag", "label"),
    [
        ("a firearm", "assault rifle", ""),
        ("a shotgun", "rifle", ""),
        ("a handgun", "revolver", ""),
        ("people", "", "person"),
        ("a human being", "", "person"),
        ("a sofa", "studio couch", "couch"),
        ("a smartphone", "cellular telephone", "cell phone"),
        ("an aeroplane", "airliner", "airplane"),
        ("a lorry", "trailer truck", "truck"),
        ("kittens", "tabby", "cat"),
        ("a mug", "coffee mug", "cup"),
        ("a hypodermic needle", "syringe", ""),
        ("a hot-air balloon", "balloon", ""),
        ("kitchen knives", "cleaver", "knife"),
        ("a television set", "television", "tv"),
    ],
)
def test_words_of_the_trade(phrase: str, tag: str, label: str) -> None:
    things = (Thing(label, 0.95, BOX),) if label else ()
    scene = Scene(((tag, 0.9),) if tag else (), (), SAFE, things)
    assert decided(scene, phrase) == "yes"
    assert decided(EMPTY, phrase) == "no"


def test_a_person_is_seen_by_box_at_any_size_and_unknown_in_drawings() -> None:
    far = Scene((), (), SAFE, (Thing("person", 0.6, (0.5, 0.5, 0.53, 0.55)),))
    assert decided(far, "a person") == "yes"
    assert decided(COMIC, "a person") == "unknown"
    assert decided(Scene((), (), SAFE, None), "a person") == "unknown"


def test_what_the_detector_sees_and_the_tags_deny_is_neither_there_nor_not() -> None:
    doubted = Scene((("malamute", 0.5),), (), SAFE, (), (Thing("car", 0.83, BOX),))
    assert decided(doubted, "a car") == "unknown"
    assert decided(doubted, "a cat") == "no"
    assert Scene.from_json(doubted.to_json()) == doubted


def test_the_tables_speak_of_words_that_there_are() -> None:
    known = vocabulary()
    assert known[("firearm",)] == known[("gun",)]
    assert known[("child",)].wider and not known[("person",)].wider
    assert not set(unseen_words()) & set(known)


def test_reach_says_why() -> None:
    assert "absent: true" in reach_of("a man without a helmet").why
    assert reach_of("a red car").why == "not measured: red"
    assert reach_of("a passport").why == "not seen: passport (documents)"
    assert "sleeping" in reach_of("a sleeping dog").why
    assert reach_of("a dog").yes and "by box" in reach_of("a dog").why
    assert look_for(DOG, "").outside == UNKNOWN


@pytest.mark.parametrize(
    ("phrase", "kind"), [("a nude person", "sexual"), ("blood on a floor", "graphic")]
)
@pytest.mark.parametrize("share", [0.001, 0.4, 0.999])
def test_the_safety_classifier_sorts_and_never_decides(
    phrase: str, kind: str, share: float
) -> None:
    """Else a picture that the classifier finds harmless would be clear of the rule."""
    safety = {"safe": 1 - share, "sexual": 0.0, "graphic": 0.0, kind: share}
    scene = Scene((("brick", 0.5),), (), safety, ())
    assert look_for(scene, phrase).yes == share
    assert decided(scene, phrase) == "unknown"
    assert look_for(scene, f"a room without {phrase}").yes == 0.5
