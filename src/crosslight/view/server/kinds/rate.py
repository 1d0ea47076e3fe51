"""A rating as a matrix: trained on a line's set, tested on a column's."""

from collections.abc import Mapping

from crosslight.rate import Number, columns_of, read_rating, reading, within_text
from crosslight.rate import title as title_of
from crosslight.view.server.opened import Opened
from crosslight.view.server.render import rendered

SHADES = 5


def page(runs: Mapping[str, Opened], run: Opened, asked: Mapping[str, str]) -> str:
    """The matrix of AUCs, and what is needed to read it."""
    report = read_rating(run.place)
    names = columns_of(report, "auc")
    lines = []
    for line in report.lines:
        cells = [line.cell(name) for name in names]
        lines.append((line.name, [(c, c.figures.get("auc") if c else None) for c in cells]))
    return rendered(
        "web/kind_rate.html.j2",
        runs=runs,
        run=run,
        tab="kind",
        title=title_of(report),
        report=report,
        notes=reading(report),
        names=names,
        lines=lines,
        shade=shade,
        within=within_text,
    )


def shade(figure: Number) -> str:
    """The class of a cell's colour: which side of chance, and how far."""
    far = min(SHADES, max(0, round(2 * SHADES * abs(figure.value - 0.5))))
    return f"{'above' if figure.value >= 0.5 else 'below'}-{far}"
