"""What print does to answers, read by the thresholds: the same in a run and in `judge rethreshold`.

Everything that got a plain No at a look with print is asked together once more with the print
filled (`PrintTest`). Where that rises, the print held the answers down, and each No is asked so.
"""

from collections.abc import Iterable, Sequence

from crosslight.judge.config import JudgeConfig, Parts, Thresholds
from crosslight.judge.reading import NO, could_rise, print_says, risen
from crosslight.records import Evidence, PrintTest, RuleFinding, Score


def wants_test(parts: Parts) -> bool:
    """Whether a look with print is tested at all."""
    return parts.print and parts.tokens and not parts.perceived


def holds_down(filled: Score, shown: Score | None, t: Thresholds) -> bool | None:
    """Whether print held the answers to questions that were asked together down; None: it could
    have, and the image with its print (`shown`) was not asked."""
    if not could_rise(filled, t):
        return False
    return None if shown is None else risen(shown, filled, t)


def plain_no(e: Evidence) -> bool:
    """Whether print, which the image bears and the question is not about, may have held an answer
    down that nobody asked with the print filled."""
    m = e.measured
    open_ = m.lettered and m.unprinted is None and not m.addressed and not e.absent
    return open_ and e.reading.answer == NO


def looked_at(tests: Iterable[PrintTest], look: str, t: Thresholds) -> tuple[bool, set[str]]:
    """Of one look: whether its print holds answers down, and the places (`place_name`) that are
    known not to be held down."""
    here = [test for test in tests if test.look == look]
    said = [holds_down(test.filled, test.shown, t) for test in here]
    kept = {
        name for test, one in zip(here, said, strict=True) if one is False for name in test.places
    }
    return any(said), kept


def place_name(rule: str, e: Evidence) -> str:
    """One question of one rule."""
    return f"{rule} {e.item}.{e.alternative}"


def swayed(rules: Sequence[RuleFinding], config: JudgeConfig) -> str:
    """That print holds an answer down, by the test that needs no list of words: empty if none."""
    for found, e in ((rule, e) for rule in rules for e in rule.evidence):
        m = e.measured
        if m.unprinted is not None and print_says(m, config.thresholds_of(found.rule)):
            shown = m.whole or m.shown
            was = "" if shown is None else f"{shown.yes:.2f}, "
            return f"print moves {e.question!r}: {was}{m.unprinted.yes:.2f} with the print filled"
    return ""
