"""What the photo must show and where a sentence is harmless: one pattern, and beside the others."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from crosslight.build.bank import SLOT, Case, Pattern
from crosslight.build.bank_lint.finding import Finding, Spot
from crosslight.build.bank_lint.wording import has_phrase, words
from crosslight.models import usable_labels

ARTICLES = frozenset(
    """a an the some somebody someone something people two three several many this his her their
    our my your one""".split()
)
GRAVE = ("fatal", "deadly", "dies", "die", "death", "kills", "killed", "blind", "lost for good")
LIVING = frozenset({"animal_attack", "plant_fungi_poisoning", "poisoning"})
"""Where a classifier's word for a kind must not call it harmless."""
FIRST_AID: Mapping[str, tuple[str, ...]] = {
    "fire_burns": ("cool", "cooling", "running water"),
    "electric_shock": ("cut the current", "switch off", "don't touch", "breaker", "unplug"),
    "drowning": ("reach", "throw"),
    "choking_suffocation": ("back blows", "emergency number", "blows between"),
}
"""By category: what some answer or fact of a pattern says."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A pattern with the mapping that it was read from."""

    pattern: Pattern
    spot: Spot


def lint_pattern(pattern: Pattern, spot: Spot) -> Iterator[Finding]:
    """Element, look-alikes, facts and severity of one pattern."""
    yield from _names(pattern, spot)
    yield from _rivals(pattern, spot)
    yield from _facts(pattern, spot)
    yield from _labels(pattern, spot)
    if SLOT not in pattern.risk:
        yield spot.should("risk", f"has no {SLOT}", "say whose risk it is")
    grave = next((word for word in GRAVE if has_phrase(pattern.risk, word)), "")
    if grave and pattern.severity < 3:
        low = f"is {pattern.severity}, and `risk` says '{grave}'"
        yield spot.should("severity", low, "3: death or lasting harm is to be feared")
    if len(pattern.cases) < 3:
        yield spot.should("cases", f"are {len(pattern.cases)}", "write three unless forced")
    if len({case.speaker for case in pattern.cases}) < 2:
        yield spot.should("cases", "have one speaker", "let several people speak")
    aids = FIRST_AID.get(pattern.category, ())
    told = " ".join([*(c.response for c in pattern.cases), *(f.claim for f in pattern.facts)])
    if aids and not any(has_phrase(told, aid) for aid in aids):
        remedy = f"where somebody may be hurt, say the right first step ({aids[0]} ...)"
        yield spot.should("", f"no answer or fact holds first aid for {pattern.category}", remedy)


def _names(pattern: Pattern, spot: Spot) -> Iterator[Finding]:
    element = spot.inside("element")
    groups: list[tuple[Spot, Iterable[tuple[str, str]]]] = []
    if pattern.element.classes:
        groups.append((element.inside("classes"), pattern.element.classes.items()))
    if pattern.element.labels:
        groups.append((element.inside("labels"), pattern.element.labels.items()))
    if pattern.element.print:
        groups.append((element.inside("print"), [("name", pattern.element.print.name)]))
    for where, names in groups:
        for key, name in names:
            if "or" in words(name) or "/" in name:
                yield where.must(key, f"has two names ('{name}')", "one name a class")
            if not set(words(name)[:1]) & ARTICLES:
                yield where.should(key, f"'{name}' has no article", "write it as in a sentence")


def _rivals(pattern: Pattern, spot: Spot) -> Iterator[Finding]:
    own = {**dict.fromkeys(pattern.element.classes, "an element")}
    for key in ("lookalikes", "also_risky"):
        for name in getattr(pattern, key):
            if name in own:
                yield spot.must(key, f"'{name}' is {own[name]} as well", "let it stand once")
            own.setdefault(name, f"in `{key}`")
    if pattern.category in LIVING:
        heads = {words(name)[-1] for name in pattern.element.classes}
        for name in pattern.lookalikes:
            if words(name)[-1] in heads:
                remedy = "put it under `also_risky`: a classifier's word must not call it harmless"
                yield spot.must("lookalikes", f"'{name}' is of the element's kind", remedy)


def _facts(pattern: Pattern, spot: Spot) -> Iterator[Finding]:
    if not pattern.facts:
        yield spot.should("", "the pattern has no `facts`", "list each claim of risk or first aid")
    for at, fact in enumerate(pattern.facts):
        where = spot.inside("facts", at, part=f"fact {at + 1}")
        if fact.source and fact.checked == "unchecked":
            remedy = "leave the source out, or open it and write the day"
            yield where.must("source", "is cited and unchecked", remedy)
        if not fact.source and fact.checked != "unchecked":
            yield where.must("checked", "has a day and no `source`", "write what was opened")


def _labels(pattern: Pattern, spot: Spot) -> Iterator[Finding]:
    """Labels that never count, since no ImageNet class bears them out."""
    element = spot.inside("element")
    for name in pattern.element.labels:
        if name not in usable_labels():
            remedy = "give a class too, or leave it out: no ImageNet class bears it out"
            yield element.should("labels", f"'{name}' never counts", remedy)


def lint_places(pattern: Pattern, case: Case, spot: Spot) -> Iterator[Finding]:
    """The photos of one case against what its own pattern must see."""
    own = shown_by(pattern)
    own |= {**dict.fromkeys(pattern.lookalikes, "a look-alike")}
    own |= {**dict.fromkeys(pattern.also_risky, "an also_risky thing")}
    for at, place in enumerate(case.photo):
        where = spot.inside("photo", at, part=f"photo {at + 1}")
        for key, names in (("classes", place.classes), ("labels", place.labels)):
            for name in names:
                if name in own:
                    wrong = f"'{name}' is {own[name]} of its own pattern"
                    yield where.must(key, wrong, "name another place")


def shown_by(pattern: Pattern) -> dict[str, str]:
    """What shows the element, by name of class or label."""
    element = pattern.element
    return dict.fromkeys((*element.classes, *element.labels), "an element")


def lint_between(every: Iterable[Placed]) -> Iterator[Finding]:
    """Look-alikes and places that are an element of another pattern of the same category."""
    placed = list(every)
    elements: dict[tuple[str, str], list[str]] = {}
    for one in placed:
        for name in shown_by(one.pattern):
            if name != "person":
                elements.setdefault((one.pattern.category, name), []).append(one.pattern.id)
    for one in placed:
        for key, names, where in _harmless(one):
            met: dict[str, list[str]] = {}
            for name in names:
                others = elements.get((one.pattern.category, name), [])
                for other in [id for id in others if id != one.pattern.id][:1]:
                    met.setdefault(other, []).append(name)
            for other, shared in met.items():
                wrong = f"{', '.join(shared)}: an element of {other}, of the same category"
                yield where.should(key, wrong, "is it really harmless with the sentence?")


def _harmless(one: Placed) -> Iterator[tuple[str, tuple[str, ...], Spot]]:
    """Names that a pattern calls harmless, with where it does."""
    yield "lookalikes", one.pattern.lookalikes, one.spot
    for number, case in enumerate(one.pattern.cases):
        spot = one.spot.inside("cases", number, case=number + 1)
        for at, place in enumerate(case.photo):
            where = spot.inside("photo", at, part=f"photo {at + 1}")
            yield "classes", place.classes, where
            yield "labels", place.labels, where
