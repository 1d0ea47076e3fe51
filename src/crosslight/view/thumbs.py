"""Small JPEG pictures inside the page, so that a report is one file."""

import base64
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image

from crosslight.store import BadImage, decode_image, fit_image

QUALITY = 74


@dataclass(frozen=True, slots=True)
class Thumb:
    """A picture as a data URI, with its size in pixels so that the page does not jump."""

    uri: str
    width: int
    height: int


@dataclass
class Thumbs:
    """Makes thumbnails until their bytes reach `budget`; then, and for what is no image, None.

    The same bytes and side give the same URI: one Pillow version, one page.
    """

    pictures: dict[str, bytes]
    budget: int
    spent: int = 0
    _made: dict[tuple[str, int, int], Thumb | None] = field(default_factory=dict, repr=False)

    def add(self, photo: str, side: int, data: bytes) -> None:
        """Make this thumbnail now, so that the picture itself need not be kept."""
        self._made[photo, side, 0] = _make(data, side)

    def get(self, photo: str, side: int, frame: int = 0) -> Thumb | None:
        """The photo, or a frame of it, with no side over `side` pixels."""
        key = (photo, side, frame)
        if key not in self._made:
            data = self.pictures.get(photo)
            self._made[key] = None if data is None else _make(data, side, frame)
        thumb = self._made[key]
        # A photo that is shown twice stands in the page twice.
        if thumb is None or self.spent + len(thumb.uri) > self.budget:
            return None
        self.spent += len(thumb.uri)
        return thumb


def _make(data: bytes, side: int, frame: int = 0) -> Thumb | None:
    made = small_jpeg(data, side, frame)
    if made is None:
        return None
    jpeg, size = made
    text = base64.b64encode(jpeg).decode("ascii")
    return Thumb(f"data:image/jpeg;base64,{text}", *size)


def small_jpeg(
    data: bytes, side: int, frame: int = 0, *, quality: int = QUALITY, optimize: bool = True
) -> tuple[bytes, tuple[int, int]] | None:
    """A picture with no side over `side` pixels, and its size; None for what is no picture."""
    try:
        decoded = decode_image(data, side, frame=frame)
    except BadImage:
        return None
    size = fit_image(decoded.width, decoded.height, side)
    image = decoded.image
    if image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS)
    out = BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=optimize)
    return out.getvalue(), size
