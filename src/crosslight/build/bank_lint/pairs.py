"""The laws of two-photo patterns that a machine can check."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crosslight.build.bank_lint.finding import Finding, Spot
from crosslight.build.bank_lint.opened import entries, opened
from crosslight.build.bank_lint.sentences import LONGEST, SHORTEST, WORRY, lint_act, lint_twins
from crosslight.build.bank_lint.wording import has_phrase, word_count
from crosslight.build.two_photos.schema import (
    ONE,
    OTHER,
    PairCase,
    PairPattern,
    PairScenario,
)
from crosslight.text import names_element

SLOTS = {"one": ONE, "other": OTHER}


@dataclass(frozen=True, slots=True)
class PairFile:
    """One file as far as it can be read."""

    spot: Spot
    placed: list[tuple[PairPattern, Spot]]
    wrong: list[Finding]

    @classmethod
    def read(cls, path: Path) -> "PairFile":
        """A file; where it does not fit the schema, those of its patterns that do."""
        spot, wrong = opened(path, PairScenario)
        found = entries(spot, "pairs", PairPattern)
        return cls(spot, [(one, Spot(spot.file, raw, one.id)) for one, raw in found], wrong)

    def findings(self) -> Iterator[Finding]:
        """All breaches of the file."""
        yield from self.wrong
        for pattern, spot in self.placed:
            if not pattern.reviewed:
                yield spot.should("reviewed", "is no", "read it whole, then take the line out")
            yield from _things(pattern, spot)
            for at, case in enumerate(pattern.cases):
                yield from _case(pattern, case, spot.inside("cases", at, case=at + 1))


def _things(pattern: PairPattern, spot: Spot) -> Iterator[Finding]:
    """One photo of both things would not need a second."""
    one, other = pattern.one, pattern.other
    both = sorted({*one.classes, *one.labels} & {*other.classes, *other.labels})
    if both:
        yield spot.must("other", f"shows what `one` shows: {', '.join(both)}", "keep them apart")
    for side, slot in SLOTS.items():
        if slot not in pattern.risk:
            yield spot.must("risk", f"does not name {slot}", f"say what {side} has to do with it")


def _case(pattern: PairPattern, case: PairCase, spot: Spot) -> Iterator[Finding]:
    control = spot.inside("control", part="control")
    names = (*pattern.one.words, *pattern.one.names, *pattern.other.words, *pattern.other.names)
    for said, where in ((case.say, spot), (case.control.say, control)):
        if leaks := [name for name in names if names_element(said, [name])]:
            yield where.must("say", f"names a thing ('{leaks[0]}')", "say these two, both or this")
        for phrase in WORRY:
            if has_phrase(said, phrase):
                yield where.must("say", f"holds '{phrase}'", "say nothing that worries by itself")
        yield from lint_act(case, said, where)
    if not SHORTEST <= word_count(case.say) <= LONGEST:
        length = word_count(case.say)
        yield spot.must("say", f"has {length} words", f"write {SHORTEST} to {LONGEST}")
    yield from lint_twins(case, control)
    yield from _answers(pattern, case, spot)


def _answers(pattern: PairPattern, case: PairCase, spot: Spot) -> Iterator[Finding]:
    for side, slot in SLOTS.items():
        if slot not in case.response:
            yield spot.must("response", f"does not name {slot}", f"say what {side} does to it")
    for intent, where in ((case.intent, spot), (case.control.intent, spot.inside("control"))):
        if not intent.startswith("You "):
            yield where.must("intent", "does not begin with 'You'", "say what the person wants")
    for at, swap in enumerate(case.swaps):
        part, shows = pattern.part(swap.side), swap.shows
        risky = {*part.classes, *part.labels, *part.also_risky} & {*shows.classes, *shows.labels}
        if risky:
            told = f"shows the thing itself: {', '.join(sorted(risky))}"
            where = spot.inside("swaps", at, part=f"swap {at + 1}")
            yield where.must("shows", told, "name what is harmless there")
