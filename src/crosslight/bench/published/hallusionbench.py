"""HallusionBench: a GPT-4 verdict for each answer, then accuracy by question, figure and pair.

aAcc: questions answered right. fAcc: figures of which every question is right (VS questions
without a figure left out). qAcc: questions right on all their figures. In percent.
Source: the authors' `utils.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from crosslight.bench.item import Item, Scored
from crosslight.bench.published.numbers import percent
from crosslight.bench.published.scorer import PublishedScorer, done

DEFECTS = (
    "`incorrect` and then `correct` are looked for anywhere in the judge's reply",
    "an unclear answer and a reply that cannot be read are both class 2, scored as wrong",
)
TRUST = (
    "as far as the judge, whose prompt here is ours: the figures by figure and by pair are not "
    "made in a run, only the share of right answers"
)


def correctness(reply: str) -> str:
    """`0` wrong, `1` right, `2` unclear, as the authors read the judge's reply."""
    text = reply.lower()
    if "incorrect" in text:
        return "0"
    return "1" if "correct" in text else "2"


@dataclass(frozen=True, slots=True)
class Accuracies:
    """In percent."""

    questions: float
    figures: float
    pairs: float


def table(rows: Iterable[tuple[Item, bool]]) -> Accuracies:
    """The three accuracies of (item, right) rows."""
    rows = list(rows)
    figures: dict[str, bool] = {}
    pairs: dict[str, bool] = {}
    for item, right in rows:
        label = item.labels
        if not (item.subset == "VS" and label["figure_id"] == "0"):
            figures[label["figure"]] = figures.get(label["figure"], True) and right
        pairs[label["question"]] = pairs.get(label["question"], True) and right
    return Accuracies(
        questions=percent(sum(right for _, right in rows), len(rows)),
        figures=percent(sum(figures.values()), len(figures)),
        pairs=percent(sum(pairs.values()), len(pairs)),
    )


def score(item: Item, reply: str) -> Scored:
    """Right when the judge's reply reads as correct."""
    found = correctness(reply)
    return done(item, {"0": "incorrect", "1": "correct", "2": "unclear"}[found], found == "1")


SCORER = PublishedScorer(
    "hallusionbench",
    "judge reply",
    score,
    DEFECTS,
    TRUST,
    judge="correct, incorrect or unclear",
)
