"""The page of a tuning run: what the model sees of its rows, token by token; one file."""

from pathlib import Path
from typing import Any

from crosslight.records import CrosslightError
from crosslight.runs import RunError, read_run
from crosslight.store import ImageStore, UnreadableFile, read_json, write_text
from crosslight.view.page import asset, script_hash, trusted
from crosslight.view.pages.shell import PICTURE_BYTES, About, about, parts_environment
from crosslight.view.thumbs import Thumbs

SIDE = 200
BUDGET = PICTURE_BYTES
"""Bytes of all thumbnails together."""


def write_tune_report(run_dir: Path, images: Path) -> Path | None:
    """`preflight.html` out of `preflight.json`; None where the run has not come so far."""
    try:
        told = read_json(run_dir / "preflight.json")
    except (OSError, UnreadableFile):
        return None
    return write_text(run_dir / "preflight.html", preflight_page(told, images, _about(run_dir)))


def preflight_page(told: dict[str, Any], images: Path, about: About) -> str:
    """The page as text. All that comes from rows is escaped."""
    thumbs = Thumbs({}, BUDGET)
    store = ImageStore(images)
    shown = {}
    for sha in dict.fromkeys(sha for row in told["rows"] for sha in row["pictures"]):
        try:
            thumbs.add(sha, SIDE, store.view(sha).jpeg)
        except (CrosslightError, OSError, ValueError):
            continue
        if (thumb := thumbs.get(sha, SIDE)) is not None:
            shown[sha] = thumb
    script = asset("care.js")
    return (
        parts_environment()
        .get_template("preflight.html.j2")
        .render(
            told=told,
            about=about,
            thumbs=shown,
            style=trusted(asset("report.css", "preflight.css")),
            script=trusted(script),
            script_hash=trusted(script_hash(script)),
        )
    )


def _about(run_dir: Path) -> About:
    try:
        return about(run_dir, read_run(run_dir))
    except RunError:  # the page is written before the run has its summary
        return about(run_dir, {"kind": "tune"})
