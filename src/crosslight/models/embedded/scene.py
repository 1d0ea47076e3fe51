"""What perception says about one photo, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from crosslight.models.errors import BadAnswer

TAGS = 50
DIGITS = 6
"""Probabilities are rounded, so that a scene is the same text on every processor."""
SAFETY = ("safe", "sexual", "graphic")


OVERLAP = 0.6
"""Intersection over union from which two boxes are one thing."""
Box = tuple[float, float, float, float]
"""left, top, right, bottom, as shares of the picture's width and height."""


class Thing(NamedTuple):
    """One thing with a box: its COCO label and the detector's score."""

    label: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class Scene:
    """Tags (ImageNet name, probability) most likely first, printed text, safety, things.

    `text` is (line, confidence in [0, 1]) from top to bottom. `safety` has the probabilities
    of `safe`, `sexual` and `graphic`, which sum to 1; it is one classifier's opinion, no verdict.
    `things` are what the detector found and the tags bear out, surest first; None where no
    detector looked, which is not the same as nothing found. `doubted` are what it was sure of
    and the tags do not bear out: neither there nor not there.
    """

    tags: tuple[tuple[str, float], ...]
    text: tuple[tuple[str, float], ...]
    safety: Mapping[str, float]
    things: tuple[Thing, ...] | None = None
    doubted: tuple[Thing, ...] = ()

    def count(self, label: str, at_least: float) -> int | None:
        """How many things of that label have such a score; None where no detector looked."""
        if self.things is None:
            return None
        return sum(thing.label == label and thing.score >= at_least for thing in self.things)

    def mass(self, names: frozenset[str] | tuple[str, ...]) -> float:
        """Summed probability of the named classes among the tags."""
        wanted = frozenset(names)
        return sum(p for name, p in self.tags if name in wanted)

    def to_json(self) -> dict[str, Any]:
        """A JSON object; `Scene.from_json` is its inverse."""
        seen: dict[str, Any] = {
            "tags": [[name, round(p, DIGITS)] for name, p in self.tags],
            "text": [[line, round(p, DIGITS)] for line, p in self.text],
            "safety": {key: round(self.safety[key], DIGITS) for key in SAFETY},
        }
        if self.things is not None:
            seen["things"] = _plain(self.things)
        if self.doubted:
            seen["doubted"] = _plain(self.doubted)
        return seen

    @classmethod
    def from_json(cls, value: Any) -> "Scene":
        """Read what `to_json` wrote. Raises `BadAnswer`."""
        try:
            return cls(
                tags=tuple((str(name), _share(p)) for name, p in value["tags"]),
                text=tuple((str(line), _share(p)) for line, p in value["text"]),
                safety=MappingProxyType({key: _share(value["safety"][key]) for key in SAFETY}),
                things=None if value.get("things") is None else _things(value["things"]),
                doubted=_things(value.get("doubted", ())),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BadAnswer(f"not a scene: {error}") from error


def _plain(things: tuple[Thing, ...]) -> list[Any]:
    return [[t.label, round(t.score, DIGITS), [round(x, DIGITS) for x in t.box]] for t in things]


def _things(value: Any) -> tuple[Thing, ...]:
    return tuple(Thing(str(label), _share(score), _box(box)) for label, score, box in value)


def _box(value: Any) -> Box:
    left, top, right, bottom = map(_share, value)
    return left, top, right, bottom


def _share(value: Any) -> float:
    share = float(value)
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"{share} is no probability")
    return share


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / (_area(one) + _area(other) - both)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
