"""Things with boxes: the COCO detector, and which of its labels count.

Anchors, code and cut-offs are those of the graph's own constants (docs/embedded.md).
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from crosslight.models.embedded.coco import PERSON, label_of, labels
from crosslight.models.embedded.graphs import Floats
from crosslight.models.embedded.scene import DIGITS, OVERLAP, Box, Thing, overlap
from crosslight.models.embedded.sessions import open_session
from crosslight.models.embedded.ssd import ANCHORS, SIDE

SCORE = np.float32(0.3)
"""Of the released graph: what is less is not looked at."""
MOST = 100
DOUBTED = np.float32(0.5)
"""From this score on a thing that the tags do not bear out is not taken to be absent."""
LOOKED_AT = 640
"""Pixels of the longer side that a larger picture is brought to first: COCO's own size."""
MAP_SIDES = (19, 10, 5, 3, 2, 1)
SCALES = (0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0)
RATIOS = (1.0, 2.0, 0.5, 3.0, 0.3333)
"""The last one is written so in the graph; a third would move boxes by 0.0001."""


class Detector:
    """May be called from several threads."""

    def __init__(self, graph: Path) -> None:
        self._session = open_session(graph)

    def things(self, image: Image.Image) -> tuple[Thing, ...]:
        """All that is found, surest first; one box may bear several labels."""
        if max(image.size) > LOOKED_AT:
            scale = LOOKED_AT / max(image.size)
            size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
            image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        return self.found(np.asarray(image))

    def found(self, pixels: NDArray[np.uint8]) -> tuple[Thing, ...]:
        """The same of pixels as they are, height x width x 3."""
        logits, codes = self.raw(squeezed(pixels)[None])
        return read_out(logits[0], codes[0])

    def raw(self, pixels: Floats) -> tuple[Floats, Floats]:
        """Logits (n, 1917, 80) and box codes (n, 1917, 4) of n squares of floats 0..255."""
        logits, codes = self._session.run(["logits", "boxes"], {"pixels": pixels})
        return logits, codes


def squeezed(pixels: NDArray[np.uint8]) -> Floats:
    """To 300 x 300 as TensorFlow's old ResizeBilinear does: no half-pixel centres, no smoothing.

    Another resize moves the boxes and takes up to 0.3 from a score.
    """
    (top, bottom, down), (left, right, across) = (_steps(n) for n in pixels.shape[:2])
    corners = [
        pixels[np.ix_(y, x)].astype(np.float32) for y in (top, bottom) for x in (left, right)
    ]
    across, down = across[None, :, None], down[:, None, None]
    upper = corners[0] + (corners[1] - corners[0]) * across
    lower = corners[2] + (corners[3] - corners[2]) * across
    return np.asarray(upper + (lower - upper) * down, dtype=np.float32)


def _steps(size: int) -> tuple[NDArray[np.int_], NDArray[np.int_], Floats]:
    """For each of the 300 places: the two pixels that it lies between, and how far it is."""
    at = np.arange(SIDE, dtype=np.float32) * np.float32(size / SIDE)
    low = np.minimum(np.floor(at).astype(np.int_), size - 1)
    return low, np.minimum(low + 1, size - 1), (at - low).astype(np.float32)


@cache
def anchors() -> Floats:
    """(cy, cx, height, width) of the 1,917 anchors, in the order of the network's outputs."""
    rows: list[Floats] = []
    for index, side in enumerate(MAP_SIDES):
        shapes = np.array(_shapes(index), dtype=np.float64)
        centre = (np.arange(side) + 0.5) / side
        cy, cx, k = np.meshgrid(centre, centre, np.arange(len(shapes)), indexing="ij")
        each = np.stack([cy.ravel(), cx.ravel(), *shapes[k.ravel().astype(int)].T], axis=1)
        rows.append(each.astype(np.float32))
    made = np.concatenate(rows)
    if made.shape != (ANCHORS, 4):
        raise AssertionError(f"{made.shape} anchors")
    return made


def _shapes(index: int) -> list[tuple[float, float]]:
    """(height, width) of the anchors of a cell of that map."""
    if index == 0:
        pairs = [(0.1, 1.0), (SCALES[0], 2.0), (SCALES[0], 0.5)]
    else:
        scale, after = SCALES[index], SCALES[index + 1]
        pairs = [(scale, ratio) for ratio in RATIOS] + [((scale * after) ** 0.5, 1.0)]
    return [(scale / ratio**0.5, scale * ratio**0.5) for scale, ratio in pairs]


def decoded(codes: Floats) -> Floats:
    """(top, left, bottom, right) of box codes, clipped to the picture."""
    centre, size = anchors()[:, :2], anchors()[:, 2:]
    middle = codes[:, :2] / 10 * size + centre
    half = np.exp(codes[:, 2:] / 5) * size / 2
    corners = np.concatenate([middle - half, middle + half], axis=1)
    return np.asarray(np.clip(corners, 0, 1), dtype=np.float32)


def read_out(logits: Floats, codes: Floats) -> tuple[Thing, ...]:
    """The things of one picture: per label the best of overlapping boxes, then the best of all."""
    scores = 1 / (1 + np.exp(-logits.astype(np.float64)))
    boxes = decoded(codes)
    solid = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    names, found = tuple(labels()), list[Thing]()
    for column in np.flatnonzero((scores > SCORE).any(axis=0)):
        mine = np.flatnonzero((scores[:, column] > SCORE) & solid)
        order = mine[np.argsort(-scores[mine, column], kind="stable")]
        kept: list[Box] = []
        for index in order[: 10 * MOST]:
            top, left, bottom, right = (round(float(v), DIGITS) for v in boxes[index])
            box = (left, top, right, bottom)
            if len(kept) < MOST and all(overlap(box, other) <= OVERLAP for other in kept):
                kept.append(box)
                score = round(float(scores[index, column]), DIGITS)
                found.append(Thing(names[column], score, box))
    return tuple(sorted(found, key=lambda thing: -thing.score)[:MOST])


def borne_out(
    things: Sequence[Thing], tags: Sequence[tuple[str, float]], share: float
) -> tuple[Thing, ...]:
    """The things that count: persons, and those whose ImageNet classes hold that share of the
    tags. Of the labels of one box the surest is kept."""
    mass = dict(tags)
    kept: list[Thing] = []
    for thing in sorted(things, key=lambda t: -t.score):
        classes = label_of(thing.label).classes
        agreed = thing.label == PERSON or sum(mass.get(name, 0.0) for name in classes) >= share
        if agreed and all(overlap(thing.box, other.box) <= OVERLAP for other in kept):
            kept.append(thing)
    return tuple(kept)


def doubted(things: Sequence[Thing], kept: Sequence[Thing]) -> tuple[Thing, ...]:
    """What the detector is sure of and the tags do not bear out, if no thing that counts lies
    there."""
    return tuple(
        thing
        for thing in things
        if thing.score >= DOUBTED
        and label_of(thing.label).classes
        and all(overlap(thing.box, other.box) <= OVERLAP for other in kept)
    )
