"""One self-contained page about a run: what is in the dataset, what was lost, and the rows.

The page loads nothing: pictures are data URIs, the style is inline, and its one script is allowed
by its hash. All text of the run is escaped. The page is a function of the run's tables and of the
parts of `run.json` that neither clock nor replay change.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from crosslight.build import NUMBERS, Row, StoredRun, open_stored
from crosslight.export import (
    KIND_TITLES,
    KINDS,
    NUMBER_MEANINGS,
    NUMBER_TITLES,
    Counted,
    audit_rows,
    figure,
    scenario_title,
    scenarios,
    thin_below,
)
from crosslight.policy import TaxonomyError, leaf
from crosslight.runs import RUN_FILE, FunnelStep
from crosslight.store import read_json, write_text
from crosslight.text import probability
from crosslight.view.page import asset, page_environment, percent, script_hash, trusted
from crosslight.view.pages.build_photos import (
    PHOTOS_SHOWN,
    Gave,
    PhotosThatGave,
    photos_that_gave_nothing,
)
from crosslight.view.pages.build_select import Choosing, Family, Selected
from crosslight.view.pages.shell import PICTURE_BYTES, about, at_most, fitted
from crosslight.view.thumbs import Thumb, Thumbs

MAX_FAMILIES = 120
"""Families of rows on the page; the rest stays in the dataset."""
OPENING = 3
"""Families that the page opens with."""
MAX_PICTURE_BYTES = PICTURE_BYTES
"""Characters of data URIs on the page."""
SIDE, SIDE_CONTROL, SIDE_OPENING, SIDE_TILE = 480, 240, 560, 160


@dataclass(frozen=True, slots=True)
class Card:
    """A family with its pictures; `pictures` runs beside `family.rows`."""

    family: Family
    pictures: tuple[Thumb | None, ...]

    @property
    def shown(self) -> tuple[tuple[Row, Thumb | None], ...]:
        """The controls with their pictures."""
        return tuple(zip(self.family.controls, self.pictures[1:], strict=True))


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a stacked bar: share of the whole in percent."""

    name: str
    count: int
    percent: float


def write_report(run_dir: Path) -> Path:
    """Write `report.html` into a run directory and return its path. Raises `RunError`."""
    page = render(open_stored(run_dir))
    target = run_dir / "report.html"
    return write_text(target, page)


def render(run: StoredRun) -> str:
    """The page as text; the same run gives the same text."""
    counted, gave = Counted(), PhotosThatGave()
    with Choosing() as choosing:
        # All that looks at every row does so while they are read once.
        audit = audit_rows(run.rows, counted.add, gave.add, choosing.add)
        found = choosing.chosen(run.rows, MAX_FAMILIES, OPENING)
    given = _of_whole_run(run, counted) | {"audit": audit}
    return fitted(lambda scale: _page(run, found, gave.photos, given, scale))


def _page(
    run: StoredRun,
    found: Selected,
    gave: Sequence[Gave],
    given: Mapping[str, Any],
    scale: float,
) -> str:
    """With at most that share of the families and pictures that fit a page of ordinary words."""
    chosen = found.chosen[: at_most(MAX_FAMILIES, scale)]
    tiles = gave[: at_most(PHOTOS_SHOWN, scale)]
    thumbs = Thumbs({}, int(MAX_PICTURE_BYTES * scale))
    sides = _sides(chosen, found.opening)
    for tile in tiles:
        sides.setdefault(tile.photo, set()).add(SIDE_TILE)
    for photo, data in run.pictures(sides):
        for side in sides[photo]:
            thumbs.add(photo, side, data)
    opened = tuple(Card(f, (thumbs.get(f.main.photo, SIDE_OPENING),)) for f in found.opening)
    cards = tuple(_card(family, thumbs) for family in chosen)
    script, style = asset("report.js", "care.js"), asset("report.css")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            run=run,
            manifest=run.manifest,
            script=trusted(script),
            style=trusted(style),
            script_hash=trusted(script_hash(script)),
            opened=opened,
            cards=cards,
            shots=shots(cards),
            shown_rows=sum(len(card.family.rows) for card in cards),
            of_photos=run.manifest.photos,
            gave=[(tile, thumbs.get(tile.photo, SIDE_TILE)) for tile in tiles],
            gave_more=given["photos"] - len(tiles),
            seconds=_seconds(cards, thumbs),
            openers={
                c.family.main.id: thumbs.get(c.family.main.photo_2, SIDE_OPENING)
                for c in opened
                if c.family.main.photo_2
            },
            scenario_options=_options(
                cards, "scenario", lambda id: scenario_title(id, run.manifest.titles)
            ),
            category_options=_options(cards, "category", category_title),
            **given,
        )
    )


def _of_whole_run(run: StoredRun, counted: Counted) -> dict[str, Any]:
    """What does not depend on how much of the run is shown."""
    unsafe = [kinds["unsafe"] for kinds in counted.scenario_kinds.values() if kinds["unsafe"]]
    return {
        "about": about(run.folder, read_json(run.folder / RUN_FILE)),
        "total_rows": counted.rows,
        "photos": counted.photos,
        "kinds": counted.kinds,
        "nothing": photos_that_gave_nothing(run.folder, counted),
        "two": counted.two,
        "embedded": any("embedded" in by for by in counted.decided),
        "NUMBERS": counted.numbers,
        "funnel": [(step, step_bars(step)) for step in run.manifest.funnel],
        "scenarios": scenarios(run, counted),
        "thin": thin_below(run, unsafe),
        "domains": counted.domains,
        "unknowns": counted.unknowns,
    }


def shots(cards: Iterable[Card]) -> list[list[Card]]:
    """The cards of a photo (or of the same two photos) together, in the order of the first."""
    found: dict[tuple[str, ...], list[Card]] = {}
    for card in cards:
        found.setdefault(card.family.main.photos, []).append(card)
    return list(found.values())


def known_in(name: str, row: Row) -> bool:
    """Whether somebody could tell this number of the row."""
    return getattr(row, name) is not None


def step_bars(step: FunnelStep) -> tuple[Bar, ...]:
    """Done, dropped and failed outcomes of a step as shares of all its outcomes."""
    parts = {
        "done": step.done,
        "dropped": sum(step.dropped.values()),
        "failed": sum(step.failed.values()),
    }
    whole = sum(parts.values()) or 1
    return tuple(Bar(name, n, round(100 * n / whole, 2)) for name, n in parts.items())


def category_title(category: str) -> str:
    """A category's name for people."""
    try:
        return leaf(category).title
    except TaxonomyError:
        return category


def facts(row: Row) -> list[tuple[str, str]]:
    """Where a row comes from, for its provenance table; empty values are left out."""
    found = [
        ("row", row.id),
        ("photo (sha256)", row.photo),
        ("second photo (sha256)", row.photo_2),
        ("source", row.source),
        ("second source", row.source_2),
        ("origin", row.origin),
        ("licence", row.licence),
        ("second origin", row.origin_2),
        ("second licence", row.licence_2),
        ("split", row.split),
        ("pattern", row.pattern),
        ("element", row.element),
        ("second element", row.element_2),
        ("style", row.style),
        ("recipe", row.recipe),
        ("parent", row.parent),
        ("sentence names the element", "yes" if row.leak else "no"),
        ("numbers from", row.decided_by),
        *[("note", note) for note in row.notes],
        *_provenance(row.provenance),
    ]
    return [(name, value) for name, value in found if value]


def _provenance(text: str) -> list[tuple[str, str]]:
    try:
        read = json.loads(text) if text else {}
    except ValueError:
        read = text
    if not isinstance(read, dict):
        return [("provenance", str(read))]
    return [
        (str(k), v if isinstance(v, str) else json.dumps(v, sort_keys=True, ensure_ascii=False))
        for k, v in sorted(read.items())
    ]


def _sides(chosen: Iterable[Family], opening: Iterable[Family]) -> dict[str, set[int]]:
    """In which sizes each photo is shown."""
    sides: dict[str, set[int]] = {}
    for family in opening:
        _wanted(sides, family.main, SIDE_OPENING)
    for family in chosen:
        _wanted(sides, family.main, SIDE)
        for row in family.controls:
            _wanted(sides, row, SIDE_CONTROL)
    return sides


def _wanted(sides: dict[str, set[int]], row: Row, side: int) -> None:
    for photo in row.photos:
        sides.setdefault(photo, set()).add(side)


def _seconds(cards: Iterable[Card], thumbs: Thumbs) -> dict[str, Thumb | None]:
    """The second photo of rows that have one."""
    found: dict[str, Thumb | None] = {}
    for card in cards:
        for row in card.family.rows:
            if row.photo_2:
                side = SIDE if row is card.family.main else SIDE_CONTROL
                found[row.id] = thumbs.get(row.photo_2, side)
    return found


def _card(family: Family, thumbs: Thumbs) -> Card:
    main = family.main
    pictures = [thumbs.get(main.photo, SIDE)]
    for row in family.controls:
        # The photo of a control_text is the one that the card shows already.
        own = row.photo != main.photo or row.photo_2 != main.photo_2
        pictures.append(thumbs.get(row.photo, SIDE_CONTROL) if own else None)
    return Card(family, tuple(pictures))


def _options(cards: Iterable[Card], column: str, title: Any) -> list[tuple[str, str]]:
    values = {getattr(card.family.main, column) for card in cards}
    return sorted(((value, title(value)) for value in values), key=lambda o: (o[1], o[0]))


@cache
def _environment() -> Environment:
    made = page_environment()
    made.filters.update(
        probability=probability,
        width=percent,
        facts=facts,
        figure=figure,
        scenario_title=scenario_title,
        category_title=category_title,
    )
    made.tests.update(known_in=known_in)
    made.globals.update(
        NUMBERS=NUMBERS,
        NUMBER_TITLES=NUMBER_TITLES,
        NUMBER_MEANINGS=NUMBER_MEANINGS,
        KINDS=KINDS,
        KIND_TITLES=KIND_TITLES,
    )
    return made
