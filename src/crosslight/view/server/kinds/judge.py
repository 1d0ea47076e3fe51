"""A judging run as a matrix of images and rules, and its thresholds as sliders: moving one reads
the evidence anew, on the server, and makes no call."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from crosslight.judge import JudgeConfig, Thresholds, reread, unasked_of
from crosslight.records import BadSetting, Verdict
from crosslight.view.page import trusted
from crosslight.view.pages.judge import choose, rule_rows
from crosslight.view.pages.judge_strip import strip
from crosslight.view.pages.judge_words import cells
from crosslight.view.server.judged import is_large, verdicts_of
from crosslight.view.server.opened import Opened
from crosslight.view.server.render import rendered

LINES: Final = 60
"""Images on a page."""
SLIDERS: Final[Mapping[str, tuple[float, float, str]]] = {
    "alpha1": (-1.0, 0.0, "not there: below the prior by this share"),
    "alpha2": (0.0, 1.0, "there: above the prior by this share of what is left"),
    "beta": (0.0, 1.0, "there: erasing the middle lowers the score by more"),
    "absent_below": (0.0, 0.5, "not there: any score below"),
    "present_above": (0.5, 1.0, "there: above, where the prior says nothing"),
    "cut": (0.0, 1.0, "the plain cut"),
}
OF_PERCEPTION: Final[Mapping[str, tuple[float, float, str]]] = {
    "present": (0.0, 1.0, "there: above"),
    "absent": (0.0, 1.0, "not there: below"),
    "unseen_max": (0.0, 1.0, "there: at most this much of the phrase escapes it"),
    "unmissed_max": (0.0, 1.0, "not there: at most this much is missed"),
}


@dataclass(frozen=True, slots=True)
class Slider:
    """A threshold: where it may stand, where the run had it, where it stands now."""

    name: str
    low: float
    high: float
    was: float
    now: float
    said: str


@dataclass(frozen=True, slots=True)
class Counted:
    """Images of a verdict: in the run, and with the sliders as they stand."""

    verdict: str
    was: int
    now: int


def page(runs: Mapping[str, Opened], run: Opened, asked: Mapping[str, str]) -> str:
    """The matrix under the thresholds of the address. Raises `BadSetting`."""
    config = JudgeConfig.from_json(dict(run.run["settings"]))
    sliders = _sliders(run.run, config, asked)
    old = verdicts_of(run)
    changed = {s.name: s.now for s in sliders if s.now != s.was}
    new = reread(run.run, old, changed) if changed and old else old
    rules = rule_rows(_counted(run.run, new), config)
    ordered = choose(new, len(new))
    number = _page_of(asked.get("page", ""), len(ordered))
    titles = run.run["constitution"]["titles"]
    shown = ordered[LINES * (number - 1) : LINES * number]
    ids = {v.photo: v.id for v in old}  # other thresholds would give a verdict another id
    return rendered(
        "web/kind_judge.html.j2",
        runs=runs,
        run=run,
        tab="kind",
        large=is_large(run),
        sliders=sliders,
        changed=changed,
        counts=_counts(old, new),
        flipped=sum(a.status is not b.status for a, b in zip(old, new, strict=True)),
        unasked=unasked_of(run.run, new, changed) if changed else 0,
        rules=rules,
        strips={row["id"]: trusted(strip(new, row["id"])) for row in rules},
        lines=[
            (v, cells(v, titles), ids[v.photo], row)
            for v, row in zip(shown, _rows(run, shown, ids), strict=True)
        ],
        shape=run.table.shape if run.table is not None else None,
        number=number,
        pages=max(1, -(-len(ordered) // LINES)),
        total=len(ordered),
        command=" ".join(f"--set {name}={value:g}" for name, value in changed.items()),
    )


def _rows(
    run: Opened, verdicts: Sequence[Verdict], ids: Mapping[str, str]
) -> list[dict[str, Any] | None]:
    """What the cover of each picture goes by: a picture that the run or the sliders as they stand
    do not call safe has one. None where there is no picture to show."""
    table = run.table
    if table is None or run.pictures is None:
        return [None] * len(verdicts)
    numbers = table.numbers_of([ids[v.photo] for v in verdicts])
    held = {row["#"]: row for row in table.some(list(numbers.values()), [table.shape.sensitive])}
    found: list[dict[str, Any] | None] = []
    for verdict in verdicts:
        row = held.get(numbers.get(ids[verdict.photo], -1))
        if row is not None and row[table.shape.sensitive] in table.shape.calm:
            row = {**row, table.shape.sensitive: str(verdict.status)}
        found.append(row)
    return found


def _sliders(
    told: Mapping[str, Any], config: JudgeConfig, asked: Mapping[str, str]
) -> list[Slider]:
    perceived = bool(told["plan"]["parts"].get("perceived"))
    known = {f.name for f in fields(Thresholds)}
    found = []
    for name, (low, high, said) in (OF_PERCEPTION if perceived else SLIDERS).items():
        if name in known:
            was = float(getattr(config.thresholds, name))
            now = _number(name, asked.get(name, ""), was)
            found.append(Slider(name, low, high, was, min(high, max(low, now)), said))
    return found


def _number(name: str, text: str, was: float) -> float:
    if not text:
        return was
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    if math.isnan(found):
        raise BadSetting(f"{name} must be a number, not {text[:40]!r}")
    return found


def _counts(old: Sequence[Verdict], new: Sequence[Verdict]) -> list[Counted]:
    was, now = (Counter(str(v.status) for v in many) for many in (old, new))
    return [Counted(name, was[name], now[name]) for name in ("unsafe", "undecided", "safe")]


def _counted(told: Mapping[str, Any], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """`run.json` with the findings of these verdicts; its own where there are none to count."""
    if not verdicts:
        return dict(told)
    counts: dict[str, Counter[str]] = {rule: Counter() for rule in told["rules"]}
    for verdict in verdicts:
        for r in verdict.rules:
            counts.setdefault(r.rule, Counter())[str(r.finding)] += 1
    return {**told, "rules": counts}


def _page_of(text: str, total: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1
    return max(1, min(number, -(-total // LINES) or 1))
