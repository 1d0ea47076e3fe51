"""Many runs as one table: a row a model, a column a metric of one suite measured in one way.

Runs that differ in the suite's items, the protocol, the judge, the prompts or a setting of the
measurement never share a column: each such set-up is a `Board` of its own, and says how it differs.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslight.bench.compare import BenchRun, read_bench
from crosslight.bench.metrics import METRICS, Estimate, Metric
from crosslight.bench.results import format_interval, format_value, heading
from crosslight.records import BadSetting, CrosslightError, canonical, content_hash
from crosslight.store import read_named
from crosslight.text import csv_text, latex, markdown

OF_THE_MODEL = ("remedy", "picture", "system", "seed")
"""Settings that make another row and not another column; all but the seed stand in its name."""
MAX_RESULTS = 64 << 20
RANKING = ("balanced_accuracy", "accuracy", "accuracy_unsafe", "asr", "sri", "accuracy_safe")
"""What rows are sorted by: the first of these that the first column has."""
FIELDS = (
    "model run suite protocol data judge set_up status metric value low high n wanted coverage "
    "least most method"
).split()


@dataclass(frozen=True, slots=True)
class Board:
    """The columns of one suite measured in one way. `differs` says how, where the same suite and
    protocol stand in two."""

    number: int
    title: str
    judge: str
    data: str
    items: int
    set_up: str
    differs: str
    metrics: tuple[Metric, ...]

    @property
    def told(self) -> str:
        """In one line, for people."""
        parts = [f"{self.title}, {self.items:,} items (data {self.data})"]
        parts += [f"judge {self.judge}"] if self.judge else []
        parts += [self.differs] if self.differs else []
        return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class Place:
    """A row: a model, and its numbers by (board, metric). `runs` are (board, run's name)."""

    model: str
    ending: str
    runs: tuple[tuple[int, str], ...]
    numbers: Mapping[tuple[int, str], Estimate]

    def cells(self, heads: Iterable[tuple[int, Metric]]) -> list[tuple[str, str, str]]:
        """What is printed under each column."""
        return [leaderboard_cell(self.numbers.get((at, metric.name))) for at, metric in heads]


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """`skipped` are folders that hold no finished bench run, with the reason."""

    boards: tuple[Board, ...]
    places: tuple[Place, ...]
    skipped: tuple[tuple[str, str], ...]
    ranked_by: str

    @property
    def heads(self) -> list[tuple[int, Metric]]:
        """(board, metric) of each column."""
        return [(board.number, metric) for board in self.boards for metric in board.metrics]


@dataclass(frozen=True, slots=True)
class _Read:
    run: BenchRun
    key: bytes
    numbers: Mapping[str, Estimate]


def read_leaderboard(folders: Iterable[Path]) -> Leaderboard:
    """The runs of these folders; one that holds none but folders of runs stands for these.

    Raises `BadSetting` where no folder holds a finished bench run.
    """
    read: list[_Read] = []
    skipped: list[tuple[str, str]] = []
    for folder in _spread(folders):
        try:
            read.append(_read(folder))
        except (CrosslightError, OSError, LookupError, TypeError, ValueError) as error:
            reason = f"{error}".replace(str(folder), "the folder")  # no path of this machine
            skipped.append((_name(folder), reason or type(error).__name__))
    if not read:
        first = f"; the first, {skipped[0][0]}: {skipped[0][1]}" if skipped else ""
        raise BadSetting(
            f"none of {len(skipped)} folders holds a finished bench run{first}",
            "crosslight compare runs/* --leaderboard",
        )
    boards = _boards(read)
    return _ranked(boards, _places(boards, read), tuple(skipped))


def _spread(folders: Iterable[Path]) -> list[Path]:
    """Each folder, or the folders in it where it is no run itself."""
    found: list[Path] = []
    for folder in folders:
        inner = sorted(filter(Path.is_dir, folder.iterdir())) if folder.is_dir() else []
        holds = not (folder / "run.json").exists() and any((p / "run.json").exists() for p in inner)
        found += [path for path in inner if path.name[0] != "."] if holds else [folder]
    return list(dict.fromkeys(found))


def _name(folder: Path) -> str:
    return "/".join(folder.resolve().parts[1:][-2:])


def _read(folder: Path) -> _Read:
    run = read_bench(folder)
    told = json.loads(read_named(folder / "results.json", MAX_RESULTS))
    names = Estimate.__dataclass_fields__
    numbers = [
        Estimate(**{key: value for key, value in one.items() if key in names})
        for one in told["estimates"]
        if one["group"] == "all"
    ]
    return _Read(run, canonical(_set_up(run)), {one.metric: one for one in numbers})


def _set_up(run: BenchRun) -> dict[str, Any]:
    """What must be the same in one column."""
    told = run.run
    settings = {key: v for key, v in told["settings"].items() if key not in OF_THE_MODEL}
    return {
        "protocol": told["protocol"],
        "data": told["data"]["items_sha256"],
        "judge": heading(told)["judge"],
        "prompts": content_hash(canonical(told["prompts"])),
        "against": (told.get("against") or {}).get("answers_sha256", ""),
        **{f"setting {key}": value for key, value in settings.items()},
    }


def _boards(read: Sequence[_Read]) -> dict[bytes, Board]:
    by_key: dict[bytes, list[_Read]] = {}
    for one in sorted(read, key=lambda one: str(one.run.run["protocol"])):
        by_key.setdefault(one.key, []).append(one)
    boards: dict[bytes, Board] = {}
    for number, (key, runs) in enumerate(by_key.items(), 1):
        first = runs[0].run
        rivals = [
            _set_up(other[0].run)
            for its, other in by_key.items()
            if its != key and other[0].run.run["protocol"] == first.run["protocol"]
        ]
        there = {name for one in runs for name in one.numbers}
        boards[key] = Board(
            number,
            str(first.run["protocol"]),
            heading(first.run)["judge"],
            str(first.run["data"]["items_sha256"])[:8],
            int(first.run["rows"]) // int(first.run["settings"].get("epochs", 1)),
            content_hash(key)[:8],
            _differs(_set_up(first), rivals),
            tuple(metric for metric in METRICS if metric.name in there),
        )
    return boards


def _differs(own: Mapping[str, Any], rivals: Sequence[Mapping[str, Any]]) -> str:
    """In what a column differs from others of its suite and protocol."""
    keys = dict.fromkeys(
        key for other in rivals for key in (*other, *own) if other.get(key) != own.get(key)
    )
    shown = [
        f"{key.removeprefix('setting ')} "
        f"{str(own.get(key))[: 8 if key in HASHES else 60] or 'none'}"
        for key in keys
    ]
    return f"differs from others of its name: {', '.join(shown)}" if shown else ""


HASHES = ("data", "prompts")


def _places(boards: Mapping[bytes, Board], read: Sequence[_Read]) -> list[Place]:
    """Runs of one model in several boards are one row; two in one board are two."""
    rows: list[tuple[str, dict[int, _Read]]] = []
    for one in read:
        number, label = boards[one.key].number, one.run.label
        free = (row for name, row in rows if name == label and number not in row)
        row = next(free, None)
        if row is None:
            row = {}
            rows.append((label, row))
        row[number] = one
    labels = [label for label, _ in rows]
    return [_place(label, row, labels.count(label) > 1) for label, row in rows]


def _place(label: str, row: Mapping[int, _Read], several: bool) -> Place:
    runs = tuple((number, one.run.name) for number, one in sorted(row.items()))
    endings = dict.fromkeys(one.run.ending for one in row.values() if one.run.ending)
    numbers = {
        (number, name): estimate
        for number, one in row.items()
        for name, estimate in one.numbers.items()
    }
    called = f"{label} [{', '.join(name for _, name in runs)}]" if several else label
    return Place(called, "; ".join(endings), runs, numbers)


def _ranked(
    boards: Mapping[bytes, Board], places: list[Place], skipped: tuple[tuple[str, str], ...]
) -> Leaderboard:
    first = next(iter(boards.values()))
    by_name = {metric.name: metric for metric in first.metrics}
    chosen = next((by_name[name] for name in RANKING if name in by_name), None)
    if chosen is not None:
        sign = -1 if chosen.better == "higher" else 1

        def order(place: Place) -> tuple[bool, float, str]:
            found = place.numbers.get((first.number, chosen.name))
            value = None if found is None else found.value
            return value is None, sign * (value or 0.0), place.model

        places = sorted(places, key=order)
    by = f"{chosen.title} of {first.title}" if chosen is not None else ""
    return Leaderboard(tuple(boards.values()), tuple(places), skipped, by)


def leaderboard_cell(one: Estimate | None) -> tuple[str, str, str]:
    """(value, interval, coverage) as they are printed; empty where there is no number."""
    if one is None:
        return "", "", ""
    coverage = f"{100 * one.coverage:.1f}% of {one.wanted:,}"
    return format_value(one, one.value), format_interval(one), coverage


def leaderboard_notes(found: Leaderboard) -> list[str]:
    """What a reader of the table must know."""
    told = [f"column {board.number}: {board.told}" for board in found.boards]
    if found.ranked_by:
        told.append(f"sorted by {found.ranked_by}; where intervals overlap, order proves nothing")
    told.append("each number: value, 95% interval, share of its items that have a score")
    told += [f"{place.model}: {place.ending}" for place in found.places if place.ending]
    return [*told, *(f"skipped {name}: {reason}" for name, reason in found.skipped)]


def leaderboard_markdown(found: Leaderboard) -> str:
    """A row a model; the columns' numbers are explained beneath."""
    titles = [f"{number}: {metric.title} ({metric.better})" for number, metric in found.heads]
    lines = [
        f"| model | {' | '.join(titles)} |",
        "|---" * (len(titles) + 1) + "|",
    ]
    for place in found.places:
        cells = place.cells(found.heads)
        texts = ["<br>".join(filter(None, one)) or "–" for one in cells]
        lines.append(f"| {markdown(place.model)} | {' | '.join(texts)} |")
    return "\n".join(
        [*lines, "", *(f"- {markdown(note, 600)}" for note in leaderboard_notes(found)), ""]
    )


def leaderboard_csv(found: Leaderboard) -> str:
    """One line a number, unrounded, with everything that it depends on."""
    boards = {board.number: board for board in found.boards}
    rows = [
        {
            "model": place.model,
            "run": dict(place.runs)[number],
            "suite": boards[number].title.partition("/")[0],
            "protocol": boards[number].title,
            "data": boards[number].data,
            "judge": boards[number].judge,
            "set_up": boards[number].set_up,
            "status": place.ending or "complete",
            **one.as_json(),
        }
        for place in found.places
        for (number, _), one in place.numbers.items()
    ]
    return csv_text(FIELDS, rows)


def leaderboard_latex(found: Leaderboard) -> str:
    """A `tabular` that needs no package; the notes are comments and a list of theirs."""
    groups = [
        rf"\multicolumn{{{len(board.metrics)}}}{{c}}{{{latex(board.title)} ({board.number})}}"
        for board in found.boards
    ]
    lines = [
        *(f"% {latex(note, 600)}" for note in leaderboard_notes(found)),
        rf"\begin{{tabular}}{{l{'r' * len(found.heads)}}}",
        r"\hline",
        f"{{}} & {' & '.join(groups)} \\\\",
        f"Model & {' & '.join(latex(metric.title) for _, metric in found.heads)} \\\\",
        r"\hline",
    ]
    for place in found.places:
        cells = place.cells(found.heads)
        texts = [
            f"{latex(value)} {_small(interval, covered)}" for value, interval, covered in cells
        ]
        # An empty group first: `[` after a line's end would be its optional argument.
        lines.append(f"{{}}{latex(place.model)} & {' & '.join(texts)} \\\\")
    return "\n".join([*lines, r"\hline", r"\end{tabular}", ""])


def _small(interval: str, covered: str) -> str:
    told = "; ".join(filter(None, (interval, covered)))
    return rf"{{\scriptsize [{latex(told)}]}}" if told else "--"
