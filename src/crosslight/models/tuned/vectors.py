"""What a linear judge sees: vectors of the request, the answer and the picture, in named blocks.

A number that is not there is NaN, never zero: a head takes the mean of its training rows for it, so
that a picture that nobody saw is no grey picture. Flags say what was there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from crosslight.models.embedded.coco import usable_labels
from crosslight.models.embedded.conse import DIM, LabelSpace
from crosslight.models.embedded.scene import SAFETY, Scene

VERSION = "vectors-1"
"""Raise it when the same row gives another vector: every tuned head is then refused."""
FLAGS = ("answered", "pictured", "picture_missing", "printed")
MOST_CHARACTERS = 8_000
"""Of one text; words behind them are not looked at."""
AT_ONCE = 512
"""Texts that are embedded in one call."""

Floats = NDArray[np.float32]
Picture = Literal["none", "missing"]


def blocks() -> dict[str, int]:
    """Name and width of each part of a vector, in order."""
    things = len(usable_labels())
    return {
        "request": DIM,
        "answer": DIM,
        "scene": DIM,
        "safety": len(SAFETY),
        "things": things,
        "print": DIM,
        "flags": len(FLAGS),
    }


def vector_width() -> int:
    """Numbers of a vector."""
    return sum(blocks().values())


def layout() -> list[list[str | int]]:
    """The blocks as a tuned head keeps them."""
    return [[name, size] for name, size in blocks().items()]


def place(block: str) -> slice:
    """Where a block stands in a vector."""
    start = 0
    for name, size in blocks().items():
        if name == block:
            return slice(start, start + size)
        start += size
    raise KeyError(block)


@dataclass(frozen=True, slots=True)
class Shown:
    """What one vector is made of. `scene`: what was seen, `none`: the row has no picture,
    `missing`: it has one that is not there."""

    request: str
    answer: str = ""
    scene: Scene | Picture = "none"


class Vectorizer:
    """Vectors of rows. The word vectors (wordllama) are loaded with the first row."""

    @cached_property
    def _space(self) -> LabelSpace:
        return LabelSpace()

    @cached_property
    def _places(self) -> dict[str, slice]:
        return {name: place(name) for name in blocks()}

    def rows(self, shown: Sequence[Shown]) -> Floats:
        """One row each, shape (n, vector_width()). Unknown numbers are NaN."""
        out = np.full((len(shown), vector_width()), np.nan, dtype=np.float32)
        for start in range(0, len(shown), AT_ONCE):
            self._fill(out[start : start + AT_ONCE], shown[start : start + AT_ONCE])
        return out

    def _fill(self, out: Floats, shown: Sequence[Shown]) -> None:
        self._texts(out, "request", [one.request for one in shown])
        self._texts(out, "answer", [one.answer for one in shown])
        self._texts(out, "print", [_print(one.scene) for one in shown])
        for row, one in zip(out, shown, strict=True):
            row[self._places["flags"]] = _flags(one)
            if isinstance(one.scene, Scene):
                self._scene(row, one.scene)

    def _texts(self, out: Floats, block: str, texts: Sequence[str]) -> None:
        there = np.array([bool(text.strip()) for text in texts], dtype=bool)
        if there.any():
            known = [
                t[:MOST_CHARACTERS] for t, is_there in zip(texts, there, strict=True) if is_there
            ]
            out[there, self._places[block]] = self._space.texts(known)

    def _scene(self, row: Floats, scene: Scene) -> None:
        row[self._places["scene"]] = self._space.tags(scene.tags)
        row[self._places["safety"]] = [scene.safety[name] for name in SAFETY]
        if scene.things is not None:
            best = dict.fromkeys(usable_labels(), 0.0)
            for thing in scene.things:
                if thing.label in best:
                    best[thing.label] = max(best[thing.label], thing.score)
            row[self._places["things"]] = list(best.values())


def _print(scene: Scene | Picture) -> str:
    return " ".join(line for line, _ in scene.text) if isinstance(scene, Scene) else ""


def _flags(one: Shown) -> list[float]:
    answered = bool(one.answer.strip())
    there = (
        answered,
        isinstance(one.scene, Scene),
        one.scene == "missing",
        _print(one.scene) != "",
    )
    return [float(flag) for flag in there]
