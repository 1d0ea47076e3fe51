"""The figures of a bank: how many, which acts, how long."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from crosslight.build.bank import Pattern, fill
from crosslight.build.bank_lint.whole import brakes
from crosslight.build.bank_lint.wording import word_count
from crosslight.text import plural


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts and medians over all cases."""

    patterns: int
    cases: int
    sensitive: int
    acts: dict[str, int]
    asks: dict[str, int]
    placed: int
    placeable: int
    """Cases of patterns that are not sensitive."""
    braked: int
    medians: dict[str, float]

    def lines(self) -> list[str]:
        """For people, a line an idea."""
        patterns = plural(self.patterns, "pattern")
        found = [f"{patterns} ({self.sensitive} sensitive), {plural(self.cases, 'case')}"]
        for title, counts in (("acts", self.acts), ("asks", self.asks)):
            shares = ", ".join(f"{k} {n} ({n / self.cases:.0%})" for k, n in counts.items())
            found.append(f"{title}: {shares}")
        found.append(f"with a place for the sentence: {self.placed} of {self.placeable}")
        found.append(f"guidance that opens with a brake: {self.braked} of {self.cases}")
        lengths = ", ".join(f"{name} {value:g}" for name, value in self.medians.items())
        return [*found, f"words (medians): {lengths}"]


def figures(patterns: Iterable[Pattern]) -> Figures | None:
    """Of all their cases; None where there is none."""
    pairs = [(pattern, case) for pattern in patterns for case in pattern.cases]
    if not pairs:
        return None
    lengths: dict[str, list[int]] = {}
    for pattern, case in pairs:
        for name, text in (
            ("sentence", case.say),
            ("control", case.control.say),
            ("guidance", case.response),
            ("plain help", case.control.response),
            ("along", case.along),
            ("warning", case.control.warning),
        ):
            if text:
                count = word_count(fill(text, pattern.element.names[0]))
                lengths.setdefault(name, []).append(count)
    plainly = [case for pattern, case in pairs if not pattern.sensitive]
    ids = {pattern.id: pattern for pattern, _ in pairs}
    return Figures(
        patterns=len(ids),
        cases=len(pairs),
        sensitive=sum(pattern.sensitive for pattern in ids.values()),
        acts=dict(sorted(Counter(str(case.act) for _, case in pairs).items())),
        asks=dict(sorted(Counter(str(case.asks) for _, case in pairs).items())),
        placed=sum(bool(case.photo) for case in plainly),
        placeable=len(plainly),
        braked=sum(brakes(case.response) for _, case in pairs),
        medians={name: median(counts) for name, counts in lengths.items()},
    )
