"""What a run found and what it asked for that: counts by verdict, by rule and by kind of score."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from crosslight.judge.config import Parts
from crosslight.records import Dropped, Finding, Measured, Verdict
from crosslight.runs import NOT_REACHED, Lost

SHARES = (0.25, 0.5, 0.67, 0.75, 0.9)
"""Of pairs that a relevance scan could skip; the paper's skips 0.67."""


class Counts:
    """Counts of one run."""

    def __init__(self, rules: Sequence[str], parts: Parts) -> None:
        self._parts = parts
        self.verdicts: Counter[str] = Counter()
        self.rules: dict[str, Counter[str]] = {rule: Counter() for rule in rules}
        self.scores: Counter[str] = Counter()
        self.tests: Counter[str] = Counter()
        self.addressed = 0
        self.skipped = 0
        self.clear = 0
        self._cosines: Counter[float] = Counter()
        self.pairs = 0
        self.dropped: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    def add(self, verdict: Verdict) -> None:
        """Count one verdict."""
        self.verdicts[str(verdict.status)] += 1
        self.addressed += bool(verdict.addressed_by)
        for rule in verdict.rules:
            self.pairs += 1
            self.rules[rule.rule][str(rule.finding)] += 1
            if rule.relevance is not None:
                self._cosines[round(rule.relevance, 3)] += 1
            self.clear += rule.finding is Finding.CLEAR
            skipped = rule.finding is Finding.CLEAR and rule.reason == "relevance"
            self.skipped += skipped
            for e in rule.evidence:
                self.scores.update(asked(e.measured))
                self.tests[e.reading.test] += 1
            # Of all alternatives of an item together.
            joint = {(e.look, e.item) for e in rule.evidence if e.measured.joint is not None}
            self.scores["joint"] += len(joint)
            said = {(e.look, e.item) for e in rule.evidence if e.measured.joint_reasoned}
            self.scores["reasoned"] += len(said)
        for test in verdict.print_tests or ():
            self.scores["print_test"] += 1 + (test.shown is not None)
        if self._parts.one_detection:
            every = [e for rule in verdict.rules for e in rule.evidence]
            # Alternatives are asked together only where no box of theirs wants a crop.
            boxed = self._parts.detector and self._parts.crop
            sought = {
                e.look
                for e in every
                if e.measured.sought or (boxed and e.measured.joint is not None)
            }
            self.scores["region"] += len(sought) - sum(e.measured.sought for e in every)

    @property
    def judged(self) -> int:
        """Images that have a verdict."""
        return sum(self.verdicts.values())

    def count_lost(self, lost: Iterable[Lost]) -> None:
        """Count what has no verdict."""
        for outcome in (one.outcome for one in lost if one.outcome != NOT_REACHED):
            if isinstance(outcome, Dropped):
                self.dropped[outcome.reason] += 1
            else:
                self.failed[outcome.error.partition(":")[0]] += 1

    def as_json(self) -> dict[str, Any]:
        """For run.json."""
        return {
            "verdicts": dict(sorted(self.verdicts.items())),
            "rules": {rule: dict(sorted(found.items())) for rule, found in self.rules.items()},
            "addressed": self.addressed,
            "tests": dict(sorted(self.tests.items())),
            "asked": {kind: n for kind, n in sorted(self.scores.items()) if n},
            "pairs": self.pairs,
            "clear_pairs": self.clear,
            "skipped_pairs": self.skipped,
            **({"relevance_points": self._points()} if self._cosines else {}),
        }

    def _points(self) -> dict[str, float]:
        """For some shares of pairs, the `relevance_t` that would skip so many: the operating points
        of an encoder whose scale nobody has measured."""
        total, seen, found = self._cosines.total(), 0, dict[str, float]()
        for cosine, count in sorted(self._cosines.items()):
            reached = [s for s in SHARES if str(s) not in found and seen + count > s * total]
            found |= {str(share): cosine for share in reached}
            seen += count
        return found


def asked(m: Measured) -> list[str]:
    """The kinds of calls that one measurement took. `prior` is shared by all images."""
    kinds = [
        name for name in ("shown", "prior", "erased", "unprinted") if getattr(m, name) is not None
    ]
    if m.cropped and m.whole is not None:
        kinds.append("whole")
    if m.sought:
        kinds.append("region")
    if m.reasoned is not None:
        kinds.append("reasoned")
    return kinds
