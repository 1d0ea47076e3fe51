"""The crossing as perception sees it: vehicles, traffic lights, people. It warns, never clears.

A rule of thumb over boxes, not measured against people. The colour of a light, movement and
distance are not seen, so nothing here gives less than "wait and look again", and a street on which
nothing was found is undecided: not found is not the same as not there.
"""

from collections import Counter
from dataclasses import dataclass

from crosslight.models import Scene

VEHICLES = ("car", "bus", "truck", "motorcycle", "bicycle", "train")
LIGHT, PERSON = "traffic light", "person"
SURE = 0.5
"""The least score of a box that counts."""
NEAR = 0.15
"""A vehicle that fills this share of the picture is as near as matters."""
LEAST, MOST = 5.0, 8.0
UNSEEN = (
    "Not seen by this model: the colour of a light, whether anything moves and how fast, "
    "kerbs and lanes, what stands outside the picture."
)


@dataclass(frozen=True, slots=True)
class Street:
    """What was found, and the grade; None where nothing of traffic was found, with the reason."""

    told: str
    grade: float | None
    reason: str = ""


def street_of(scene: Scene) -> Street:
    """What perception makes of a crossing."""
    if scene.things is None:
        return Street(UNSEEN, None, "no detector looked at the picture")
    sure = [thing for thing in scene.things if thing.score >= SURE]
    counts = Counter(thing.label for thing in sure)
    seen = [f"{label} ({counts[label]})" for label in (*VEHICLES, LIGHT, PERSON) if counts[label]]
    told = f"{UNSEEN} Found: {', '.join(seen) or 'nothing of traffic'}."
    areas = [_area(thing.box) for thing in sure if thing.label in VEHICLES]
    if areas:
        nearest = max(areas)
        told += f" The largest vehicle fills {nearest:.0%} of the picture."
        return Street(told, LEAST + (MOST - LEAST) * min(1.0, nearest / NEAR))
    if counts[LIGHT]:
        return Street(told, LEAST)
    return Street(told, None, "no vehicle or traffic light was found, which does not mean none")


def _area(box: tuple[float, float, float, float]) -> float:
    left, top, right, bottom = box
    return max(0.0, right - left) * max(0.0, bottom - top)
