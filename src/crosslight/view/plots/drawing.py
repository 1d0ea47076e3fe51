"""A drawing of boxes, lines, dots and words, as SVG and (by Pillow, without a renderer) as PNG.

Colours are those of the pages by day: a file that is put into a paper has no dark mode.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Final, Literal

from markupsafe import escape
from PIL import Image, ImageDraw, ImageFont

from crosslight.text import visible

INK, SOFT, LINE, PAPER = "#1b1d22", "#5b606b", "#dedbd4", "#ffffff"
PHOTO, WORDS, JOINT, CALM, MUTE = "#28708f", "#6a58ad", "#b23a17", "#2b7552", "#b9b4a9"
Anchor = Literal["start", "middle", "end"]
_PILLOW: Final[Mapping[Anchor, str]] = {"start": "ls", "middle": "ms", "end": "rs"}
FINE: Final = 2
"""Pixels of the PNG for one of the drawing."""


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    fill: str


@dataclass(frozen=True, slots=True)
class Line:
    """From a point to another."""

    x1: float
    y1: float
    x2: float
    y2: float
    stroke: str = LINE
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle."""

    x: float
    y: float
    radius: float
    fill: str


@dataclass(frozen=True, slots=True)
class Words:
    """Text at its base line; `turned`: read from below to above."""

    x: float
    y: float
    text: str
    size: int = 12
    anchor: Anchor = "start"
    fill: str = INK
    turned: bool = False


Mark = Box | Line | Dot | Words


@dataclass(frozen=True, slots=True)
class Drawing:
    """Marks on white, the later above the earlier; `told` says in words what it shows."""

    width: float
    height: float
    marks: tuple[Mark, ...]
    told: str


def as_svg(drawing: Drawing) -> str:
    """The drawing as a file of its own: no style sheet, no script, nothing loaded."""
    w, h = f"{drawing.width:g}", f"{drawing.height:g}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" '
        f'role="img" font-family="Helvetica, Arial, sans-serif">',
        f"<title>{escape(visible(drawing.told, 400))}</title>",
        f'<rect width="{w}" height="{h}" fill="{PAPER}"/>',
        *map(_svg, drawing.marks),
    ]
    return "\n".join([*parts, "</svg>\n"])


def as_png(drawing: Drawing) -> bytes:
    """The same as a picture, twice as fine."""
    size = (round(drawing.width * FINE), round(drawing.height * FINE))
    image = Image.new("RGB", size, PAPER)
    for mark in drawing.marks:
        _paint(image, mark)
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _svg(mark: Mark) -> str:
    match mark:
        case Box(x, y, width, height, fill):
            return (
                f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}"/>'
            )
        case Line(x1, y1, x2, y2, stroke, width):
            return (
                f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{stroke}" '
                f'stroke-width="{width:g}"/>'
            )
        case Dot(x, y, radius, fill):
            return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}"/>'
        case Words(x, y, text, size, anchor, fill, turned):
            turn = f' transform="rotate(-90 {x:g} {y:g})"' if turned else ""
            return (
                f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" '
                f'fill="{fill}"{turn}>{escape(visible(text, 80))}</text>'
            )


def _paint(image: Image.Image, mark: Mark) -> None:
    draw = ImageDraw.Draw(image)
    to: Callable[[float], float] = lambda n: n * FINE  # noqa: E731 - one word for one factor
    match mark:
        case Box(x, y, width, height, fill):
            if width > 0 and height > 0:
                draw.rectangle((to(x), to(y), to(x + width) - 1, to(y + height) - 1), fill=fill)
        case Line(x1, y1, x2, y2, stroke, width):
            draw.line((to(x1), to(y1), to(x2), to(y2)), fill=stroke, width=round(to(width)))
        case Dot(x, y, radius, fill):
            draw.ellipse((to(x - radius), to(y - radius), to(x + radius), to(y + radius)), fill)
        case Words():
            _write(image, mark)


def _write(image: Image.Image, mark: Words) -> None:
    font = ImageFont.load_default(mark.size * FINE)
    text, at = visible(mark.text, 80), (mark.x * FINE, mark.y * FINE)
    if not mark.turned:
        ImageDraw.Draw(image).text(at, text, mark.fill, font, anchor=_PILLOW[mark.anchor])
        return
    left, top, right, bottom = font.getbbox(text, anchor="ls")
    above, below = round(-top), max(0, round(bottom))
    paper = Image.new("L", (max(1, round(right - left)), above + below or 1), 0)
    ImageDraw.Draw(paper).text((-left, above), text, 255, font, anchor="ls")
    turned = paper.rotate(90, expand=True)
    long = {"start": turned.height, "middle": turned.height / 2, "end": 0}[mark.anchor]
    image.paste(mark.fill, (round(at[0] - above), round(at[1] - long)), turned)
