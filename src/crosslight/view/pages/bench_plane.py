"""The plane of the trade-off as SVG: right on the safe side across, right on the unsafe side up.

A model that always objects sits at the top left, one that never does at the bottom right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

Spread = tuple[float, float, float, float, float]
"""value, low, high (interval), least, most (bounds); shares."""
SIZE, LEFT, BOTTOM, TOP, RIGHT = 460, 58, 52, 16, 20
INNER = SIZE - LEFT - RIGHT
HIGH = SIZE - TOP - BOTTOM


@dataclass(frozen=True, slots=True)
class Spot:
    """A run on the plane; an axis without a scored item has no place."""

    letter: str
    across: Spread | None
    up: Spread | None


def plane(spots: Sequence[Spot]) -> str:
    """One `<svg>`. Holds numbers and our own words only."""
    told = "; ".join(
        f"{spot.letter}: {100 * spot.across[0]:.0f}% safe side, {100 * spot.up[0]:.0f}% unsafe side"
        for spot in spots
        if spot.across and spot.up
    )
    parts = [
        f'<svg class="plane" viewBox="0 0 {SIZE} {SIZE}" role="img" '
        f'aria-label="Share right on each side. {told}">',
        *_frame(),
    ]
    # All washes first, so that no point lies under another run's.
    placed = [spot for spot in spots if spot.across and spot.up]
    parts += [_bounds(spot) for spot in placed]
    parts += [_point(spot, at) for at, spot in enumerate(placed)]
    return "".join([*parts, "</svg>"])


def x_of(share: float) -> float:
    """Pixels from the left."""
    return round(LEFT + share * INNER, 1)


def y_of(share: float) -> float:
    """Pixels from the top."""
    return round(TOP + (1 - share) * HIGH, 1)


def _frame() -> list[str]:
    found = []
    for percent in (0, 25, 50, 75, 100):
        x, y = x_of(percent / 100), y_of(percent / 100)
        found += [
            f'<path class="grid" d="M{x} {y_of(0)}V{y_of(1)}M{x_of(0)} {y}H{x_of(1)}"/>',
            f'<text class="tick" x="{x}" y="{y_of(0) + 17}" text-anchor="middle">{percent}</text>',
            f'<text class="tick" x="{x_of(0) - 8}" y="{y + 4}" text-anchor="end">{percent}</text>',
        ]
    middle = x_of(0.5), y_of(0.5)
    right, end = x_of(1) - 8, 'text-anchor="end"'
    return [
        *found,
        f'<path class="chance" d="M{x_of(0)} {y_of(1)}L{x_of(1)} {y_of(0)}"/>',
        f'<text class="hint" x="{x_of(0) + 8}" y="{y_of(1) + 18}">always objects</text>',
        f'<text class="hint" x="{right}" y="{y_of(0) - 9}" {end}>never objects</text>',
        f'<text class="hint" x="{right}" y="{y_of(1) + 18}" {end}>right on both</text>',
        f'<text class="axis" x="{middle[0]}" y="{SIZE - 8}" text-anchor="middle">'
        "right on the over-safe side, %</text>",
        f'<text class="axis" x="15" y="{middle[1]}" text-anchor="middle" '
        f'transform="rotate(-90 15 {middle[1]})">right on the unsafe side, %</text>',
    ]


def _bounds(spot: Spot) -> str:
    assert spot.across and spot.up
    left, right = x_of(spot.across[3]), x_of(spot.across[4])
    top, bottom = y_of(spot.up[4]), y_of(spot.up[3])
    width, height = max(1.0, round(right - left, 1)), max(1.0, round(bottom - top, 1))
    return f'<rect class="bounds" x="{left}" y="{top}" width="{width}" height="{height}" rx="2"/>'


def _point(spot: Spot, at: int) -> str:
    assert spot.across and spot.up
    x, y = x_of(spot.across[0]), y_of(spot.up[0])
    return (
        f'<g class="spot s{at % 6}">'
        f'<path d="M{x_of(spot.across[1])} {y}H{x_of(spot.across[2])}'
        f'M{x} {y_of(spot.up[1])}V{y_of(spot.up[2])}"/>'
        f'<circle cx="{x}" cy="{y}" r="10"/>'
        f'<text x="{x}" y="{y + 4.5}" text-anchor="middle">{spot.letter}</text></g>'
    )
