"""The page of a run of prefer: pairs with their mirrors, and what was found out about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from crosslight.export import audit_run_of_pairs, kinds_told, pair_sections
from crosslight.prefer import PairRow, PairsRun, needs_picture, read_pairs
from crosslight.records import RequestSide
from crosslight.runs import read_run
from crosslight.store import write_text
from crosslight.view.page import asset, script_hash, trusted
from crosslight.view.pages.shell import PICTURE_BYTES, about, at_most, fitted, parts_environment
from crosslight.view.thumbs import Thumb, Thumbs

MAX_GROUPS = 24
"""Mirrors and single pairs on the page; the rest stays in the dataset."""
MAX_PICTURE_BYTES = PICTURE_BYTES
SIDE = 420


@dataclass(frozen=True, slots=True)
class Shown:
    """A pair with its picture."""

    row: PairRow
    picture: Thumb | None


@dataclass(frozen=True, slots=True)
class PairGroup:
    """A mirror (two pairs) or a single pair."""

    rows: tuple[PairRow, ...]

    @property
    def sort(self) -> str:
        """Which groups it takes turns with: its kinds, and what differs in its mirror."""
        first, *rest = self.rows
        if not rest:
            return kinds_told(first)
        differs = "photo" if rest[0].photo != first.photo else "text"
        return f"mirror by {differs}: {kinds_told(first)}"

    @property
    def title(self) -> str:
        """What a reader is to look at."""
        if len(self.rows) == 1:
            return kinds_told(self.rows[0])
        if self.rows[0].photo != self.rows[1].photo:
            return "The same question and replies, two photos"
        return "The same photo and replies, two questions"


def write_prefer_report(run_dir: Path) -> Path:
    """Write `report.html` into a run directory and return its path. Raises `RunError`."""
    return write_text(run_dir / "report.html", render(read_pairs(run_dir)))


def render(run: PairsRun) -> str:
    """The page as text; the same run gives the same text."""
    sections = pair_sections(run)
    told = read_run(run.folder)
    notes = told.get("notes")
    sides = [row.side == RequestSide.HARMLESS for row in run.rows]
    given = {
        "about": about(run.folder, told),
        "manifest": run.manifest,
        "total": len(run.rows),
        "needed": sum(needs_picture(run.rows)),
        "mirrored": sum(bool(row.mirror_of) for row in run.rows),
        "helpful": sum(sides),
        "caution": len(sides) - sum(sides),
        "replies": audit_run_of_pairs(run).rule("replies").whole.value,
        "sections": sections,
        "loud": [line for section in sections for line in section.loud],
        "notes": [str(note) for note in notes] if isinstance(notes, list) else [],
    }
    groups = pair_groups(run.rows)
    return fitted(lambda scale: _page(run, groups, given, scale))


def _page(
    run: PairsRun, groups: Sequence[PairGroup], given: Mapping[str, Any], scale: float
) -> str:
    """With at most that share of the groups and pictures that fit a page of ordinary words."""
    chosen = choose(groups, at_most(MAX_GROUPS, scale))
    thumbs = Thumbs({}, int(MAX_PICTURE_BYTES * scale))
    for photo, data in run.pictures({row.photo: None for group in chosen for row in group.rows}):
        thumbs.add(photo, SIDE, data)
    environment, script = _environment(), asset("care.js")
    return environment.get_template("prefer.html.j2").render(
        **given,
        style=trusted(asset("report.css", "prefer.css")),
        script=trusted(script),
        script_hash=trusted(script_hash(script)),
        shown=sum(len(group.rows) for group in chosen),
        groups=[
            (group, [Shown(row, thumbs.get(row.photo, SIDE)) for row in group.rows])
            for group in chosen
        ],
    )


def pair_groups(rows: Sequence[PairRow]) -> list[PairGroup]:
    """Each mirror once, in the order of its first pair; a lone half stands by itself."""
    by_id = {row.id: row for row in rows}
    seen: set[str] = set()
    groups = []
    for row in rows:
        if row.id in seen:
            continue
        other = by_id.get(row.mirror_of)
        pairs = (row,) if other is None or other.id in seen or other is row else (row, other)
        seen |= {pair.id for pair in pairs}
        # The risky side first: what a reader looks for stands in the same place.
        groups.append(PairGroup(tuple(sorted(pairs, key=lambda p: p.side == RequestSide.HARMLESS))))
    return groups


def choose(groups: Iterable[PairGroup], most: int) -> list[PairGroup]:
    """Sorts of groups take turns, and within one its patterns do; mirrors by photo come first."""
    turns: dict[tuple[str, str], int] = {}
    of_sort: dict[str, list[tuple[int, int, PairGroup]]] = {}
    for at, group in enumerate(groups):
        key = (group.sort, group.rows[0].cluster)
        turns[key] = turns.get(key, 0) + 1
        of_sort.setdefault(group.sort, []).append((turns[key], at, group))
    queues = [
        [group for _, _, group in sorted(of_sort[sort], key=lambda one: one[:2])]
        for sort in sorted(of_sort, key=lambda s: (not s.startswith("mirror by photo"), s))
    ]
    longest = max(map(len, queues), default=0)
    return [queue[at] for at in range(longest) for queue in queues if at < len(queue)][:most]


def _facts(row: PairRow) -> list[tuple[str, str]]:
    """Where a pair comes from."""
    named = ("id", "parent", "source", "origin", "licence", "decided_by", "mirror_of")
    return [(name.replace("_", " "), getattr(row, name)) for name in named if getattr(row, name)]


@cache
def _environment() -> Environment:
    made = parts_environment()
    made.filters.update(facts=_facts)
    return made
