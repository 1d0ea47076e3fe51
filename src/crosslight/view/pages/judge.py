"""One self-contained page about a judging run: what it cost, and each verdict with its evidence.

Photos are covered until somebody asks for them. As on the build page nothing is loaded from
anywhere, and all text of the run and of the policy is escaped.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from crosslight.judge import REPORT_CARD_FILE, JudgeConfig, form_of, measured_on, read_verdicts
from crosslight.records import Evidence, Finding, RuleFinding, Status, Verdict
from crosslight.runs import DROPPED_FILE, FAILED_FILE, RunError, lost_of, read_run
from crosslight.store import (
    ImageDamaged,
    ImageMissing,
    ImageStore,
    UnreadableFile,
    read_json,
    write_text,
)
from crosslight.view.page import asset, script_hash, trusted
from crosslight.view.pages.judge_strip import strip
from crosslight.view.pages.judge_words import TESTS, Cell, band, cells, marks, sentence
from crosslight.view.pages.shell import PICTURE_BYTES, about, at_most, fitted, parts_environment
from crosslight.view.thumbs import Thumb, Thumbs

MAX_IMAGES = 150
"""Images on the page; the rest stays in verdicts.parquet."""
MAX_PICTURE_BYTES = PICTURE_BYTES
SIDE = 420
_FRAME = re.compile(r"frame ([0-9,]+) of ")
ORDER = {Finding.VIOLATED: 0, Finding.UNDECIDED: 1, Finding.FAILED: 2, Finding.CLEAR: 3}


@dataclass(frozen=True, slots=True)
class Card:
    """One verdict with its picture and its rules, the telling ones first. `shown` says what part of
    an image of several looks the picture is."""

    verdict: Verdict
    thumb: Thumb | None
    shown: str
    telling: tuple[RuleFinding, ...]
    clear: tuple[RuleFinding, ...]
    cells: Mapping[str, Cell]


def write_judge_report(folder: Path, images: Path) -> Path:
    """Write `report.html` into a judging run and return its path. Raises `RunError`."""
    page = render(folder, images)
    target = folder / "report.html"
    return write_text(target, page)


def render(folder: Path, images: Path) -> str:
    """The page as text."""
    run = read_run(folder)
    if run.get("kind") != "judge" or "plan" not in run:
        raise RunError(f"{folder} holds no judging run that came to an end")
    verdicts = read_verdicts(folder)
    config = JudgeConfig.from_json(run["settings"])
    rules = rule_rows(run, config)
    facts = (("method", str(run["settings"]["method"])), ("policy", run["constitution"]["title"]))
    given = {
        "run": run,
        "about": about(folder, run, *facts),
        "total": len(verdicts),
        "cost": cost_rows(run),
        "titles": run["constitution"]["titles"],
        "rules": rules,
        "strips": {row["id"]: trusted(strip(verdicts, row["id"])) for row in rules},
        "card": _report_card(folder),
        "failed": lost_of(folder / FAILED_FILE, "error"),
        "dropped": lost_of(folder / DROPPED_FILE, "reason"),
    }
    return fitted(lambda scale: _page(given, verdicts, config, images, scale))


def _page(
    given: Mapping[str, Any],
    verdicts: Sequence[Verdict],
    config: JudgeConfig,
    images: Path,
    scale: float,
) -> str:
    """With at most that share of the images that fit a page of ordinary words."""
    chosen = choose(verdicts, at_most(MAX_IMAGES, scale))
    thumbs = Thumbs(_pictures(images, chosen), int(MAX_PICTURE_BYTES * scale))
    script = asset("filter.js", "care.js")
    environment = _environment()
    return environment.get_template("judge.html.j2").render(
        **given,
        script=trusted(script),
        style=trusted(asset("report.css", "judge.css", "matrix.css")),
        script_hash=trusted(script_hash(script)),
        cards=[_card(v, thumbs, given["titles"]) for v in chosen],
        config=config,
    )


def choose(verdicts: Sequence[Verdict], limit: int) -> list[Verdict]:
    """Verdicts take turns, unsafe first; within one the higher score first."""
    queues = [
        sorted((v for v in verdicts if v.status is status), key=lambda v: (-v.score, v.photo))
        for status in (Status.UNSAFE, Status.UNDECIDED, Status.SAFE)
    ]
    shares = [len(queue) for queue in queues]
    while sum(shares) > limit:
        shares[max(range(3), key=lambda i: shares[i])] -= 1
    return [v for queue, share in zip(queues, shares, strict=True) for v in queue[:share]]


def cost_rows(run: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(what, number, note): what an image cost, and what it would cost without early exits."""
    rows = max(1, run["rows"])
    asked, calls = run.get("asked", {}), run.get("calls", {})
    per_image = sum(n for kind, n in asked.items() if kind != "prior") / rows
    questions = sum(sum(map(sum, form_of(rule).shape)) for rule in run["plan"]["rules"])
    skipped = run.get("skipped_pairs", 0) / max(1, run.get("pairs", 0))
    tokens = run.get("tokens", {})
    return [
        (
            "questions an image",
            f"{per_image:.1f}",
            "scores, boxes and reasonings that were used; "
            "image-free priors are shared by all images",
        ),
        (
            "questions of the policy",
            f"{questions:,}",
            "in all chains: what asking everything of "
            "every image would take for the first score alone",
        ),
        ("rules skipped as not relevant", f"{skipped:.1%}", "before anything was asked"),
        ("reasonings an image", f"{asked.get('reasoned', 0) / rows:.2f}", "two calls each"),
        (
            "calls of the last run",
            f"{calls.get('asked', 0):,}",
            f"{calls.get('replayed', 0):,} answers came out of the store",
        ),
        (
            "tokens of the last run",
            f"{tokens.get('prompt', 0) + tokens.get('completion', 0):,}",
            f"{tokens.get('prompt', 0):,} read, {tokens.get('completion', 0):,} written",
        ),
        (
            "seconds an image",
            f"{run.get('seconds', 0) / rows:.2f}",
            "of the last run, all images side by side",
        ),
    ]


def rule_rows(run: Mapping[str, Any], config: JudgeConfig) -> list[dict[str, Any]]:
    """Counts and own thresholds by rule, most violated first."""
    titles = run["constitution"]["titles"]
    rows = [
        {
            "id": rule,
            "title": titles.get(rule, "the policy as a whole"),
            "own": ", ".join(f"{k} {v:g}" for k, v in config.by_rule.get(rule, {}).items()),
            **{str(f): counts.get(str(f), 0) for f in Finding},
        }
        for rule, counts in run["rules"].items()
    ]
    return sorted(rows, key=lambda r: (-r["violated"], -r["undecided"], r["id"]))


def _card(verdict: Verdict, thumbs: Thumbs, titles: Mapping[str, str]) -> Card:
    ordered = sorted(verdict.rules, key=lambda r: (ORDER[r.finding], -r.score, r.rule))
    telling = tuple(r for r in ordered if r.finding is not Finding.CLEAR)
    clear = tuple(r for r in ordered if r.finding is Finding.CLEAR)
    frame = frame_of(telling[0].look) if telling else 0
    thumb = thumbs.get(verdict.photo, SIDE, frame)
    shown = f"shown: frame {frame + 1}, as a whole"
    return Card(verdict, thumb, shown, telling, clear, cells(verdict, titles))


def frame_of(look: str) -> int:
    """The frame, from 0, that a look's name names: of the rule that tells most it is shown."""
    found = _FRAME.match(look)
    return int(found[1].replace(",", "")) - 1 if found else 0


def _pictures(images: Path, verdicts: Sequence[Verdict]) -> dict[str, bytes]:
    """The bytes of the pictures that the store still has."""
    if not images.is_dir():
        return {}
    store, found = ImageStore(images), {}
    for v in verdicts:
        try:
            found[v.photo] = store.get(v.photo)
        except (ImageMissing, ImageDamaged):
            continue
    return found


def _report_card(folder: Path) -> dict[str, Any]:
    try:
        found = read_json(folder / REPORT_CARD_FILE)
    except (FileNotFoundError, UnreadableFile):
        return {}
    if not isinstance(found, dict) or found.get("verdicts_sha256") != measured_on(folder):
        return {}  # of an earlier run in this folder
    if "sample" not in found:
        return {}  # of an earlier version, whose intervals cannot be trusted
    return found


@pass_context
def _band(context: Context, e: Evidence, rule: str) -> tuple[float, float] | None:
    config: JudgeConfig = context["config"]
    return band(e, config.thresholds_of(rule))


@cache
def _environment() -> Environment:
    made = parts_environment()
    made.filters.update(marks=marks, sentence=sentence)
    made.filters.update(band=_band)
    made.globals.update(
        TESTS=TESTS, NUMBERS=(), NUMBER_TITLES={}, NUMBER_MEANINGS={}, KIND_TITLES={}
    )
    return made
