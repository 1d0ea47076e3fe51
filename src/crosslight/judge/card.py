"""The judge's report card: its verdicts against labels, per rule and overall."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from crosslight.judge import calibrate, cutoff, metrics
from crosslight.judge.chosen import ChosenCuts
from crosslight.judge.config import JudgeConfig, Parts
from crosslight.judge.labels import OVERALL, LabelError, Labels
from crosslight.judge.rethreshold import JUDGED, Form, again, form_of, reaches
from crosslight.judge.sample import Image, Said, Sample, images_of, judged
from crosslight.judge.tables import read_verdicts
from crosslight.records import Verdict, content_hash
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
    read = _Read.of(run, read_verdicts(folder), _failed(folder))
    images = read.images
    names = [(image.photo, image.source) for image in images]
    every = [rule["id"] for rule in run["plan"]["rules"]]
    rules = [] if run["plan"]["overall"] else every
    labels = labels.fitted(names).under(every)
    gone, other = labels.strangers(names, every)
    if not any(labels.of(*name, rule) is not None for name in names for rule in (OVERALL, *rules)):
        raise LabelError("no label names an image of this run")
    note = _unnamed(images, labels, rules)
    found = {
        rule: judged(images, labels, rule, sample) for rule in (OVERALL, *([] if note else rules))
    }
    found = {rule: one for rule, one in found.items() if rule == OVERALL or one[1].labelled}
    measured = {rule: _measured(j, how, seed) for rule, (j, how) in found.items()}
    cuts = _cuts(read, labels, found, sample, calibration_share, missed_at_most, seed)
    for rule, cut in cuts.items():
        measured[rule]["cut"] = cut
    first, (overall, drawn) = measured.pop(OVERALL), found[OVERALL]
    card: dict[str, Any] = {
        "labels": drawn.labelled,
        "verdicts_sha256": measured_on(folder),
        "not_in_run": {"images": gone[:LISTED], "count": len(gone), "rules": other[:LISTED]},
        "sample": drawn.as_json(),
        "overall": first,
        "calibration": metrics.calibration(overall),
        "rules": measured,
        "rules_note": note,
        "cut": first["cut"],
        "prevalence": first["prevalence"],
        "policy_exceptions": _flips(folder),
        "judge": {k: run.get(k) for k in ("models", "settings", "constitution", "prompts")},
        "seed": seed,
    }
    write_json(folder / REPORT_CARD_FILE, card)
    return card


@dataclass(frozen=True, slots=True)
class _Read:
    """The images of a run, and how their evidence is read anew."""

    images: list[Image]
    forms: dict[str, Form]
    config: JudgeConfig
    parts: Parts

    @classmethod
    def of(
        cls,
        run: Mapping[str, Any],
        verdicts: Sequence[Verdict],
        failed: Sequence[tuple[str, str]],
    ) -> Self:
        """Of a `run.json` and its tables. Raises `BadSetting` for settings of another version."""
        forms = {rule["id"]: form_of(rule) for rule in run["plan"]["rules"]}
        config = JudgeConfig.from_json(run["settings"])
        parts = Parts(**run["plan"]["parts"])
        images = [
            replace(image, reach=reaches(image.verdict, forms, config, parts))
            if image.verdict is not None
            else image
            for image in images_of(verdicts, failed)
        ]
        return cls(images, forms, config, parts)

    def cut(self, cuts: Mapping[str, float]) -> list[Image]:
        """The images as `judge rethreshold --card` finds them with these cuts."""
        values = ChosenCuts(cuts).values(list(self.forms))
        config = self.config.changed(values, self.forms)
        return [
            replace(image, verdict=again(image.verdict, self.forms, config, self.parts))
            if image.verdict is not None
            else image
            for image in self.images
        ]


def _measured(j: metrics.Judged, how: Sample, seed: int) -> dict[str, Any]:
    """The figures of one rule or of all, with a calibration map."""
    found = metrics.measure(j, seed=seed)
    found["sample"] = how.kind
    if how.kind == "unknown":
        found["prevalence"] |= {"value": None, "low": None, "high": None, "note": REFUSED}
    found["calibrated"] = calibrate.learn(j, seed)
    return found


def _cuts(
    read: _Read,
    labels: Labels,
    found: Mapping[str, tuple[metrics.Judged, Sample]],
    said: Said,
    share: float,
    missed_at_most: float | None,
    seed: int,
) -> dict[str, dict[str, Any]]:
    """Cuts that are chosen on one part of the labelled images, each rule's and that of all, and
    measured on the others: the verdicts that all cuts together give, as they are applied."""
    here = {int(at) for j, _ in found.values() for at in j.at[j.labelled]}
    first, second = cutoff.halves(here, share, seed)
    chosen = {
        rule: cutoff.best_f1(cutoff.knowing(j, first))
        if missed_at_most is None
        else cutoff.few_missed(cutoff.knowing(j, first), missed_at_most)
        for rule, (j, _) in found.items()
    }
    if missed_at_most is not None:
        chosen = cutoff.none_over_all(chosen)
    kept = {rule: cut.at for rule, cut in chosen.items() if cut.at is not None}
    images = read.cut(kept) if kept else read.images
    cuts: dict[str, dict[str, Any]] = {}
    for rule, (j, _) in found.items():
        on = int(cutoff.knowing(j, first).labelled.sum())
        rest = j.labelled & np.isin(j.at, sorted(second))
        count = int(rest.sum())
        cuts[rule] = {**asdict(chosen[rule]), "chosen_on": on, "measured_on": count}
        if rule in kept and count:
            cut = replace(judged(images, labels, rule, said)[0], labelled=rest)
            cuts[rule]["measured"] = metrics.measure(cut, seed=seed)
    return cuts


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
