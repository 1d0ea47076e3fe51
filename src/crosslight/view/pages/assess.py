"""One self-contained page about a grading run: the grades as a strip each, the worst first.

Photos are covered until somebody asks for them; nothing is loaded from anywhere, and all text of
the run is escaped.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslight.judge import ASSESSED_FILE, GRADE_AGREEMENT_FILE, Scale, assessed_digest
from crosslight.runs import DROPPED_FILE, FAILED_FILE, RunError, lost_of, read_run
from crosslight.store import (
    ImageDamaged,
    ImageMissing,
    ImageStore,
    TableFile,
    UnreadableFile,
    read_json,
    write_text,
)
from crosslight.view.page import asset, script_hash, trusted
from crosslight.view.pages.shell import PICTURE_BYTES, about, at_most, fitted, parts_environment
from crosslight.view.thumbs import Thumb, Thumbs

MAX_IMAGES = 150
"""Images on the page; the rest stays in assessed.parquet."""
MAX_PICTURE_BYTES = PICTURE_BYTES
SIDE = 420
COLUMNS = (
    *("photo", "source", "status", "grade", "spread", "outside", "distribution", "shown"),
    *("description", "reason", "addressed_by", "look", "notes", "method"),
)


@dataclass(frozen=True, slots=True)
class Graded:
    """One image: its row, what its grade means, and each grade's share (debiased, bare)."""

    row: Mapping[str, Any]
    meaning: str
    bars: tuple[tuple[int, float, float | None], ...]
    thumb: Thumb | None


def write_assess_report(folder: Path, images: Path) -> Path:
    """Write `report.html` into a grading run and return its path. Raises `RunError`."""
    return write_text(folder / "report.html", assess_page(folder, images))


def assess_page(folder: Path, images: Path) -> str:
    """The page as text."""
    run = read_run(folder)
    if run.get("kind") != "assess" or "scale" not in run:
        raise RunError(f"{folder} holds no grading run that came to an end")
    scale = scale_of(run["scale"])
    with TableFile(folder / ASSESSED_FILE) as table:
        known = [name for name in COLUMNS if name in table.schema.names]  # of older runs not all
        rows = [{**dict.fromkeys(COLUMNS), **row} for row in table.rows_of(known)]
    given = {
        "about": about(folder, run),
        "run": run,
        "scale": scale,
        "counts": grade_counts(rows),
        "reasons": Counter(_kind(row["reason"]) for row in rows if row["reason"]).most_common(20),
        "total": len(rows),
        "agreement": _agreement(folder),
        "failed": lost_of(folder / FAILED_FILE, "error"),
        "dropped": lost_of(folder / DROPPED_FILE, "reason"),
    }
    return fitted(lambda share: _page(given, rows, images, share))


def _page(
    given: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], images: Path, share: float
) -> str:
    """With at most that share of the images that fit a page of ordinary words."""
    chosen = choose(rows, at_most(MAX_IMAGES, share))
    thumbs = Thumbs(_pictures(images, chosen), int(MAX_PICTURE_BYTES * share))
    environment, script = parts_environment(), asset("care.js")
    return environment.get_template("assess.html.j2").render(
        **given,
        style=trusted(asset("report.css", "judge.css", "assess.css")),
        script=trusted(script),
        script_hash=trusted(script_hash(script)),
        cards=[_graded(row, given["scale"], thumbs) for row in chosen],
    )


def scale_of(told: Mapping[str, Any]) -> Scale:
    """The scale of a run, unchecked: older ones were graded on scales that are refused by now."""
    marks = {int(at): str(text) for at, text in told.get("marks", {}).items()}
    return Scale.model_construct(question=str(told.get("question", "")), marks=marks)


def choose(rows: Sequence[Mapping[str, Any]], limit: int) -> list[Mapping[str, Any]]:
    """The highest grades first, then what is undecided; half of the room at least for either."""
    done = sorted(
        (row for row in rows if row["status"] == "done"),
        key=lambda row: (-float(row["grade"]), row["photo"]),
    )
    open_ = sorted((row for row in rows if row["status"] != "done"), key=lambda row: row["photo"])
    room = max(limit // 2, limit - len(open_))
    return [*done[:room], *open_[: limit - min(room, len(done))]]


def grade_counts(rows: Sequence[Mapping[str, Any]]) -> list[tuple[int, int]]:
    """(whole grade, images), of the images that have one."""
    counts = Counter(int(float(r["grade"]) + 0.5) for r in rows if r["status"] == "done")
    return [(at, counts[at]) for at in range(11)]


def _graded(row: Mapping[str, Any], scale: Scale, thumbs: Thumbs) -> Graded:
    shares = json.loads(row["distribution"]) if row["distribution"] else []
    bare = json.loads(row["shown"]) if row["shown"] else {}
    bars = tuple((at, float(p), bare.get(str(at))) for at, p in enumerate(shares))
    meaning = scale.meaning(float(row["grade"])) if row["status"] == "done" else ""
    return Graded(row, meaning, bars, thumbs.get(row["photo"], SIDE))


def _kind(reason: str) -> str:
    """Reasons that differ in a number alone are one."""
    return " ".join("…" if any(c.isdigit() for c in word) else word for word in reason.split())


def _pictures(images: Path, rows: Sequence[Mapping[str, Any]]) -> dict[str, bytes]:
    if not images.is_dir():
        return {}
    store, found = ImageStore(images), {}
    for row in rows:
        try:
            found[row["photo"]] = store.get(row["photo"])
        except (ImageMissing, ImageDamaged):
            continue
    return found


def _agreement(folder: Path) -> list[str]:
    try:
        found = read_json(folder / GRADE_AGREEMENT_FILE)
    except (FileNotFoundError, UnreadableFile):
        return []
    if not isinstance(found, dict) or found.get("assessed_sha256") != assessed_digest(folder):
        return []  # of an earlier run in this folder
    return [str(line) for line in found.get("lines", [])]
