"""The page of a bench run, or of several beside each other: one file that loads nothing.

The benchmark's pictures stay out of it unless somebody names their folder: they are the authors',
and often not to be handed on.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from crosslight.bench import METRICS, BenchRun, Pair, metric, read_bench
from crosslight.store import read_json, write_text
from crosslight.view.page import asset, script_hash, trusted
from crosslight.view.pages.bench_items import Picture, chosen, pictures, thumb, told
from crosslight.view.pages.bench_plane import Spot, plane
from crosslight.view.pages.shell import (
    PICTURE_BYTES,
    about,
    at_most,
    fitted,
    parts_environment,
    several,
)
from crosslight.view.thumbs import Thumb, Thumbs

MAX_ITEMS = 300
"""Items on the page; the rest stays in items.parquet."""
SIDE = 300
HEAT = ("accuracy_unsafe", "accuracy_safe", "accuracy", "asr", "over_refusal", "sri", "win_rate")
HEAT_ROWS = 80
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """A run with its numbers, and the letter that stands for it on the page."""

    letter: str
    run: BenchRun
    estimates: tuple[Row, ...]
    epochs: tuple[Row, ...] = ()
    """Statistics over the epochs, where each item was asked several times."""

    def of_epochs(self, name: str, statistic: str) -> Row | None:
        """One statistic of a metric over the epochs."""
        found = (e for e in self.epochs if (e["metric"], e["statistic"]) == (name, statistic))
        return next(found, None)

    def overall(self) -> list[Row]:
        """The numbers over all items."""
        return [one for one in self.estimates if one["group"] == "all"]

    def number(self, name: str, group: str = "all") -> Row | None:
        """One number, where there is one."""
        found = (e for e in self.estimates if e["metric"] == name and e["group"] == group)
        return next(found, None)


@dataclass(frozen=True, slots=True)
class Sample:
    """An item with what each run said."""

    item: Row
    said: tuple[tuple[str, Row], ...]
    thumb: Thumb | None = None


def write_bench_report(out: Path, images: Path | None = None, data: Path | None = None) -> Path:
    """Write `report.html` into a run's folder. Raises `NotARunFolder`.

    Pictures of items stand on it where `data` (the suite's folder) or the image store has them.
    """
    return _write(out, render([read_bench(out)], (), pictures(data, images)))


def write_comparison_report(out: Path, pairs: Sequence[Pair]) -> Path:
    """Write `report.html` of a comparison into `out`."""
    return _write(out, render([pairs[0].a, *(pair.b for pair in pairs)], pairs))


def render(
    runs: Sequence[BenchRun], pairs: Sequence[Pair], picture: Picture = lambda row: None
) -> str:
    """The page as text; the same runs give the same text."""
    shown = [
        Shown("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[at % 26], run, *_numbers(run.folder))
        for at, run in enumerate(runs)
    ]
    present = {one["metric"] for each in shown for one in each.overall()}
    heat = [name for name in HEAT if name in present][:2]
    spots = [spot for each in shown if (spot := _spot(each)) is not None]
    abouts = [about(run.folder, run.run) for run in runs]
    given = {
        "about": abouts[0] if len(runs) == 1 else several(abouts),
        "runs": shown,
        "first": runs[0].run,
        "notes": notes(shown),
        "pairs": pairs,
        "metrics": [each for each in METRICS if each.name in present],
        "plane": trusted(plane(spots)) if spots else "",
        "heat": heat,
        "heat_rows": heat_rows(shown, heat),
        "total": runs[0].table.num_rows,
        "subsets": sorted(set(runs[0].table.column("subset").to_pylist())),
    }
    return fitted(lambda scale: _page(given, shown, picture, scale))


def _page(given: Mapping[str, Any], shown: Sequence[Shown], picture: Picture, scale: float) -> str:
    found = samples(shown, at_most(MAX_ITEMS, scale))
    thumbs = Thumbs({}, int(PICTURE_BYTES * scale))
    found = [replace(one, thumb=thumb(thumbs, one.item, SIDE, picture)) for one in found]
    script = asset("filter.js", "care.js")
    environment = _environment()
    return environment.get_template("bench.html.j2").render(
        **given,
        samples=found,
        pictured=any(one.thumb for one in found),
        style=trusted(asset("report.css", "bench.css", "plane.css")),
        script=trusted(script),
        script_hash=trusted(script_hash(script)),
    )


def heat_rows(runs: Sequence[Shown], names: Sequence[str]) -> list[tuple[str, list[Row | None]]]:
    """(group, one cell for each run and metric), groups in the order of their names."""
    groups = sorted({one["group"] for run in runs for one in run.estimates} - {"all"})
    return [
        (group.partition("=")[2], [run.number(name, group) for run in runs for name in names])
        for group in groups[:HEAT_ROWS]
    ]


def notes(runs: Sequence[Shown]) -> list[str]:
    """Notes that all runs share once, the others with the run's letter."""
    told = [list(run.run.run["notes"]) for run in runs]
    shared = [note for note in told[0] if all(note in each for each in told)]
    own = [
        f"{run.letter}: {note}"
        for run, each in zip(runs, told, strict=True)
        for note in each
        if note not in shared
    ]
    return shared + own


def chances(text: str) -> str:
    """The probabilities of a constrained answer for people: `No 0.47, Yes 0.53`."""
    return ", ".join(f"{name} {p:.2f}" for name, p in json.loads(text).items())


def samples(runs: Sequence[Shown], limit: int) -> list[Sample]:
    """Items of the first run, chosen by what became of them, in the order of the suite."""
    tables = [{unit(row): row for row in run.run.table.to_pylist()} for run in runs]
    found = []
    for row in chosen(list(tables[0].values()), limit):
        beside = zip(runs, tables, strict=True)
        said = [(run.letter, table[unit(row)]) for run, table in beside if unit(row) in table]
        found.append(Sample(row, tuple(said)))
    return found


def unit(row: Row) -> tuple[str, int]:
    """Which answer of which item; that of a run without epochs is the first."""
    return str(row["item"]), int(row.get("epoch") or 1)


def number(row: Row | None, key: str = "value") -> str:
    """Percent, or the index as it is; `unknown` where nothing was scored."""
    if row is None:
        return ""
    value = row[key]
    if value is None:
        return "unknown"
    return f"{value:.1f}" if row["metric"] == "sri" else f"{100 * value:.1f}%"


def warmth(row: Row | None) -> int:
    """How bad a cell is, 0 to 100, for its colour."""
    if row is None or row["value"] is None:
        return 0
    share = float(row["value"]) / metric(row["metric"]).scale
    return round(100 * (share if metric(row["metric"]).better == "lower" else 1 - share))


def spot_of(run: BenchRun) -> Spot | None:
    """Where a run lies on the plane; None where it scores one side only."""
    return _spot(shown_run(run))


def shown_run(run: BenchRun) -> Shown:
    """A run that stands alone, with its numbers."""
    return Shown("A", run, *_numbers(run.folder))


def _spot(run: Shown) -> Spot | None:
    across, up = run.number("accuracy_safe"), run.number("accuracy_unsafe")
    if across is None or up is None:
        return None
    return Spot(
        run.letter,
        *(
            None
            if row["value"] is None
            else (row["value"], row["low"], row["high"], row["least"], row["most"])
            for row in (across, up)
        ),
    )


def _numbers(folder: Path) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    found = read_json(folder / "results.json")
    return tuple(found["estimates"]), tuple(found.get("epochs", ()))


def _write(out: Path, page: str) -> Path:
    target = out / "report.html"
    return write_text(target, page)


@cache
def _environment() -> Environment:
    made = parts_environment()
    made.filters.update(number=number)
    made.filters.update(warmth=warmth, chances=chances)
    made.filters.update(told=told)
    made.globals.update(metric=metric)
    return made
