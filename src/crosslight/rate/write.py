"""What a rating leaves: `rate.json`, and the same in Markdown and LaTeX."""

from collections.abc import Iterator
from pathlib import Path

from crosslight.rate.report import REPORT_FILE, Cell, Line, Number, RateReport
from crosslight.store import write_json, write_text
from crosslight.text import latex, markdown, plural

CENTRED = ("auc", "balanced_accuracy", "sliced_accuracy")
"""Measures of which 0.5 is chance."""
MEASURES = {
    "auc": "AUC",
    "balanced_accuracy": "balanced accuracy",
    "sliced_accuracy": "balanced accuracy, threshold set on a labelled slice of the test set",
    "f1": "F1 of unsafe",
    "recall": "recall of unsafe",
    "safe_recall": "recall of safe",
}
"""In the order in which they are shown; the last two are of sets with one label."""
HOW_TO_GET_SETS = (
    "Figures across sets need other sets: `crosslight bench list` names those that can be read, "
    "`crosslight bench fetch SUITE` fetches one, and `crosslight rate THIS SUITE=FOLDER ...` rates "
    "them together."
)


def write_rating(out: Path, report: RateReport) -> None:
    """All files but the page, into the folder of a run."""
    write_json(out / REPORT_FILE, report.model_dump(mode="json"))
    write_text(out / "rate.md", rating_markdown(report))
    write_text(out / "rate.tex", rating_latex(report))
    write_text(out / "README.md", rating_card(report))


def title(report: RateReport) -> str:
    """What the page and the tables are headed by."""
    if report.lines:
        return "What a judge learns from each dataset"
    return "One dataset by itself"


def reading(report: RateReport) -> list[str]:
    """What a reader of the figures must know."""
    told = [report.proxy]
    if report.lines:
        told += _of_matrix(report)
    else:
        told.append(HOW_TO_GET_SETS)
    if report.pool:
        told.append(
            f"Sets with one label share the control pool {report.pool}: cells between two of them "
            "hold controls of one source, which flatters them."
        )
    return [*told, *report.notes]


def _of_matrix(report: RateReport) -> list[str]:
    told = [
        f"Each judge is trained on {report.per_class:,} rows of each class, the same number for "
        f"all sets, {report.seeds} times with another sample.",
        f"Intervals: 95%, {report.draws:,} resamples of test clusters (pairs, pictures) and seeds "
        "together; they hold the rows of each training set fixed.",
        "A row's mean leaves out its own set. Gains are over the untuned judge, on the same draws; "
        "p after Holm over all rows. Single cells are exploratory (q: Benjamini and Hochberg).",
        "The diagonal measures a set's style too: compare it with the bag of words and with how "
        "well a text tells its set.",
        "A threshold does not carry over from set to set: read the AUC, or the balanced accuracy "
        "at the slice's threshold; the slice is not part of the test.",
    ]
    unknown = [cell for line in report.lines for cell in line.cells if cell.unknown]
    if unknown:
        told.append(
            f"{plural(len(unknown), 'cell has', 'cells have')} test rows without a score: the "
            "judge's words lay elsewhere, or it could not be asked. They are in no figure, neither "
            f"as safe nor as unsafe{_without(report)}."
        )
    if any(one.rows for one in report.overlaps):
        told.append("Rows that stand in a cell's test set too were taken out of its training.")
    return told


def _without(report: RateReport) -> str:
    """The cells that have no figure for that."""
    names = [
        f"{line.name} on {cell.test}"
        for line in report.lines
        for cell in line.cells
        if cell.unknown and not cell.figures
    ]
    if not names:
        return ""
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return f"; with more than 10% of them there is no figure at all ({', '.join(names[:5])}{more})"


def number_text(number: Number | None, *, interval: bool = True) -> str:
    """`0.61 [0.55, 0.67]`; a dash where it is unknown."""
    if number is None:
        return "–"
    value = f"{number.value:.2f}"
    return f"{value} [{number.low:.2f}, {number.high:.2f}]" if interval else value


def gain_text(number: Number | None) -> str:
    """A difference, with its sign."""
    if number is None:
        return "–"
    return f"{number.value:+.2f} [{number.low:+.2f}, {number.high:+.2f}]"


def p_text(p: float | None) -> str:
    """A p value, never as zero."""
    return "–" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def cell_text(cell: Cell | None, measure: str) -> str:
    """A cell of the matrix for one measure."""
    if cell is None:
        return "–"
    found = cell.figures.get(measure)
    return "–" if found is None else number_text(found) + ("*" if cell.own else "")


def shown_measures(report: RateReport) -> list[str]:
    """The measures that any cell has."""
    there = {name for line in report.lines for cell in line.cells for name in cell.figures}
    return [name for name in MEASURES if name in there]


def columns_of(report: RateReport, measure: str) -> list[str]:
    """The test sets for which the measure is there."""
    return [
        name
        for name in report.tests
        if any((c := line.cell(name)) and measure in c.figures for line in report.lines)
    ]


def rating_markdown(report: RateReport) -> str:
    """All tables, a line a row."""
    return "\n".join(_markdown(report)) + "\n"


def _markdown(report: RateReport) -> Iterator[str]:
    yield f"# {title(report)}"
    yield ""
    yield markdown(report.sentence)
    yield ""
    for note in reading(report):
        yield f"- {markdown(note)}"
    if report.lines:
        yield from _means(report)
        for measure in shown_measures(report):
            yield from _matrix(report, measure)
    if report.within:
        yield from _within(report)
    yield from _rest(report)
    yield from _datasets(report)


def _means(report: RateReport) -> Iterator[str]:
    yield from _head(
        "Row means (AUC on the other sets)",
        "trained on",
        "other sets",
        "mean",
        "gain over untuned",
        "p (Holm)",
        "bag of words",
    )
    for line in report.lines:
        cells = (
            line.sets,
            number_text(line.mean),
            gain_text(line.gain),
            p_text(line.p_holm),
            number_text(line.words),
        )
        yield f"| {markdown(line.name)} | " + " | ".join(map(str, cells)) + " |"


def _matrix(report: RateReport, measure: str) -> Iterator[str]:
    columns = columns_of(report, measure)
    title = MEASURES[measure]
    yield from _head(
        title[0].upper() + title[1:],
        "trained on \\ tested on",
        *(markdown(name) for name in columns),
    )
    for line in report.lines:
        cells = [cell_text(line.cell(name), measure) for name in columns]
        if any(cell != "–" for cell in cells):
            yield f"| {markdown(line.name)} | {' | '.join(cells)} |"
    yield ""
    yield "\\* its own set: held-out rows of the set that it was trained on."


def _within(report: RateReport) -> Iterator[str]:
    yield from _head("Within the set", "seen, and held out", "AUC", "rows")
    for one in report.within:
        yield f"| {markdown(one.title)} | {within_text(one)} | {one.rows:,} |"
    if report.audit:
        yield from _head("What the texts alone give away", "by", "AUC")
        for title, told in report.audit:
            yield f"| {markdown(title)} | {markdown(told)} |"


def within_text(one: object) -> str:
    """A figure within a set, or why there is none."""
    value, low, high = (getattr(one, name) for name in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return f"unknown: {getattr(one, 'reason', '')}"
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"


def _rest(report: RateReport) -> Iterator[str]:
    if report.overlaps:
        yield from _head(
            "Rows that stand in both",
            "training set",
            "test set",
            "left out",
            "by bytes, look, text",
            "of the test set",
        )
        for one in report.overlaps:
            ways = ", ".join(str(one.ways.get(way, 0)) for way in ("bytes", "look", "text"))
            flag = " **flagged**" if one.flagged else ""
            yield (
                f"| {markdown(one.train)} | {markdown(one.test)} | {one.rows:,} | {ways} | "
                f"{one.tests:,} of {one.of:,}{flag} |"
            )
    if report.origins:
        yield from _head("Which set is a text from", "rows", "sets", "told right", "by chance")
        for each in report.origins:
            yield (
                f"| {each.label} | {len(each.sets)} | {number_text(each.accuracy)} | "
                f"{each.chance:.2f} |"
            )
    if report.curves:
        sizes = sorted({size for one in report.curves for size, _ in one.points})
        yield from _head(
            "Learning curves (mean AUC on the other sets)", "rows of a class", *map(str, sizes)
        )
        for curve in report.curves:
            at = dict(curve.points)
            cells = " | ".join(number_text(at.get(size)) for size in sizes)
            yield f"| {markdown(curve.name)} | {cells} |"
    if report.mixture_end:
        yield from _head("A greedy mixture", "added", "mean AUC", "gain", "p")
        for step in report.mixture:
            yield (
                f"| {markdown(step.added)} | {number_text(step.score)} | "
                f"{gain_text(step.gain)} | {p_text(step.p)} |"
            )
        yield ""
        yield f"It ends there: {markdown(report.mixture_end)}."


def _datasets(report: RateReport) -> Iterator[str]:
    yield from _head(
        "Datasets",
        "name",
        "licence",
        "unsafe, safe",
        "training, slice, test rows",
        "not trained on because",
    )
    for one in report.datasets:
        parts = ", ".join(f"{sum(part):,}" for part in (one.train, one.slice, one.test))
        yield (
            f"| {markdown(one.name)} | {markdown(one.licence)} | {one.unsafe:,}, {one.safe:,} | "
            f"{parts} | {markdown(one.why_not) or '–'} |"
        )
    yield ""
    for note in dict.fromkeys(note for one in report.datasets for note in one.notes):
        yield f"- {markdown(note)}"


def _head(title: str, *columns: str) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"


def rating_latex(report: RateReport) -> str:
    """The AUC matrix as a `tabular` that needs no package; of one set its figures."""
    lines = [f"% {latex(note, 600)}" for note in (report.sentence, *reading(report))]
    if not report.lines:
        lines += [r"\begin{tabular}{lr}", r"\hline", r"Seen, and held out & AUC \\", r"\hline"]
        lines += [
            f"{{}}{latex(one.title)} & {latex(within_text(one))} \\\\" for one in report.within
        ]
        return "\n".join([*lines, r"\hline", r"\end{tabular}", ""])
    columns = columns_of(report, "auc")
    lines += [
        rf"\begin{{tabular}}{{l{'r' * (len(columns) + 1)}}}",
        r"\hline",
        f"Trained on & {' & '.join(map(latex, columns))} & Mean \\\\",
        r"\hline",
    ]
    lines += [_latex_row(line, columns) for line in report.lines]
    return "\n".join([*lines, r"\hline", r"\end{tabular}", ""])


def _latex_row(line: Line, columns: list[str]) -> str:
    cells = []
    for name in columns:
        cell = line.cell(name)
        found = cell.figures.get("auc") if cell else None
        told = _latex_number(found)
        cells.append(rf"\textit{{{told}}}" if cell and cell.own and found else told)
    # An empty group first: `[` after a line's end would be its optional argument.
    return f"{{}}{latex(line.name)} & {' & '.join(cells)} & {_latex_number(line.mean)} \\\\"


def _latex_number(number: Number | None) -> str:
    if number is None:
        return "--"
    return rf"{number.value:.2f} {{\scriptsize [{number.low:.2f}, {number.high:.2f}]}}"


def rating_card(report: RateReport) -> str:
    """`README.md`: what this folder is, and how far its figures reach."""
    names = ", ".join(markdown(one.name) for one in report.datasets)
    lines = [
        "# A rating of datasets",
        "",
        markdown(report.sentence),
        "",
        f"Made by `crosslight rate` of {plural(len(report.datasets), 'dataset')}: {names}. "
        "`report.html` shows it, `rate.json` holds every figure, `rate.md` and `rate.tex` the "
        "tables. `cells/` holds the scores of trained judges, so that the same command goes on "
        "from there; it can be removed.",
        "",
        "The measure is the one that RMS (arXiv 2509.04403) proposes: tune a judge on one dataset, "
        "test it on the others. Base model, sizes, metric and splits are not published there and "
        "are ours.",
        "",
        *(f"- {markdown(note)}" for note in reading(report)),
        "",
    ]
    return "\n".join(lines)
