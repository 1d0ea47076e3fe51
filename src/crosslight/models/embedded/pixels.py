"""From the bytes of an image to the pixels that the networks want."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from crosslight.models.errors import Rejected
from crosslight.store import BadImage, Bounds, decode_image

Pixels = NDArray[np.uint8]
MAX_PIXELS = 100_000_000
"""Of a decoded image: more is a bomb, or should have been made smaller by the store."""

Views = tuple[tuple[float, float, float, float], ...]
"""(weight, side as a share of the shorter side, x, y): x, y in [0, 1] say where the square lies."""

# The views that the tagger averages: the largest centred square and a zoom into it, since things
# are often small and near the middle. Corners and the squashed whole were measured and do not
# pay (docs/embedded.md).
VIEWS: Views = ((0.5, 1.0, 0.5, 0.5), (0.5, 0.6, 0.5, 0.5))


def decode(data: bytes) -> Image.Image:
    """An upright RGB image; transparent parts become white. Raises `Rejected`."""
    try:
        return decode_image(data, bounds=Bounds(max_pixels=MAX_PIXELS)).image
    except BadImage as error:
        raise Rejected(
            f"not an image that can be read: {error}", hint="leave that picture out of the input"
        ) from error


def tag_views(image: Image.Image, side: int, views: Views = VIEWS) -> Pixels:
    """The square views, shape (views, side, side, 3)."""
    return np.stack([_square(image, side, share, x, y) for _, share, x, y in views])


def _square(image: Image.Image, side: int, share: float, x: float, y: float) -> Pixels:
    length = min(image.size) * share
    left, top = (image.width - length) * x, (image.height - length) * y
    box = (left, top, left + length, top + length)
    return np.asarray(image.resize((side, side), Image.Resampling.BICUBIC, box=box))


def padded(image: Image.Image, side: int) -> Pixels:
    """The whole image, fitted into a square whose margins are its own blurred copy."""
    ground = image.resize((side, side), Image.Resampling.LANCZOS)
    ground = ground.filter(ImageFilter.GaussianBlur(10))
    scale = min(side / image.width, side / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    front = image.resize(size, Image.Resampling.LANCZOS)
    ground.paste(front, ((side - size[0]) // 2, (side - size[1]) // 2))
    return np.asarray(ground)
