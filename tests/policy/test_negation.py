"""Negated questions and numbers that no photo shows are pointed at, with what to write instead."""

import pytest

from crosslight.policy.constitution import parse_constitution
from crosslight.policy.negation import measure, negator, positive
from crosslight.policy.review import policy_warnings
from tests.policy.test_question import compiled, q

NEGATED = {
    "a dog without a muzzle": ("a dog with a muzzle",),
    "no person in a medical uniform": ("a person in a medical uniform",),
    "a person on a roof who wears no rope": ("a person on a roof who wears a rope",),
    "a rider who does not wear a helmet": ("a rider who wears a helmet",),
    "a pool free of people": ("a pool with people",),
    "a child that isn't strapped in": ("a child that is strapped in",),
    "a plug not in a socket": ("a plug in a socket",),
    "no animals": ("animals",),
    "a firearm that is neither in a case nor in a holster": (
        "a firearm that is in a case",
        "a firearm that is in a holster",
    ),
    # Of these there is no plain opposite: the remedy is said without a proposal.
    "buttocks of which some part is not covered": (),
    "nobody": ("a person",),
}


@pytest.mark.parametrize("see", NEGATED)
def test_a_negated_question_gets_its_positive_form(see: str) -> None:
    assert negator(see)
    assert positive(see) == NEGATED[see]


@pytest.mark.parametrize(
    "see",
    [
        "a notice board",
        'the sign "no smoking"',
        "the words “do not enter”",
        "an uncovered knife",
        "a knot",
        "a nun",
        "a noodle on a nose",
        "a north face",
    ],
)
def test_what_only_looks_negated_passes(see: str) -> None:
    assert negator(see) == ""


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("feet more than 2 metres above the ground", "2 metres"),
        ("legs spread by more than 90 degrees", "90 degrees"),
        ("a muzzle within 15° of a head", "15°"),
        ("a head of more than one sixth of the height", "one sixth of"),
        ("a 10 year old child", "10 year old"),
        ("more than half a metre", ""),
        ("three men", ""),
        ("more than ten people", ""),
        ("a 5 pound note", "5 pound"),
        ('the print "18 years"', ""),
        ("a number 7 bus", ""),
    ],
)
def test_numbers_that_nobody_can_read_off_a_photo(text: str, unread: str) -> None:
    assert measure(text) == unread


def test_check_says_what_to_write() -> None:
    source = parse_constitution({"title": "T", "rules": [{"id": "r", "text": "No thing here."}]})
    muzzle = q("a dog without a muzzle", words=["dog"])
    found = policy_warnings(source, compiled([[q("a dog", words=["dog"])], [muzzle]]))
    assert found == [
        "rule r, question 2.1: is negated ('without'), which models misread; ask for what is "
        "there: {see: a dog with a muzzle, absent: true}, after an item for what it is about"
    ]
    mended = q("a dog with a muzzle", words=["muzzle"], absent=True, of="1.1")
    assert policy_warnings(source, compiled([[q("a dog", words=["dog"])], [mended]])) == []
    twice = q("no muzzle on a dog", words=["muzzle"], absent=True)
    (line,) = policy_warnings(source, compiled([[twice]]))
    assert "{see: a muzzle on a dog}" in line
    # Print is read as it stands: its words are no negation, and it needs no object.
    assert policy_warnings(source, compiled([[q("no entry", print={"phrase": "no entry"})]])) == []
    second = compiled([[q(words=["t"])]], [[q("two metres of rope", words=["rope"])]])
    (line,) = policy_warnings(source, second)
    assert line.startswith("rule r, chain 2, question 1.1: nobody can read 'two metres'")


def test_chains_that_no_answer_can_break_and_repeated_questions_are_pointed_at() -> None:
    source = parse_constitution({"title": "T", "rules": [{"id": "r", "text": "No thing here."}]})
    dog, gone = q("a dog", words=["dog"]), q("a dog", words=["dog"], absent=True)
    assert policy_warnings(source, compiled([[dog], [gone]])) == [
        "rule r, question 2.1: is the contrary of question 1.1: chain 1 is never broken"
    ]
    assert policy_warnings(source, compiled([[dog, q("A dog", words=["animal"])]])) == [
        "rule r, question 1.2: repeats question 1.1"
    ]
    (line,) = policy_warnings(source, compiled([[dog, gone]]))
    assert line.endswith("one of the two always holds: the item asks nothing")
    # In chains of their own both may be asked, and an alternative beside makes a chain possible.
    assert policy_warnings(source, compiled([[dog]], [[gone]])) == []
    assert policy_warnings(source, compiled([[dog], [gone, q("a lead", words=["lead"])]])) == []
