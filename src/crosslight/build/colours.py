"""Which photos look alike, by where their colours are: no model is asked.

Coarse, and enough to prefer a meadow to a kitchen where a sentence about a meadow is to be tried.
"""

import io
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

GRID = 6


def colours_of(jpeg: bytes) -> bytes:
    """The mean colour of each field of a grid over a view, 3 bytes a field."""
    with Image.open(io.BytesIO(jpeg)) as image:
        image.draft("RGB", (GRID * 8, GRID * 8))
        return image.convert("RGB").resize((GRID, GRID), Image.Resampling.BOX).tobytes()


def unlikeness(one: bytes, others: Sequence[bytes]) -> list[float]:
    """How far other photos are from one; unknown colours are as far as can be."""
    far = [math.inf] * len(others)
    known = [at for at, other in enumerate(others) if one and len(other) == len(one)]
    if known:
        table = np.frombuffer(b"".join(others[at] for at in known), np.uint8)
        mine = np.frombuffer(one, np.uint8).astype(np.int16)
        apart = np.abs(table.reshape(len(known), -1).astype(np.int16) - mine).sum(axis=1)
        for at, distance in zip(known, apart, strict=True):
            far[at] = float(distance)
    return far
