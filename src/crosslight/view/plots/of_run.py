"""The plot of a run by its kind, as `plots/NAME.svg` and `plots/NAME.png` in its folder."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from crosslight.bench import read_bench
from crosslight.build import open_stored
from crosslight.export import KIND_TITLES, KINDS, Counted, scenarios
from crosslight.judge import ASSESSED_FILE, read_verdicts
from crosslight.prefer import read_pairs
from crosslight.rate import columns_of, read_rating
from crosslight.records import Status
from crosslight.runs import read_run
from crosslight.store import TableFile, replacing, write_text
from crosslight.view.pages.assess import grade_counts
from crosslight.view.pages.bench import spot_of
from crosslight.view.pages.judge import choose
from crosslight.view.pages.judge_words import Cell, cells
from crosslight.view.plots.charts import NOTHING, Bar, Square, bars, blended, matrix, plane
from crosslight.view.plots.drawing import CALM, INK, JOINT, MUTE, PAPER, Drawing, as_png, as_svg

Named = tuple[str, Drawing]
_FILLS: Final[Mapping[str, tuple[str, str]]] = {
    "violated": (JOINT, PAPER),
    "undecided": (blended(MUTE, 0.4), INK),
    "failed": (INK, PAPER),
    "clear": (blended(CALM, 0.25), INK),
}


def write_plots(folder: Path, kind: str) -> list[Path]:
    """Write what there is to draw of a run; nothing where there is nothing."""
    found = plot_of(folder, kind)
    if found is None:
        return []
    name, drawing = found
    (folder / "plots").mkdir(exist_ok=True)
    svg = write_text(folder / "plots" / f"{name}.svg", as_svg(drawing))
    png = folder / "plots" / f"{name}.png"
    with replacing(png) as file:
        file.write(as_png(drawing))
    return [svg, png]


def plot_of(folder: Path, kind: str) -> Named | None:
    """(name, drawing) of a run; None where there is nothing to draw."""
    return _PLOTS[kind](folder) if kind in _PLOTS else None


def _build(folder: Path) -> Named | None:
    run = open_stored(folder)
    found = scenarios(run, Counted.of(run.rows))
    names = [str(KIND_TITLES[kind]) for kind in KINDS]
    lines = [Bar(one.title, tuple(one.kinds.get(kind, 0) for kind in KINDS)) for one in found]
    return ("scenarios", bars("Rows by scenario", names, lines)) if lines else None


def _judge(folder: Path) -> Named | None:
    titles: dict[str, str] = read_run(folder)["constitution"]["titles"]
    rules = list(read_run(folder)["rules"])
    verdicts = read_verdicts(folder)
    lines = []
    for verdict in choose(verdicts, len(verdicts)):
        found = cells(verdict, titles)
        squares = [
            Square(found[r].letter, *_FILLS[found[r].finding])
            if r in found
            else Square("", NOTHING)
            for r in rules
        ]
        lines.append((verdict.source, squares))
    columns = [titles.get(rule, rule) for rule in rules]
    unsafe = sum(v.status is Status.UNSAFE for v in verdicts)
    title = f"Images by rule: {unsafe:,} of {len(verdicts):,} unsafe"
    return ("matrix", matrix(title, columns, lines, 28)) if lines else None


def _square(one: Cell | None) -> Square:
    return Square("", NOTHING) if one is None else Square(one.letter, *_FILLS[one.finding])


def _assess(folder: Path) -> Named | None:
    with TableFile(folder / ASSESSED_FILE) as table:
        counts = grade_counts(list(table.rows_of(["status", "grade"])))
    lines = [Bar(f"grade {at}", (n,)) for at, n in counts]
    return "grades", bars("Images by grade", ["images"], lines)


def _bench(folder: Path) -> Named | None:
    run = read_bench(folder)
    spot = spot_of(run)
    if spot is None or spot.across is None or spot.up is None:
        return None
    return "plane", plane(str(run.run["protocol"]), [(run.label, spot)])


def _prefer(folder: Path) -> Named | None:
    counts = Counter((row.chosen_kind, row.rejected_kind) for row in read_pairs(folder).rows)
    lines = [Bar(f"{a} over {b}".replace("_", " "), (n,)) for (a, b), n in counts.most_common()]
    return ("pairs", bars("Pairs by their replies", ["pairs"], lines)) if lines else None


def _rate(folder: Path) -> Named | None:
    report = read_rating(folder)
    names = columns_of(report, "auc")
    lines = []
    for line in report.lines:
        row = []
        for name in names:
            cell = line.cell(name)
            figure = cell.figures.get("auc") if cell else None
            if figure is None:
                row.append(Square("–", NOTHING))
                continue
            colour = CALM if figure.value >= 0.5 else JOINT
            row.append(Square(f"{figure.value:.2f}", blended(colour, abs(figure.value - 0.5))))
        lines.append((line.name, row))
    title = "AUC: trained on a line's set, tested on a column's"
    return ("auc", matrix(title, names, lines, 62)) if lines else None


_PLOTS: Final[Mapping[str, Callable[[Path], Named | None]]] = {
    "build": _build,
    "judge": _judge,
    "assess": _assess,
    "bench": _bench,
    "prefer": _prefer,
    "rate": _rate,
}
