"""The judge's report card: its verdicts against labels, per rule and overall."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from crosslight.judge import calibrate, cutoff, metrics
from crosslight.judge.labels import OVERALL, LabelError, Labels
from crosslight.judge.rethreshold import JUDGED
from crosslight.judge.sample import Image, Said, Sample, images_of, judged
from crosslight.judge.tables import read_verdicts
from crosslight.records import content_hash
from crosslight.runs import NotARunFolder, read_run
from crosslight.store import UnreadableFile, read_json, table_rows, write_json

REPORT_CARD_FILE = "card.json"
FLIPS_FILE = "flips.json"
LISTED = 20
REFUSED = "needs labels that were drawn by chance from the run"


def measured_on(folder: Path) -> str:
    """The hash of the verdicts of a run: a card of other verdicts says nothing about these."""
    return content_hash((folder / "verdicts.parquet").read_bytes())


def report_card(
    folder: Path,
    labels: Labels,
    *,
    sample: Said = "",
    calibration_share: float = 0.5,
    missed_at_most: float | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure a run against labels; writes `card.json` into its folder and returns it.

    `sample="random"` says that labels of no queue were drawn by chance. Raises `NotARunFolder`, or
    `LabelError` where no label fits an image of the run.
    """
    run = read_run(folder)
    if run.get("kind") != "judge" or "plan" not in run:
        raise NotARunFolder(f"{folder} holds no judging run that came to an end", JUDGED)
    images = images_of(read_verdicts(folder), _failed(folder))
    names = [(image.photo, image.source) for image in images]
    every = [rule["id"] for rule in run["plan"]["rules"]]
    rules = [] if run["plan"]["overall"] else every
    labels = labels.fitted(names).under(every)
    gone, other = labels.strangers(names, every)
    if not any(labels.of(*name, rule) is not None for name in names for rule in (OVERALL, *rules)):
        raise LabelError("no label names an image of this run")
    overall, drawn = judged(images, labels, said=sample)

    def measured(j: metrics.Judged, how: Sample) -> dict[str, Any]:
        return _measured(j, how, calibration_share, missed_at_most, seed)

    first = measured(overall, drawn)
    card: dict[str, Any] = {
        "labels": drawn.labelled,
        "verdicts_sha256": measured_on(folder),
        "not_in_run": {"images": gone[:LISTED], "count": len(gone), "rules": other[:LISTED]},
        "sample": drawn.as_json(),
        "overall": first,
        "calibration": metrics.calibration(overall),
        "rules": {},
        "rules_note": _unnamed(images, labels, rules),
        "cut": first["cut"],
        "prevalence": first["prevalence"],
        "policy_exceptions": _flips(folder),
        "judge": {k: run.get(k) for k in ("models", "settings", "constitution", "prompts")},
        "seed": seed,
    }
    for rule in [] if card["rules_note"] else rules:
        j, how = judged(images, labels, rule, sample)
        if how.labelled:
            card["rules"][rule] = measured(j, how)
    write_json(folder / REPORT_CARD_FILE, card)
    return card


def _measured(
    j: metrics.Judged, how: Sample, share: float, missed_at_most: float | None, seed: int
) -> dict[str, Any]:
    """The figures of one rule or of all, with a cut and a calibration map."""
    found = metrics.measure(j, seed=seed)
    found["sample"] = how.kind
    if how.kind == "unknown":
        found["prevalence"] |= {"value": None, "low": None, "high": None, "note": REFUSED}
    found["cut"] = _cut(j, share, missed_at_most, seed)
    found["calibrated"] = calibrate.learn(j, seed)
    return found


def _cut(
    j: metrics.Judged, share: float, missed_at_most: float | None, seed: int
) -> dict[str, Any]:
    """Choose on one part of the labels, measure on the other."""
    known, rest = cutoff.halves(j, share, seed)
    cut = (
        cutoff.best_f1(known)
        if missed_at_most is None
        else cutoff.few_missed(known, missed_at_most)
    )
    first, second = int(known.labelled.sum()), int(rest.labelled.sum())
    found: dict[str, Any] = {**asdict(cut), "chosen_on": first, "measured_on": second}
    if cut.at is not None and second:
        found["measured"] = metrics.measure(cutoff.applied(rest, cut.at), seed=seed)
    return found


def _unnamed(images: Sequence[Image], labels: Labels, rules: Sequence[str]) -> str:
    """Why there are no figures by rule: where some unsafe images name no rule, those that are
    labelled by rule are the others."""
    ruled = {name for name, rule in labels.values if rule != OVERALL} | labels.named
    count = sum(
        labels.of(image.photo, image.source) is True
        and all(labels.of(image.photo, image.source, rule) is None for rule in rules)
        for image in images
    )
    if not rules or not count or not ruled:
        return ""
    return f"no figures by rule: {count:,} unsafe images do not say which rules they break"


def _flips(folder: Path) -> dict[str, Any] | None:
    """What the policy-flip test found on these very verdicts, if it was made."""
    try:
        found = read_json(folder / FLIPS_FILE)
    except (FileNotFoundError, UnreadableFile):
        return None
    here = isinstance(found, dict) and found.get("verdicts_sha256") == measured_on(folder)
    return dict(found) if here else None


def _failed(folder: Path) -> list[tuple[str, str]]:
    rows = table_rows(folder / "failed.parquet", ["input", "photo"])
    return [(row["input"], row["photo"]) for row in rows]
