"""The page of a rating: the matrix as a heat map, and what is needed to read it."""

from functools import cache
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from crosslight.rate import (
    CENTRED,
    MEASURES,
    Cell,
    Line,
    Number,
    RateReport,
    columns_of,
    gain_text,
    number_text,
    p_text,
    read_rating,
    reading,
    shown_measures,
    title,
    within_text,
)
from crosslight.runs import read_run
from crosslight.store import write_text
from crosslight.view.page import asset, page_environment
from crosslight.view.pages.shell import About, about

CURVE = (260, 120, 26)
"""Width, height and margin of a learning curve, in pixels."""
LOW, HIGH = 0.3, 1.0
"""The AUC at the bottom and the top of a learning curve."""


def write_rate_report(out: Path) -> Path:
    """Write `report.html` into a run's folder. Raises `RunError`."""
    return write_text(out / "report.html", rate_page(read_rating(out), about(out, read_run(out))))


def rate_page(report: RateReport, about: About) -> str:
    """The page as text; the same report gives the same text."""
    return (
        _environment()
        .get_template("rate.html.j2")
        .render(
            report=report,
            about=about,
            title=title(report),
            notes=reading(report),
            measures=shown_measures(report),
            titles=MEASURES,
            centred=CENTRED,
            curves=[(one.name, Markup(curve(one.points))) for one in report.curves],  # noqa: S704
            style=Markup(asset("report.css", "bench.css", "plane.css", "rate.css")),  # noqa: S704 - ours
        )
    )


def columns(report: RateReport, measure: str) -> list[str]:
    """The test sets of a matrix."""
    return columns_of(report, measure)


def rows_of(report: RateReport, measure: str) -> list[tuple[Line, list[Cell | None]]]:
    """The rows of a matrix that have anything in it."""
    names = columns_of(report, measure)
    rows = [(line, [line.cell(name) for name in names]) for line in report.lines]
    return [(line, cells) for line, cells in rows if any(c and measure in c.figures for c in cells)]


def warmth(number: Number | None) -> int:
    """How far a figure lies from chance, -100 to 100, for its colour."""
    return 0 if number is None else round(200 * (min(1.0, max(0.0, number.value)) - 0.5))


def certain(number: Number | None) -> bool:
    """Whether the interval leaves out chance."""
    return number is not None and (number.low > 0.5 or number.high < 0.5)


def curve(points: tuple[tuple[int, Number], ...]) -> str:
    """A learning curve as SVG: numbers of ours alone."""
    width, height, margin = CURVE
    most = max((size for size, _ in points), default=1)

    def x(size: int) -> float:
        return margin + (width - 2 * margin) * size / most

    def y(value: float) -> float:
        share = (min(HIGH, max(LOW, value)) - LOW) / (HIGH - LOW)
        return height - margin - (height - 2 * margin) * share

    line = " ".join(f"{x(size):.1f},{y(one.value):.1f}" for size, one in points)
    parts = [
        f'<svg viewBox="0 0 {width} {height}" class="curve" aria-hidden="true">',
        f'<path class="chance" d="M{margin} {y(0.5):.1f}H{width - margin}"/>',
        f'<polyline points="{line}"/>',
    ]
    for size, one in points:
        at = f"{x(size):.1f}"
        parts.append(
            f'<path class="whisker" d="M{at} {y(one.low):.1f}V{y(one.high):.1f}"/>'
            f'<circle cx="{at}" cy="{y(one.value):.1f}" r="3.5"/>'
            f'<text x="{at}" y="{height - 6}" text-anchor="middle">{size}</text>'
        )
    return "".join([*parts, "</svg>"])


@cache
def _environment() -> Environment:
    made = page_environment()
    made.filters.update(
        warmth=warmth, certain=certain, number=number_text, gain=gain_text, p=p_text
    )
    made.filters.update(within=within_text)
    made.globals.update(columns=columns, rows_of=rows_of)
    return made
