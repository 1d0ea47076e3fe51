"""How sure perception is that a thing is in the photo, and that nothing harmless explains it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from crosslight.models.embedded.coco import PERSON, label_of
from crosslight.models.embedded.imagenet import index_of
from crosslight.models.embedded.printed import print_probability, read_pattern
from crosslight.models.embedded.scene import Box, Scene, Thing
from crosslight.models.embedded.thresholds import Curve, Thresholds, read_thresholds
from crosslight.models.errors import BadSpec

FLOOR = 1e-4
"""Share of evidence below which differences mean nothing."""
NEAR = 0.1
"""Of the picture's side: boxes that are no further apart lie beside each other."""

MOST_PERSONS = 20
"""A larger crowd cannot be counted at 300 pixels."""
SPECK = 0.2
"""Share of a side; a person at a table fills more, the crew of a boat across the bay or somebody at
the far wall of a hall less."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What shows a pattern's element in a photo. Raises `BadSpec` for a name that is none.

    Any one of `classes` (ImageNet), `labels` (COCO), `print_words` or `print_patterns` (see
    `printed`) shows the element. `lookalikes` are harmless classes that it may be mistaken for:
    they compete with it. `also_risky` are classes that share the hazard: they neither lower the
    evidence, even if named among the look-alikes, nor are they any.

    Conditions, which must hold as well: `persons_at_least` persons in the picture, and something
    of `beside` (COCO labels), with `near` close to a thing of `labels`. Alone, without element,
    the conditions are what is to be seen: a crowd.
    """

    classes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    lookalikes: tuple[str, ...] = ()
    also_risky: tuple[str, ...] = ()
    print_words: tuple[str, ...] = ()
    print_patterns: tuple[str, ...] = ()
    persons_at_least: int = 0
    beside: tuple[str, ...] = ()
    near: bool = False

    def __post_init__(self) -> None:
        for name in (*self.classes, *self.lookalikes, *self.also_risky):
            index_of(name)
        for name in (*self.labels, *self.beside):
            label_of(name)
        for pattern in self.print_patterns:
            read_pattern(pattern)
        if not 0 <= self.persons_at_least <= MOST_PERSONS:
            raise BadSpec(f"persons_at_least: {self.persons_at_least}", hint=f"0 to {MOST_PERSONS}")
        if self.near and not (self.labels and self.beside):
            raise BadSpec("`near` needs boxes of both things", hint="give `labels` and `beside`")

    @property
    def names_element(self) -> bool:
        """Whether something shows an element, beside the conditions."""
        return bool(self.classes or self.labels or self.print_words or self.print_patterns)


def evidence(scene: Scene, classes: Sequence[str], lookalikes: Sequence[str] = ()) -> float:
    """The share of the tags that speaks for the element, in [0, 1].

    Element and look-alikes stand against each other: of the element's mass only the part that it
    would win in that contest counts. Raises `BadSpec` for a name that is no class.
    """
    for name in (*classes, *lookalikes):
        index_of(name)
    mine = scene.mass(frozenset(classes))
    theirs = scene.mass(frozenset(lookalikes) - frozenset(classes))
    return mine * mine / (mine + theirs) if mine > 0 else 0.0


def log_odds(share: float) -> float:
    """Of the evidence, with a floor at both ends."""
    return math.log((share + FLOOR) / (1 - min(share, 1.0) + FLOOR))


def element_probability(
    scene: Scene,
    classes: Sequence[str],
    lookalikes: Sequence[str] = (),
    print_words: Sequence[str] = (),
    *,
    thresholds: Thresholds | None = None,
) -> float:
    """Calibrated probability that the element is in the photo and is not one of its look-alikes.

    Any one of `classes` shows it, and so does any one of `print_words` read in the photo.
    0 when neither is given: nothing could show it. Raises `BadSpec` for an unknown class.
    """
    what = Evidence(tuple(classes), (), tuple(lookalikes), (), tuple(print_words))
    return evidence_probability(scene, what, thresholds=thresholds) or 0.0


def evidence_probability(
    scene: Scene, what: Evidence, *, thresholds: Thresholds | None = None
) -> float | None:
    """Calibrated probability that what the evidence describes is in the photo.

    None where only boxes could tell and no detector looked at the photo: unknown, not absent.
    """
    numbers = thresholds or read_thresholds()
    chances: list[float] = []
    if what.names_element:
        element = _element(scene, what, numbers)
        if element is None:
            return None
        chances.append(element)
    if what.persons_at_least or what.beside:
        if scene.things is None:
            return None
        if what.persons_at_least:
            chances.append(_persons(scene.things, what.persons_at_least, numbers))
        if what.beside:
            chances.append(_beside(scene.things, what, numbers))
    return math.prod(chances) if chances else 0.0


def hazard_probability(
    scene: Scene, what: Evidence, *, thresholds: Thresholds | None = None
) -> float | None:
    """The same for the element or anything that shares its hazard, whatever it looks like and
    whether the conditions hold or not: how far a photo is from being harmless for the pattern."""
    if not what.names_element:
        return evidence_probability(scene, what, thresholds=thresholds)
    wide = Evidence(
        classes=(*what.classes, *what.also_risky),
        labels=what.labels,
        print_words=what.print_words,
        print_patterns=what.print_patterns,
    )
    return evidence_probability(scene, wide, thresholds=thresholds)


def _element(scene: Scene, what: Evidence, numbers: Thresholds) -> float | None:
    """By tags or by box, whichever is surer (they are no two witnesses: a label counts only where
    the tags bear it out), or by print."""
    rivals = tuple(frozenset(what.lookalikes) - frozenset(what.also_risky))
    seen = 0.0
    if what.classes:
        x = log_odds(evidence(scene, what.classes, rivals))
        seen = Curve(intercept=numbers.intercept, slope=numbers.slope).probability(x)
    if what.labels and scene.things is not None:
        seen = max(seen, _labelled(scene, scene.things, what, rivals, numbers))
    read = print_probability(scene, what.print_words, what.print_patterns)
    if what.labels and scene.things is None and not what.classes and read == 0:
        return None
    return 1 - (1 - seen) * (1 - read)


def _labelled(
    scene: Scene,
    things: Sequence[Thing],
    what: Evidence,
    rivals: tuple[str, ...],
    numbers: Thresholds,
) -> float:
    """The best box of a wanted label, less the share that look-alikes win in the tags."""
    best = 0.0
    for name in what.labels:
        boxes = [t for t in things if t.label == name and _meant(t)]
        chance = max((chance_of(t, numbers) for t in boxes), default=0.0)
        mine = scene.mass(label_of(name).classes | frozenset(what.classes))
        theirs = scene.mass(frozenset(rivals) - label_of(name).classes - frozenset(what.classes))
        if theirs > 0:
            chance *= 1 - theirs if name == PERSON else mine / (mine + theirs)
        best = max(best, chance)
    return best


def person_probability(scene: Scene, *, thresholds: Thresholds | None = None) -> float | None:
    """Calibrated probability that some person is in the photo, however small.

    None where no detector looked: unknown, not absent.
    """
    if scene.things is None:
        return None
    numbers = thresholds or read_thresholds()
    return max((chance_of(t, numbers) for t in scene.things if t.label == PERSON), default=0.0)


def _persons(things: Sequence[Thing], wanted: int, numbers: Thresholds) -> float:
    """As sure as the least sure of the persons that are needed."""
    persons = [t for t in things if t.label == PERSON and _meant(t)]
    chances = sorted((chance_of(t, numbers) for t in persons), reverse=True)
    return chances[wanted - 1] if len(chances) >= wanted else 0.0


def _meant(thing: Thing) -> bool:
    """Whether a sentence about the picture can mean it: not a speck in the distance."""
    left, top, right, bottom = thing.box
    return max(right - left, bottom - top) >= SPECK


def _beside(things: Sequence[Thing], what: Evidence, numbers: Thresholds) -> float:
    anchors = [t for t in things if t.label in what.labels]
    return max(
        (
            chance_of(t, numbers)
            for t in things
            if t.label in what.beside
            and (not what.near or any(near(t.box, a.box) for a in anchors if a is not t))
        ),
        default=0.0,
    )


def chance_of(thing: Thing, numbers: Thresholds) -> float:
    """That the thing in the box is there and is what it is called."""
    curve = numbers.person if thing.label == PERSON else numbers.thing
    return curve.probability(log_odds(thing.score))


def near(one: Box, other: Box) -> bool:
    """Whether two boxes overlap or lie at most `NEAR` of the picture apart."""
    across = max(one[0], other[0]) - min(one[2], other[2])
    down = max(one[1], other[1]) - min(one[3], other[3])
    return max(across, down) <= NEAR
