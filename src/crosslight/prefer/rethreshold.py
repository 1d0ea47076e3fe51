"""Other thresholds over the same comparisons: new pairs without a single call."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslight.prefer.answer_table import ANSWERS
from crosslight.prefer.asked_tables import (
    ANSWERS_FILE,
    figures_of,
    pictures_of,
    settled,
    write_ranks,
)
from crosslight.prefer.chosen import deal, pair_of
from crosslight.prefer.comparisons import AGAIN, Thresholds, read_comparisons, write_comparisons
from crosslight.prefer.dataset import write_pairs
from crosslight.prefer.figures.sections import sections
from crosslight.prefer.summary import counts_of
from crosslight.prefer.verdict import Agreement, Cut
from crosslight.records import BadSetting
from crosslight.runs import RUN_FILE, NotARunFolder, RunError, begin, held_folder, read_run
from crosslight.store import ImageStore, TableError, table_rows, write_json

COPIED = ("answers.parquet", "dropped.parquet", "failed.parquet", "groups.json")
OLD_RATES = (
    "safe rates, groups and what was drawn are of the run before, with its thresholds; pairs, "
    "verdicts and ranks are of the new ones"
)
COMPARED = "give the folder of a run of `crosslight prefer` with an --annotator"


@dataclass(frozen=True, slots=True)
class Changed:
    """The settings that may change; None stays as it was."""

    agreement: str | None = None
    margin: float | None = None
    safe_above: float | None = None
    unsafe_below: float | None = None
    refusals: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Those that are named."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in values.items() if value is not None}

    def check(self) -> None:
        """Raises `BadSetting` for a value that makes no sense."""
        if self.agreement not in (None, *Agreement):
            raise BadSetting(f"agreement={self.agreement!r}", f"one of: {', '.join(Agreement)}")
        if self.margin is not None and not self.margin > 0:
            raise BadSetting(f"margin={self.margin!r}", "log-odds above 0, such as 1.0")
        for name in ("safe_above", "unsafe_below", "refusals"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise BadSetting(f"{name}={value!r}", "a share from 0 to 1")


def rethreshold_pairs(folder: Path, out: Path, images: Path, changed: Changed) -> dict[str, Any]:
    """Read the comparisons of `folder` anew and write a run into `out`; returns its summary.

    Questions, replies and what was drawn stay, and so do groups. Raises `NotARunFolder`,
    `BadSetting`, `RunError`.
    """
    changed.check()
    run = read_run(folder)
    if run.get("kind") != "prefer" or "wins" not in run:
        raise NotARunFolder(f"{folder} holds no comparisons of an annotator", COMPARED)
    if out.resolve() == folder.resolve():
        raise NotARunFolder("the new run needs a folder of its own", "name another folder with -o")
    try:
        settings = _changed(run["settings"], changed)
        limits, seed = _thresholds(settings), int(settings["seed"])
        refusals = float(settings["refusals"])
        given = {one["role"]: f"{one['spec']} {one['revision']}".strip() for one in run["models"]}
    except (KeyError, TypeError, ValueError) as error:
        raise NotARunFolder(f"run.json of {folder} is not ours: {error!r}", COMPARED) from error
    if limits.unsafe_below > limits.safe_above:
        raise BadSetting(
            f"unsafe_below={limits.unsafe_below} above safe_above={limits.safe_above}",
            "what lies between them is unknown: name both, the smaller one as unsafe_below",
        )
    old, answers = read_comparisons(folder), _answers(folder)
    splits = deal(old, (row["cluster"] for row in answers), seed)
    rows = settled(old, limits, refusals, seed, splits)
    pairs = [pair_of(row, given) for row in rows if row.pair]
    with held_folder(out, "prefer") as held:
        begin(out, "prefer")
        write_pairs(out, pairs, pictures_of(ImageStore(images)))
        write_comparisons(out, rows)
        for name in COPIED:
            if (folder / name).is_file():
                shutil.copyfile(folder / name, out / name)
        write_ranks(out, answers, rows, splits, limits)
        summary = {**run, **counts_of(pairs), "rows": len(pairs), "settings": settings}
        summary |= figures_of(rows, limits, seed)
        if changed.safe_above is not None or changed.unsafe_below is not None:
            summary["notes"] = [*run.get("notes", ()), OLD_RATES]
        summary["sections"] = sections(summary)
        summary["rethreshold"] = {
            "changed": changed.as_json(),
            "outcomes_changed": sum(
                (a.outcome, a.chosen) != (b.outcome, b.chosen)
                for a, b in zip(old, rows, strict=True)
            ),
            "calls": 0,
        }
        write_json(out / RUN_FILE, summary)
        held.keep = True
    return summary


def _answers(folder: Path) -> list[dict[str, Any]]:
    try:
        return list(table_rows(folder / ANSWERS_FILE, ANSWERS.names))
    except TableError as error:
        raise RunError(f"{ANSWERS_FILE}: {error.message}", error.hint or AGAIN) from error


def _changed(settings: Mapping[str, Any], changed: Changed) -> dict[str, Any]:
    new = dict(settings)
    asking = dict(settings["asking"])
    for name, value in changed.as_json().items():
        (asking if name in ("safe_above", "unsafe_below") else new)[name] = value
    return new | {"asking": asking}


def _thresholds(settings: Mapping[str, Any]) -> Thresholds:
    cut = Cut(Agreement(settings["agreement"]), float(settings["margin"]))
    asking = settings["asking"]
    return Thresholds(cut, float(asking["safe_above"]), float(asking["unsafe_below"]))
