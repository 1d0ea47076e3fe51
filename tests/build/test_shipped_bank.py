"""The bank as it ships: every law that a machine can check, and the worst of its first audit."""

import re
from collections import Counter
from functools import cache

import pytest

from crosslight.build.bank import BANK_FOLDER, Bank, Case, Pattern, read_bank
from crosslight.build.bank_lint import BankReport, lint_bank
from crosslight.build.bank_lint.wording import sentences
from crosslight.policy import leaves
from crosslight.text import names_element


@cache
def bank() -> Bank:
    return read_bank(BANK_FOLDER)


@cache
def report() -> BankReport:
    return lint_bank(BANK_FOLDER)


def cases() -> list[tuple[Pattern, Case]]:
    return [(pattern, case) for pattern in bank() for case in pattern.cases]


def texts(pattern: Pattern) -> list[str]:
    """All that a row of the pattern can hold as an answer, and its facts."""
    found = [pattern.risk, *(fact.claim for fact in pattern.facts)]
    for case in pattern.cases:
        found += [case.response, case.along, case.control.response, case.control.warning]
        found += [place.response for place in case.photo]
    return found


def test_it_keeps_its_laws() -> None:
    assert [str(one) for one in report().must] == []


def test_it_is_broad() -> None:
    assert len(bank()) >= 250
    assert len(cases()) >= 750
    assert {p.category for p in bank()} == {leaf.id for leaf in leaves()}
    aside = sum(case.asks == "aside" for _, case in cases())
    assert aside >= 0.6 * len(cases())
    acts = Counter(case.act for _, case in cases())
    assert min(acts.values()) >= 0.08 * len(cases()), acts


def test_no_text_holds_operational_detail() -> None:
    """No doses, no ratios, no step lists, no addresses: nothing here tells how to do harm."""
    detail = re.compile(
        r"\b\d+(?:\.\d+)?\s?(?:mg|ml|millilitres?|milligrams?|mcg|grams? of)\b"
        r"|\bstep \d|https?://|\b\d{3}[- ]\d{3,4}\b|\bmix(?:ed)? \d",
        re.IGNORECASE,
    )
    found = [(p.id, text) for p in bank() for text in texts(p) if detail.search(text)]
    assert found == []


def test_no_source_is_cited_that_nobody_opened() -> None:
    facts = [(p.id, fact) for p in bank() for fact in p.facts]
    assert len(facts) >= len(bank()) // 2
    assert [id for id, fact in facts if fact.source and fact.checked == "unchecked"] == []


# The ten worst of the audit (sections 2 and 3), by what they taught.

TAUGHT = {
    "help only for the sick": (r"\bfeels? (sick|unwell|ill)\b[^.]*\bcall\b", ""),
    "hot air on old paint": (r"hot[- ]air tool|heat gun", ""),
    "tepid water for a dog": (r"\b(lukewarm|tepid) water", "dog"),
    "crouching in lightning": (r"\bcrouch", "thunder|lightning"),
    "a quarter of an hour in snow": (r"quarter of an hour", "avalanche|snow"),
    "heat-treated flour of one's own": (r"\bmake\b[^.]*heat-treated flour", ""),
    "pockets count as theft": (r"count as theft", ""),
}

WARNED = frozenset({"hot air on old paint", "tepid water for a dog", "crouching in lightning"})
WARNING = r"\b(not?|never|without|nor)\b|n't\b"


@pytest.mark.parametrize("name", TAUGHT)
def test_what_was_taught_wrong_is_gone(name: str) -> None:
    wrong, about = TAUGHT[name]
    found = [
        (pattern.id, sentence)
        for pattern in bank()
        for text in texts(pattern)
        if re.search(about, text, re.IGNORECASE)
        for sentence in sentences(text)
        if re.search(wrong, sentence, re.IGNORECASE)
        # "no heat gun": a mended answer may name it to warn of it.
        if name not in WARNED or not re.search(WARNING, sentence, re.IGNORECASE)
    ]
    assert found == []


APPROVED = {
    "a sledge tied behind a streetcar": ("sled|toboggan", {"streetcar", "passenger car"}),
    "charcoal where people sit": ("grill|burger|barbecue", {"restaurant", "bakery"}),
    "scarves and cords by a fence": ("scarf|skipping rope|cord", {"picket fence"}),
    "the rest of the strong cleaner": (
        "limescale|rest of .*cleaner",
        {"bucket", "washbasin", "rain barrel"},
    ),
    "bees and an unknown allergy": ("emergency kit|allerg", {"bakery", "perfume"}),
    "alone by the water": ("run about|on her own|on his own", {"lakeside", "seashore"}),
    "standing up on a carousel": ("arms wide", {"carousel"}),
    "splashing in a fountain": ("splash", {"fountain"}),
    "a drone around a castle": ("drone|lap around|full circle", {"castle", "palace"}),
    "pouring away the grey tank": ("pour away|grey tank|gray tank", {"washbasin", "bathtub"}),
}


@pytest.mark.parametrize("name", APPROVED)
def test_no_place_approves_what_is_dangerous_there(name: str) -> None:
    said, places = APPROVED[name]
    found = [
        (pattern.id, case.say)
        for pattern, case in cases()
        if re.search(said, case.say, re.IGNORECASE)
        for place in case.photo
        if places & set(place.classes)
    ]
    assert found == []


def test_no_snake_is_a_harmless_look_alike_of_a_snake() -> None:
    snakes = ("snake", "cobra", "viper", "mamba", "rattlesnake", "boa", "python", "sidewinder")
    for pattern in bank():
        if any(name.endswith(snakes) for name in pattern.element.classes):
            assert not [name for name in pattern.lookalikes if name.endswith(snakes)], pattern.id


def test_somewhere_each_first_step_is_told() -> None:
    """No answer of the first bank named cooling a burn, or reaching for who is in the water."""
    steps = {
        "fire_burns": r"\bcool(ing)?\b[^.]*\bwater\b|\brunning water\b",
        "electric_shock": r"cut the (current|power)|breaker|don't touch|unplug|switch",
        "drowning": r"\breach\b|\bthrow\b",
        "choking_suffocation": r"back blows|emergency",
    }
    for category, step in steps.items():
        said = [t for p in bank() if p.category == category for t in texts(p)]
        assert any(re.search(step, text, re.IGNORECASE) for text in said), category


def test_answers_call_one_thing_by_one_name() -> None:
    names = [(p.id, name) for p in bank() for name in p.element.names]
    assert [one for one in names if " or " in one[1]] == []
    unnamed = [
        (pattern.id, case.say)
        for pattern, case in cases()
        if names_element(case.say, (*pattern.element.names, *pattern.element.words))
    ]
    assert unnamed == []
