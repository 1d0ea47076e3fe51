"""Printed text, read by rapidocr out of its own wheel: no download, no log lines."""

import hashlib
import logging
import re
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from crosslight.models.embedded.memory import give_back

SIDE = 640
"""The longer side in pixels that text is looked for at; smaller images are not blown up."""
SURE = 0.6
"""Lines that the reader is less sure of are noise on textures."""
SHORTEST = 2
"""Characters of a line: single ones are read into rings, leaves and wood."""
_NUMERAL = re.compile(r"\(?[0-9][.):]")
_TURN = threading.Lock()
KEPT = 256
"""Pictures whose lines are kept: more than are under way at once."""


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line, how sure the reader is of it, and where it stands: the upright box around it,
    in shares of width and height."""

    text: str
    confidence: float
    left: float
    top: float
    right: float
    bottom: float


_READ: dict[bytes, tuple[Line, ...]] = {}


class TextReader:
    """May be called from several threads. One reads at a time, over the whole process: what two
    readers hold while they work is most of what perception needs. A picture that both perception
    and the judge want read is read once: reading takes half of the time of a verdict."""

    def lines(self, image: Image.Image) -> tuple[tuple[str, float], ...]:
        """(text, confidence in [0, 1]) from top to bottom."""
        return tuple((line.text, line.confidence) for line in self.placed(image))

    def placed(self, image: Image.Image, *, numerals: bool = False) -> tuple[Line, ...]:
        """The same with the places of the lines; `numerals` keeps "1." by itself, of lists."""
        return tuple(
            line
            for line in _read(np.asarray(image))
            if _long_enough(line.text) or (numerals and _is_numeral(line.text))
        )


def _read(pixels: Any) -> tuple[Line, ...]:
    """All sure lines of RGB pixels."""
    key = hashlib.blake2b(repr(pixels.shape).encode() + pixels.tobytes()).digest()
    with _TURN:
        lines = _READ.pop(key, None)
        if lines is None:
            lines = _lines(pixels)
        _READ[key] = lines  # the last to be forgotten
        if len(_READ) > KEPT:
            _READ.pop(next(iter(_READ)))
    return lines


def _lines(pixels: Any) -> tuple[Line, ...]:
    found = _make()(pixels[:, :, ::-1])  # BGR
    give_back()
    if found.txts is None or found.scores is None or found.boxes is None:
        return ()
    height, width = pixels.shape[:2]
    return tuple(
        Line(text.strip(), round(float(score), 4), *_around(corners, (width, height)))
        for text, score, corners in zip(found.txts, found.scores, found.boxes, strict=True)
        if score >= SURE
    )


def _long_enough(text: str) -> bool:
    return sum(c.isalnum() for c in text) >= SHORTEST


def _is_numeral(text: str) -> bool:
    return _NUMERAL.fullmatch(text.strip()) is not None


def _around(corners: Any, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """The upright box around four corners in pixels, in shares."""
    shares = np.clip(np.asarray(corners, dtype=np.float64) / np.array(size), 0, 1)
    left, top = (round(float(v), 4) for v in shares.min(axis=0))
    right, bottom = (round(float(v), 4) for v in shares.max(axis=0))
    return left, top, right, bottom


@cache
def _make() -> Any:
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    threads = "EngineConfig.onnxruntime"
    return RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.use_cls": False,  # upside-down text: twice the time, for little
            "Det.limit_type": "max",
            "Det.limit_side_len": SIDE,
            f"{threads}.intra_op_num_threads": 1,
            f"{threads}.inter_op_num_threads": 1,
            "Rec.rec_batch_num": 1,  # lines side by side are padded to the longest of them
            # A sixth faster with it, but it keeps the most that any picture ever needed.
            f"{threads}.enable_cpu_mem_arena": False,
        }
    )
