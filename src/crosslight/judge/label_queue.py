"""Which images a person should label next: the ones that would tell the most about the judge."""

from collections.abc import Sequence
from pathlib import Path

from crosslight.judge.labels import Labels
from crosslight.records import Status, Verdict
from crosslight.store import write_text
from crosslight.text import csv_text

COLUMNS = ("image", "photo", "rule", "verdict", "score", "why", "label")


def images_to_label(
    verdicts: Sequence[Verdict], labels: Labels | None = None, size: int = 50
) -> list[dict[str, str]]:
    """Images without a label, most informative first, rules taking turns.

    An image is informative as far as its score is from being clear (2/3 and 1/3 bound the
    undecided band), more so where it is undecided or speaks to the judge.
    """
    by_rule: dict[str, list[tuple[float, str, Verdict]]] = {}
    if labels is not None:
        labels = labels.fitted((v.photo, v.source) for v in verdicts)
    for v in verdicts:
        if labels is not None and labels.of(v.photo, v.source) is not None:
            continue
        # A rule that somebody has labelled for this image is not asked about again.
        open_ = [
            r for r in v.rules if labels is None or labels.of(v.photo, v.source, r.rule) is None
        ]
        weakest = max(open_, key=lambda r: (_doubt(r.score), r.rule), default=None)
        if weakest is None:
            continue
        doubt = _doubt(weakest.score) + 0.5 * (v.status is Status.UNDECIDED)
        doubt += 0.5 * bool(v.addressed_by)
        by_rule.setdefault(weakest.rule, []).append((-doubt, v.photo, v))
    turns = [sorted(found, key=lambda one: one[:2]) for _, found in sorted(by_rule.items())]
    chosen: list[tuple[str, Verdict]] = []
    rules = sorted(by_rule)
    for turn in range(max(map(len, turns), default=0)):
        chosen += [(rules[i], line[turn][2]) for i, line in enumerate(turns) if turn < len(line)]
    return [_row(rule, v) for rule, v in chosen[:size]]


def write_queue(path: Path, rows: Sequence[dict[str, str]]) -> None:
    """A CSV whose last column is to be filled; `judge report` reads it."""
    write_text(path, csv_text(COLUMNS, rows, line_end="\r\n"))


def _doubt(score: float) -> float:
    """1 in the middle of the scale, 0 at its ends."""
    return 1 - 2 * abs(score - 0.5)


def _row(rule: str, v: Verdict) -> dict[str, str]:
    why = "speaks to the judge" if v.addressed_by else v.reason
    return {
        "image": v.source or v.photo,
        "photo": v.photo,
        "rule": rule,
        "verdict": str(v.status),
        "score": f"{v.score:.4f}",
        "why": why,
        "label": "",
    }
