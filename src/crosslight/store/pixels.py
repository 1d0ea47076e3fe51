"""Decoding by Pillow, in the process that calls: bounded in pixels, not in time.

`decode.py` decides which process that is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from typing import Any

from PIL import (  # noqa: F401  (plugins register on import; doing it here avoids a race in threads)
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from crosslight.store.bounds import BadImage, Bounds, check_size

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BAND = 1_000_000  # pixels that are converted to RGB at a time
_LATE = {"AVIF": "PIL.AvifImagePlugin", "HEIF": "pillow_heif"}
"""Readers that are loaded when a picture asks for them: their libraries are large, or not there."""
REMEDY = {
    "AVIF": "AVIF is read by a Pillow that was built with it: pip install 'pillow>=12.3'",
    "HEIF": "HEIC is read with an extra: pip install 'crosslight[heif]'",
}
SEVERAL = "the first of several frames"
LIGHT = "light parts on a transparent ground are shown on white"
WHITE, BLACK = 255, 0
_LIGHT_LEVEL, _SEEN, _SHARE = 235, 32, 0.001
"""Of 255: from where a part is lost on white, and from which opacity it is seen at all. The share
of the pixels that must be so lost, and that must be transparent, before it is told."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """An RGB picture, on white unless asked otherwise, with its orientation applied.

    `width` and `height` are pixels of the *whole* picture after orientation; `image` may be
    smaller when a side was asked for. `notes` says what was simplified: `SEVERAL`, `LIGHT`.
    """

    image: Image.Image
    width: int
    height: int
    format: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Peek:
    """What a picture's header says: pixels as stored, Pillow's colour mode, and whether its EXIF
    orientation is not upright."""

    width: int
    height: int
    format: str
    mode: str
    turned: bool


def decode_here(
    data: bytes,
    kind: str,
    side: int | None,
    bounds: Bounds,
    frame: int = 0,
    ground: int = WHITE,
) -> Decoded:
    """Decode a frame in this process, transparent parts on that grey. Raises `BadImage`."""
    with open_image(data, kind) as image:
        check_size(kind, *image.size, bounds)
        if frame:
            seek_frame(image, kind, frame, bounds)
        return decode_frame(image, kind, side, ground)


def seek_frame(image: Image.Image, kind: str, frame: int, bounds: Bounds) -> None:
    """Go to a frame, page or picture of the file. Raises `BadImage`."""
    try:
        image.seek(frame)
    except MemoryError:
        raise
    except Exception as error:
        raise BadImage("truncated", f"{kind}, frame {frame + 1}: {_short(error)}") from error
    check_size(kind, *image.size, bounds)


def peek_here(data: bytes, kind: str, bounds: Bounds) -> Peek:
    """Read the header in this process. Raises `BadImage`."""
    with open_image(data, kind) as image:
        check_size(kind, *image.size, bounds)
        return Peek(*image.size, kind, image.mode, _orientation(image) not in (0, 1))


def fit_image(width: int, height: int, side: int) -> tuple[int, int]:
    """The size in pixels that keeps the aspect and has no side over `side`; never larger."""
    longest = max(width, height)
    if longest <= side:
        return width, height
    half = longest // 2
    return max(1, (width * side + half) // longest), max(1, (height * side + half) // longest)


def load_reader(kind: str) -> None:
    """Make the reader of that format known to Pillow. Raises `BadImage` where it is not there."""
    if kind in Image.OPEN or kind not in _LATE:
        return
    try:
        module: Any = import_module(_LATE[kind])
    except ImportError as error:
        raise BadImage("no_decoder", REMEDY[kind]) from error
    if kind == "HEIF":
        # One thread: each further one takes address space, which is bounded here. Thumbnails, depth
        # maps and auxiliary pictures are no content of their own.
        module.register_heif_opener(thumbnails=False, decode_threads=1)
    elif not module.SUPPORTED:
        raise BadImage("no_decoder", REMEDY[kind])
    else:
        module.DEFAULT_MAX_THREADS = 1


def open_image(data: bytes, kind: str) -> Image.Image:
    """The picture, its pixels not yet read. Raises `BadImage`."""
    load_reader(kind)
    # The one plugin, not Image.open: that would try others, and warn or refuse by a global bound.
    plugin, _ = Image.OPEN[kind]
    try:
        return plugin(BytesIO(data), "")
    except Image.DecompressionBombError as error:
        raise BadImage("too_many_pixels", f"{kind}: {_short(error)}") from error
    except MemoryError:
        raise
    except Exception as error:  # plugins raise a dozen kinds on broken headers
        raise BadImage("truncated", f"{kind}: {_short(error)}") from error


def decode_frame(
    image: Image.Image, kind: str, side: int | None = None, ground: int = WHITE
) -> Decoded:
    """Decode the frame that the picture is at. Raises `BadImage`."""
    width, height = image.size
    several = _animated(image)
    target = fit_image(width, height, side) if side else (width, height)
    try:
        if kind == "JPEG" and side:
            image.draft(None, target)  # the decoder itself scales by 1/2, 1/4 or 1/8
        image.load()
    except Image.DecompressionBombError as error:
        raise BadImage("too_many_pixels", f"{width} x {height}: {_short(error)}") from error
    except MemoryError:
        raise
    except Exception as error:
        raise BadImage("truncated", f"{kind}: {_short(error)}") from error
    # Read after load(): a PNG may carry its EXIF behind the pixels; a TIFF is turned by Pillow.
    turn = _TURNS.get(_orientation(image)) if kind != "TIFF" else None
    flat = _Ground(ground)
    rgb = _flatten(image, target, flat)
    if turn is not None:
        rgb = rgb.transpose(turn)
        if turn in (_TURNS[5], _TURNS[6], _TURNS[7], _TURNS[8]):
            width, height = height, width
    notes = [note for note, told in ((SEVERAL, several), (LIGHT, flat.hides)) if told]
    return Decoded(rgb, width, height, kind, tuple(notes))


def _short(error: Exception) -> str:
    text = str(error).partition("<_io")[0].strip() or type(error).__name__
    return " ".join(text.split())[:160]


def _animated(image: Image.Image) -> bool:
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:  # a broken second frame is no reason to refuse the first
        return False


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
        return value if isinstance(value, int) else 1
    except Exception:  # EXIF is decoration: garbage in it means "as stored"
        return 1


class _Ground:
    """Lays a picture, or its bands one after the other, on an even grey, and counts what a white
    ground would swallow."""

    def __init__(self, level: int) -> None:
        self._level = level
        self._pixels = self._clear = self._light = 0

    @property
    def hides(self) -> bool:
        """Whether light parts stand beside transparent ones."""
        return min(self._clear, self._light) > self._pixels * _SHARE

    def lay(self, part: Image.Image) -> Image.Image:
        """RGB on the ground."""
        clear = part.convert("RGBA")
        alpha = clear.getchannel("A")
        out = Image.new("RGB", part.size, (self._level,) * 3)
        out.paste(clear, mask=alpha)
        self._pixels += part.width * part.height
        transparent = sum(alpha.histogram()[:_SEEN])
        self._clear += transparent
        if transparent:
            shown = alpha.point(lambda v: 255 if v >= _SEEN else 0)
            on_white = Image.new("L", part.size, WHITE)
            on_white.paste(clear.convert("L"), mask=alpha)
            self._light += sum(on_white.histogram(shown)[_LIGHT_LEVEL:])
        return out


def _flatten(image: Image.Image, target: tuple[int, int], ground: _Ground) -> Image.Image:
    """RGB, reduced by a whole factor (box filter) while it stays at least `target`.

    Works in bands, so that beside the decoded picture only a few megabytes are needed.
    """
    width, height = image.size
    factor = max(1, min(width // target[0], height // target[1]))
    try:
        convert = _converter(image, ground)
        if factor == 1 and width * height <= _BAND:
            return convert(image)
        out = Image.new("RGB", (-(-width // factor), -(-height // factor)))
        rows = max(1, _BAND // (width * factor)) * factor
        for top in range(0, height, rows):
            band = image.crop((0, top, width, min(top + rows, height)))
            part = convert(band)
            out.paste(part.reduce(factor) if factor > 1 else part, (0, top // factor))
        return out
    except ValueError as error:
        raise BadImage("unreadable", f"colour mode {image.mode}: {_short(error)}") from error


def _converter(image: Image.Image, ground: _Ground) -> Callable[[Image.Image], Image.Image]:
    """How to bring this picture (or a band of it) to RGB."""
    if image.mode.startswith(("I", "F")):
        scale, offset = _levels(image)
        return lambda part: (
            part.convert("F").point(lambda v: v * scale + offset).convert("L").convert("RGB")
        )
    if image.has_transparency_data:
        return ground.lay
    return lambda part: part.convert("RGB")


def _levels(image: Image.Image) -> tuple[float, float]:
    """Scale and offset that bring 16-bit, 32-bit or float grey to 0-255."""
    if image.mode.startswith("I;16"):
        return 1 / 256, 0.0
    extrema = image.getextrema()
    low, high = float(extrema[0]), float(extrema[1])  # type: ignore[arg-type]
    if image.mode == "F" and low >= 0 and high <= 1:
        return 255.0, 0.0
    if image.mode == "I" and low >= 0 and high <= 65535:
        return (1.0 if high <= 255 else 1 / 256), 0.0
    span = high - low
    if not 0 < span < float("inf"):
        raise ValueError("grey levels without a range")
    return 255 / span, -low * 255 / span
