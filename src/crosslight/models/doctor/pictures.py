"""Four tiny pictures that anything that sees can tell apart, and a blank one."""

import hashlib
import io
from functools import cache

from crosslight.models.message import ImageView

SIDE = 224
RECIPE = f"probe-v1:{SIDE}"
NAMES = ("red", "green", "blue", "checkered")
BLANK = "grey"
QUESTION = (
    "What fills this picture? Answer with one word only: red, green, blue or checkered "
    "(a board of black and white squares)."
)
_FILL = {
    "red": (214, 36, 36),
    "green": (34, 158, 62),
    "blue": (36, 66, 214),
    BLANK: (128, 128, 128),
}
_SQUARE = SIDE // 8


@cache
def picture(name: str, quality: int = 92) -> ImageView:
    """One of NAMES or BLANK, drawn here and now. `photo` is the hash of the JPEG."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (SIDE, SIDE), _FILL.get(name, (240, 240, 240)))
    if name == "checkered":
        draw = ImageDraw.Draw(image)
        for row in range(8):
            for column in range(row % 2, 8, 2):
                corner = (column * _SQUARE, row * _SQUARE)
                opposite = (corner[0] + _SQUARE - 1, corner[1] + _SQUARE - 1)
                draw.rectangle((corner, opposite), fill=(16, 16, 16))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    data = buffer.getvalue()
    return ImageView(hashlib.sha256(data).hexdigest(), RECIPE, data, SIDE, SIDE)
