"""What a fake sees of a JPEG: its hash and its dominant colour."""

import binascii
import hashlib
from functools import lru_cache

import numpy as np
import pybase64

NAMED = {
    "red": (220, 40, 40),
    "green": (40, 170, 60),
    "blue": (40, 70, 220),
    "yellow": (240, 220, 50),
    "orange": (240, 140, 30),
    "purple": (140, 60, 170),
    "black": (15, 15, 15),
    "white": (240, 240, 240),
    "grey": (128, 128, 128),
    "brown": (120, 75, 40),
}
CHECKERED = "checkered"
GRID = 16


@lru_cache(maxsize=4096)
def dominant_colour(jpeg: bytes) -> str:
    """The name of the commonest colour, `checkered` for a black-and-white board, `` if the bytes
    are no picture."""
    from PIL import Image

    from crosslight.store import BadImage, decode_image

    try:
        image = decode_image(jpeg, 8 * GRID).image
    except BadImage:
        return ""
    small = image.resize((GRID, GRID), Image.Resampling.NEAREST)
    pixels = np.asarray(small, dtype=np.int32).reshape(-1, 3)
    names = list(NAMED)
    palette = np.array([NAMED[name] for name in names], dtype=np.int32)
    distance = ((pixels[:, None, :] - palette[None]) ** 2).sum(axis=2)
    counts = np.bincount(distance.argmin(axis=1), minlength=len(names)) / len(pixels)
    share = dict(zip(names, counts.tolist(), strict=True))
    if share["black"] > 0.3 and share["white"] > 0.3:
        return CHECKERED
    return max(share, key=lambda name: share[name])


def sha256(jpeg: bytes) -> str:
    """Content hash, 64 hex digits."""
    return hashlib.sha256(jpeg).hexdigest()


def from_data_url(url: str) -> bytes:
    """The bytes of a base64 data URL; empty for anything else."""
    head, comma, data = url.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        return b""
    try:
        return pybase64.b64decode(data, validate=True)
    except binascii.Error:
        return b""
