"""The scores that a rule has on all images, as a strip of dots. Numbers and our own words only."""

from collections import Counter
from collections.abc import Iterable

from crosslight.records import Verdict

WIDTH, HEIGHT, EDGE = 210, 34, 6
STEPS, MOST = 50, 5
"""Places across, and dots above each other: more images of one score are drawn as that many."""


def strip(verdicts: Iterable[Verdict], rule: str, cuts: tuple[float, ...] = ()) -> str:
    """One `<svg>`: a dot an image at its score, in the colour of its finding; `cuts` as lines."""
    found: Counter[tuple[int, str]] = Counter()
    for verdict in verdicts:
        for r in verdict.rules:
            if r.rule == rule and str(r.finding) != "failed":
                found[round(min(1.0, max(0.0, r.score)) * STEPS), str(r.finding)] += 1
    high: Counter[int] = Counter()
    dots = []
    for (place, finding), count in sorted(found.items()):
        for _ in range(min(count, MOST - high[place])):
            y = HEIGHT - EDGE - 5.5 * high[place]
            dots.append(f'<circle class="{finding}" cx="{_x(place / STEPS)}" cy="{y}" r="2.6"/>')
            high[place] += 1
    lines = [f'<line class="cut" x1="{_x(c)}" x2="{_x(c)}" y1="0" y2="{HEIGHT}"/>' for c in cuts]
    told = f"{sum(found.values())} scores from 0 to 1"
    return (
        f'<svg class="dots" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{told}">'
        f'<line x1="{_x(0)}" x2="{_x(1)}" y1="{HEIGHT - 2}" y2="{HEIGHT - 2}"/>'
        f"{''.join([*lines, *dots])}</svg>"
    )


def _x(share: float) -> float:
    return round(EDGE + share * (WIDTH - 2 * EDGE), 1)
