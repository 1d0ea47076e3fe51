"""Bars, a matrix of cells, and the plane of the trade-off, as drawings."""

from collections.abc import Sequence
from dataclasses import dataclass

from crosslight.view.pages.bench_plane import Spot
from crosslight.view.plots.drawing import (
    CALM,
    INK,
    JOINT,
    LINE,
    MUTE,
    PHOTO,
    SOFT,
    WORDS,
    Box,
    Dot,
    Drawing,
    Line,
    Mark,
    Words,
)

MOST = 60
"""Bars, rows or columns of a drawing; the title says how many there are."""
COLOURS = (JOINT, PHOTO, WORDS, CALM, INK, SOFT)


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of bars: what it is of, and its parts beside each other."""

    label: str
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Square:
    """A cell: what stands in it and its colours."""

    text: str
    fill: str
    ink: str = INK


def bars(title: str, names: Sequence[str], lines: Sequence[Bar]) -> Drawing:
    """Stacked bars; `names` are those of the parts."""
    shown, left, wide, high = lines[:MOST], 230, 420, 22
    most = max((sum(line.parts) for line in shown), default=1) or 1
    marks: list[Mark] = [Words(14, 26, _of(title, len(shown), len(lines)), 15)]
    for at, name in enumerate(names if len(names) > 1 else ()):
        marks += [Box(14 + 190 * at, 40, 11, 11, COLOURS[at]), Words(31 + 190 * at, 50, name, 12)]
    top = 70
    for at, line in enumerate(shown):
        y, x = top + high * at, float(left)
        marks.append(Words(left - 10, y + 12, line.label[:34], 12, "end"))
        for part, colour in zip(line.parts, COLOURS, strict=False):
            marks.append(Box(x, y + 2, wide * part / most, 13, colour))
            x += wide * part / most
        told = " + ".join(map(str, line.parts)) if len(line.parts) > 1 else f"{line.parts[0]:,}"
        marks.append(Words(x + 8, y + 13, told, 11, fill=SOFT))
    return Drawing(left + wide + 110, top + high * len(shown) + 12, tuple(marks), title)


def matrix(
    title: str, columns: Sequence[str], lines: Sequence[tuple[str, Sequence[Square]]], side: int
) -> Drawing:
    """Cells of `side` pixels in width, with the names of their columns above them."""
    shown, names, left, high = lines[:MOST], columns[:MOST], 210, 26
    head = 60 + 6 * max((len(name[:30]) for name in names), default=1)
    marks: list[Mark] = [Words(14, 26, _of(title, len(shown), len(lines)), 15)]
    for at, name in enumerate(names):
        marks.append(Words(left + side * (at + 0.5) + 4, head - 8, name[:30], 12, turned=True))
    for row, (label, squares) in enumerate(shown):
        y = head + high * row
        marks.append(Words(left - 10, y + 17, label[:32], 12, "end"))
        for at, square in enumerate(squares[:MOST]):
            x = left + side * at
            marks.append(Box(x + 1, y + 1, side - 2, high - 2, square.fill))
            marks.append(Words(x + side / 2, y + 17, square.text, 11, "middle", square.ink))
    wide = max(left + side * len(names) + 20, 420)
    return Drawing(wide, head + high * len(shown) + 14, tuple(marks), title)


def plane(title: str, spots: Sequence[tuple[str, Spot]]) -> Drawing:
    """Right on the safe side across, right on the unsafe side up: crosses are 95% intervals."""
    size, left, top = 360, 64, 50
    marks: list[Mark] = [Words(14, 26, title, 15)]
    for percent in (0, 25, 50, 75, 100):
        x, y = left + size * percent / 100, top + size * (1 - percent / 100)
        marks += [Line(x, top, x, top + size), Line(left, y, left + size, y)]
        marks.append(Words(x, top + size + 18, f"{percent}", 11, "middle", SOFT))
        marks.append(Words(left - 8, y + 4, f"{percent}", 11, "end", SOFT))
    marks.append(Line(left, top, left + size, top + size, MUTE))
    marks.append(Words(left + size / 2, top + size + 40, "right on the safe side, %", 12, "middle"))
    marks.append(
        Words(20, top + size / 2, "right on the unsafe side, %", 12, "middle", turned=True)
    )
    for at, (label, spot) in enumerate(spots):
        colour = COLOURS[at % len(COLOURS)]
        marks += _spot(spot, colour, left, top, size)
        marks.append(Words(left, top + size + 66 + 18 * at, f"{spot.letter}: {label}", 12))
    return Drawing(left + size + 30, top + size + 60 + 18 * len(spots), tuple(marks), title)


def _spot(spot: Spot, colour: str, left: int, top: int, size: int) -> list[Mark]:
    if spot.across is None or spot.up is None:
        return []
    x, y = left + size * spot.across[0], top + size * (1 - spot.up[0])
    across = [left + size * share for share in spot.across[1:3]]
    up = [top + size * (1 - share) for share in spot.up[1:3]]
    return [
        Line(across[0], y, across[1], y, colour, 2),
        Line(x, up[0], x, up[1], colour, 2),
        Dot(x, y, 9, colour),
        Words(x, y + 4, spot.letter, 11, "middle", "#ffffff"),
    ]


def blended(colour: str, share: float) -> str:
    """That share of a colour on white."""
    own = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    kept = min(1.0, max(0.0, share))
    return "#" + "".join(f"{round(255 + (one - 255) * kept):02x}" for one in own)


def _of(title: str, shown: int, total: int) -> str:
    return title if shown == total else f"{title} ({shown} of {total:,})"


NOTHING = LINE
"""The colour of a cell that nobody measured."""
