"""One drawing, two files: what stands in one stands in the other."""

import io
import xml.etree.ElementTree as ET

from PIL import Image

from crosslight.view.pages.bench_plane import Spot
from crosslight.view.plots.charts import Bar, Square, bars, matrix, plane
from crosslight.view.plots.drawing import JOINT, PHOTO, as_png, as_svg

NASTY = '<script>alert(1)</script>"\u202e'


def colours(data: bytes) -> set[str]:
    with Image.open(io.BytesIO(data)) as image:
        found = image.convert("RGB").getcolors(1 << 20) or []
    return {"#{:02x}{:02x}{:02x}".format(*colour) for _, colour in found}  # type: ignore[misc]


def test_bars_are_as_wide_as_their_numbers_in_both_forms() -> None:
    drawing = bars("Rows", ["a", "b"], [Bar("one", (3, 1)), Bar(NASTY, (2, 0))])
    root = ET.fromstring(as_svg(drawing))
    widths = [float(b.attrib["width"]) for b in root if b.attrib.get("height") == "13"]
    assert widths == [315, 105, 210, 0]
    assert "script" not in {child.tag.rpartition("}")[2] for child in root.iter()}
    assert "\u202e" not in as_svg(drawing)
    assert {JOINT, PHOTO} <= colours(as_png(drawing))


def test_a_matrix_of_many_says_how_many_it_shows() -> None:
    lines = [(f"image {n}", [Square("V", JOINT)]) for n in range(200)]
    drawing = matrix("Images by rule", ["a rule"], lines, 28)
    assert "60 of 200" in as_svg(drawing)
    assert as_svg(drawing).count(f'fill="{JOINT}"') == 60
    assert JOINT in colours(as_png(drawing))


def test_the_plane_has_the_interval_of_each_side() -> None:
    spot = Spot("A", (0.5, 0.25, 0.75, 0.5, 0.5), (1.0, 0.9, 1.0, 1.0, 1.0))
    svg = as_svg(plane("a suite", [(NASTY, spot)]))
    assert f'x1="154" y1="50" x2="334" y2="50" stroke="{JOINT}"' in svg
    assert "<script" not in svg
    assert "circle" not in as_svg(plane("x", [("m", Spot("A", None, spot.up))]))
