"""The judge's report card: its verdicts against labels, per rule and overall."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from crosslight.judge import cutoff, metrics
from crosslight.judge.labels import OVERALL, LabelError, Labels
from crosslight.judge.rethreshold import JUDGED
from crosslight.judge.tables import read_verdicts
from crosslight.records import Finding, Status, Verdict, content_hash
from crosslight.runs import NotARunFolder, read_run
from crosslight.stats import corrected
from crosslight.store import table_rows, write_json

REPORT_CARD_FILE = "card.json"
LISTED = 20


def measured_on(folder: Path) -> str:
    """The hash of the verdicts of a run: a card of other verdicts says nothing about these."""
    return content_hash((folder / "verdicts.parquet").read_bytes())


def report_card(
    folder: Path,
    labels: Labels,
    *,
    calibration_share: float = 0.5,
    missed_at_most: float | None = None,
    draws: int = metrics.DRAWS,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure a run against labels; writes `card.json` into its folder and returns it.

    Raises `NotARunFolder`, or `LabelError` where no label fits an image of the run.
    """
    run = read_run(folder)
    if run.get("kind") != "judge" or "plan" not in run:
        raise NotARunFolder(f"{folder} holds no judging run that came to an end", JUDGED)
    verdicts = read_verdicts(folder)
    failed = _failed(folder)
    images = [*((v.photo, v.source) for v in verdicts), *((p, s) for s, p in failed)]
    labels = labels.fitted(images)
    overall = _overall(verdicts, failed, labels)
    if not len(overall):
        raise LabelError("no label names an image of this run")
    gone, other = labels.strangers(images, [r["id"] for r in run["plan"]["rules"]])
    card: dict[str, Any] = {
        "labels": len(overall),
        "verdicts_sha256": measured_on(folder),
        "not_in_run": {"images": gone[:LISTED], "count": len(gone), "rules": other[:LISTED]},
        "overall": metrics.measure(overall, draws=draws, seed=seed),
        "calibration": metrics.calibration(overall),
        "rules": {},
        "cut": _cut(overall, calibration_share, missed_at_most, draws, seed),
        "prevalence": _prevalence(verdicts, overall),
        "judge": {k: run.get(k) for k in ("models", "settings", "constitution", "prompts")},
        "seed": seed,
    }
    for rule in [] if run["plan"]["overall"] else run["plan"]["rules"]:
        judged = _of_rule(verdicts, failed, labels, rule["id"])
        if len(judged):
            card["rules"][rule["id"]] = metrics.measure(judged, draws=draws, seed=seed)
    write_json(folder / REPORT_CARD_FILE, card)
    return card


def _overall(
    verdicts: Sequence[Verdict], failed: Sequence[tuple[str, str]], labels: Labels
) -> metrics.Judged:
    rows = []
    for v in verdicts:
        truth = labels.of(v.photo, v.source)
        if truth is not None:
            rows.append(
                (truth, v.status is Status.UNSAFE, v.status is not Status.UNDECIDED, v.score)
            )
    return metrics.arrays(rows + _missing(failed, labels, OVERALL))


def _of_rule(
    verdicts: Sequence[Verdict], failed: Sequence[tuple[str, str]], labels: Labels, rule: str
) -> metrics.Judged:
    rows = []
    for v in verdicts:
        truth = labels.of(v.photo, v.source, rule)
        found = next((r for r in v.rules if r.rule == rule), None)
        if truth is None or found is None:
            continue
        known = found.finding in (Finding.VIOLATED, Finding.CLEAR)
        score = float("nan") if found.finding is Finding.FAILED else found.score
        rows.append((truth, found.finding is Finding.VIOLATED, known, score))
    return metrics.arrays(rows + _missing(failed, labels, rule))


def _missing(
    failed: Sequence[tuple[str, str]], labels: Labels, rule: str
) -> list[tuple[bool, bool, bool, float]]:
    """Labelled images without a verdict: they lower the coverage and are in no metric."""
    truths = [labels.of(photo, source, rule) for source, photo in failed]
    return [(truth, False, False, math.nan) for truth in truths if truth is not None]


def _failed(folder: Path) -> list[tuple[str, str]]:
    rows = table_rows(folder / "failed.parquet", ["input", "photo"])
    return [(row["input"], row["photo"]) for row in rows]


def _cut(
    j: metrics.Judged, share: float, missed_at_most: float | None, draws: int, seed: int
) -> dict[str, Any]:
    """Choose on one part of the labels, measure on the other."""
    first, second = cutoff.split(len(j), share, seed)
    known = j.take(first)
    cut = (
        cutoff.best_f1(known)
        if missed_at_most is None
        else cutoff.few_missed(known, missed_at_most)
    )
    found: dict[str, Any] = {**asdict(cut), "chosen_on": len(first), "measured_on": len(second)}
    if cut.at is not None and second:
        tested = cutoff.applied(j.take(second), cut.at)
        found["measured"] = metrics.measure(tested, draws=draws, seed=seed)
    return found


def _prevalence(verdicts: Sequence[Verdict], j: metrics.Judged) -> Mapping[str, Any]:
    """Over all decided images of the run, labelled or not."""
    decided = [v for v in verdicts if v.status is not Status.UNDECIDED]
    said = sum(v.status is Status.UNSAFE for v in decided)
    unsafe, safe = j.truth & j.decided, ~j.truth & j.decided
    return asdict(
        corrected(
            said,
            len(decided),
            int((unsafe & j.said).sum()),
            int(unsafe.sum()),
            int((safe & ~j.said).sum()),
            int(safe.sum()),
        )
    )
