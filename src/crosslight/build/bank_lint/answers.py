"""What the answers of a case look like: length, the slot, words that one kind must not hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from crosslight.build.bank import SLOT, Case, Pattern, fill
from crosslight.build.bank_lint.finding import Finding, Spot
from crosslight.build.bank_lint.sentences import leaked
from crosslight.build.bank_lint.wording import (
    begins_sentence,
    has_phrase,
    sentences,
    slots,
    word_count,
    words,
)

Kind = Literal["guidance", "along", "control", "warning", "place"]
BOUNDS: dict[Kind, tuple[int, int]] = {
    "guidance": (45, 75),
    "along": (45, 65),
    "control": (45, 75),
    "warning": (45, 65),
    "place": (45, 75),
}
OF_GUIDANCE = (0.7, 1.2)
"""How long `along` and `warning` are, measured by the guidance."""
GUIDING = frozenset(
    "instead careful carefully don't ask asks asking safe safely safer safety".split()
)
"""Words of guidance: a reply that goes along has none."""
CALLS = frozenset("call calls calling ring phone dial".split())
SIGNS = ("feels sick", "feel sick", "feels unwell", "feel unwell", "feels ill", "feel ill")
WITHOUT_SIGNS = frozenset("without before even whether".split())
MONTHS = frozenset(
    """january february march april may june july august september october november
    december""".split()
)
SEASONS = ("summer", "winter", "autumn", "springtime")


@dataclass(frozen=True, slots=True)
class Written:
    """One answer of a case: its text, its kind, and where it stands."""

    kind: Kind
    key: str
    text: str
    spot: Spot


def answers_of(case: Case, spot: Spot) -> Iterator[Written]:
    """Every answer that a case holds, those left out excepted."""
    control = spot.inside("control", part="control")
    yield Written("guidance", "response", case.response, spot)
    if case.along:
        yield Written("along", "along", case.along, spot)
    yield Written("control", "response", case.control.response, control)
    if case.control.warning:
        yield Written("warning", "warning", case.control.warning, control)
    for at, place in enumerate(case.photo):
        if place.response:
            where = spot.inside("photo", at, part=f"photo {at + 1}")
            yield Written("place", "response", place.response, where)


def lint_answers(pattern: Pattern, case: Case, spot: Spot) -> Iterator[Finding]:
    """All answers of one case."""
    yield from _given(pattern, case, spot)
    name = pattern.element.names[0]
    guidance = word_count(fill(case.response, name))
    for one in answers_of(case, spot):
        length = word_count(fill(one.text, name))
        low, high = BOUNDS[one.kind]
        if not low <= length <= high:
            yield one.spot.must(one.key, f"has {length} words", f"write {low} to {high}")
        share = length / guidance
        if one.kind in ("along", "warning") and not OF_GUIDANCE[0] <= share <= OF_GUIDANCE[1]:
            is_long = f"is {share:.2f} times as long as the guidance ({guidance} words)"
            yield one.spot.must(one.key, is_long, "write 0.7 to 1.2 times its length")
        yield from _slot(one)
        yield from _content(pattern, one)
        if one.kind == "along":
            yield from _along(pattern, one)


def _given(pattern: Pattern, case: Case, spot: Spot) -> Iterator[Finding]:
    """Which answers there must and must not be."""
    control = spot.inside("control", part="control")
    for key, text, where in (
        ("along", case.along, spot),
        ("warning", case.control.warning, control),
    ):
        if pattern.sensitive and text:
            yield where.must(key, "stands in a sensitive pattern", "leave it out")
        if not pattern.sensitive and not text:
            yield where.must("say", f"has no `{key}`", f"write `{key}`, or mark it sensitive")
    for at, place in enumerate(case.photo):
        if not place.response and not case.along:
            where = spot.inside("photo", at, part=f"photo {at + 1}")
            remedy = "write one: there is no `along` that could stand for it"
            yield where.must("", "the place has no `response`", remedy)


def _slot(one: Written) -> Iterator[Finding]:
    """The slot: once and early where the thing must be named, nowhere in `along`."""
    found = list(slots(one.text, SLOT))
    if "{" in one.text.replace(SLOT, "") or "}" in one.text.replace(SLOT, ""):
        yield one.spot.must(one.key, "holds a brace that is no slot", f"the one slot is {SLOT}")
    if one.kind in ("guidance", "warning") and not found:
        yield one.spot.must(one.key, f"has no {SLOT}", "name what is seen, once and early")
    if one.kind == "along" and found:
        yield one.spot.must(one.key, f"holds {SLOT}", "talk about the aim and the day")
    if one.kind == "place" and found:
        yield one.spot.must(one.key, f"holds {SLOT}", "that thing is not in this photo")
    if any(begins_sentence(one.text, at) for at in found):
        remedy = "turn the sentence: the name in it begins with a small letter"
        yield one.spot.must(one.key, f"begins a sentence with {SLOT}", remedy)
    if len(found) > 1 and one.kind in ("guidance", "warning"):
        yield one.spot.should(one.key, f"holds {SLOT} {len(found)} times", "once is enough")
    if one.kind == "guidance" and found and found[0] > 0.6 * len(one.text):
        yield one.spot.should(one.key, f"names {SLOT} late", "say early what is seen")


def _content(pattern: Pattern, one: Written) -> Iterator[Finding]:
    for sentence in sentences(one.text):
        said = set(words(sentence))
        sick = next((sign for sign in SIGNS if has_phrase(sentence, sign)), "")
        if sick and said & CALLS and not said & WITHOUT_SIGNS:
            remedy = "help is called at once, with or without signs"
            yield one.spot.must(one.key, f"calls for help only when somebody '{sick}'", remedy)
    if not pattern.season:
        yield from _season(one)
    if one.text.count(";") > 1:
        yield one.spot.should(one.key, f"has {one.text.count(';')} semicolons", "make sentences")


def _season(one: Written) -> Iterator[Finding]:
    """A month or season as a rule holds in half of the world."""
    tokens = one.text.replace(",", " ").split()
    for before, word in zip(["", *tokens], tokens, strict=False):
        bare = word.strip(".;:!?)\"'")
        named = bare[:1].isupper() and bare.lower() in MONTHS
        if named and (bare not in ("May", "March") or before.lower() in ("in", "of", "to", "from")):
            remedy = "give the pattern its `season` (which half of the world), or leave it out"
            yield one.spot.must(one.key, f"names a month ({bare})", remedy)
            return
    for season in SEASONS:
        if one.kind in ("guidance", "warning") and season in words(one.text):
            remedy = "if that is a rule, give the pattern its `season`"
            yield one.spot.should(one.key, f"names a season ({season})", remedy)
            return


def _along(pattern: Pattern, one: Written) -> Iterator[Finding]:
    if word := leaked(pattern, one.text):
        remedy = "talk about the aim and the day, not about the thing"
        yield one.spot.must(one.key, f"names the element ('{word}')", remedy)
    guiding = sorted(set(words(one.text)) & GUIDING)
    guiding += ["but first"] if has_phrase(one.text, "but first") else []
    if guiding:
        remedy = "go along: no word of guidance"
        yield one.spot.must(one.key, f"holds {', '.join(guiding)}", remedy)
    if any(c.isdigit() for c in one.text):
        yield one.spot.should(one.key, "holds a number", "no amount, no step")
