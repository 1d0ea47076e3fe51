"""Decoding by Pillow, in the process that calls: bounded in pixels, not in time.

`decode.py` decides which process that is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

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


@dataclass(frozen=True, slots=True)
class Decoded:
    """An RGB picture on white with its orientation applied.

    `width` and `height` are pixels of the *whole* picture after orientation; `image` may be
    smaller when a side was asked for. `notes` says what was simplified.
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


def decode_here(data: bytes, kind: str, side: int | None, bounds: Bounds) -> Decoded:
    """Decode the first frame in this process. Raises `BadImage`."""
    with _open(data, kind) as image:
        check_size(kind, *image.size, bounds)
        return _decode(image, kind, side)


def peek_here(data: bytes, kind: str, bounds: Bounds) -> Peek:
    """Read the header in this process. Raises `BadImage`."""
    with _open(data, kind) as image:
        check_size(kind, *image.size, bounds)
        return Peek(*image.size, kind, image.mode, _orientation(image) not in (0, 1))


def fit_image(width: int, height: int, side: int) -> tuple[int, int]:
    """The size in pixels that keeps the aspect and has no side over `side`; never larger."""
    longest = max(width, height)
    if longest <= side:
        return width, height
    half = longest // 2
    return max(1, (width * side + half) // longest), max(1, (height * side + half) // longest)


def _open(data: bytes, kind: str) -> Image.Image:
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


def _decode(image: Image.Image, kind: str, side: int | None) -> Decoded:
    width, height = image.size
    notes = ("first frame of an animation",) if _animated(image) else ()
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
    rgb = _flatten(image, target)
    if turn is not None:
        rgb = rgb.transpose(turn)
        if turn in (_TURNS[5], _TURNS[6], _TURNS[7], _TURNS[8]):
            width, height = height, width
    return Decoded(rgb, width, height, kind, notes)


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


def _flatten(image: Image.Image, target: tuple[int, int]) -> Image.Image:
    """RGB on white, reduced by a whole factor (box filter) while it stays at least `target`.

    Works in bands, so that beside the decoded picture only a few megabytes are needed.
    """
    width, height = image.size
    factor = max(1, min(width // target[0], height // target[1]))
    try:
        convert = _converter(image)
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


def _converter(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """How to bring this picture (or a band of it) to RGB."""
    if image.mode.startswith(("I", "F")):
        scale, offset = _levels(image)
        return lambda part: (
            part.convert("F").point(lambda v: v * scale + offset).convert("L").convert("RGB")
        )
    if image.has_transparency_data:
        return _on_white
    return lambda part: part.convert("RGB")


def _on_white(part: Image.Image) -> Image.Image:
    clear = part.convert("RGBA")
    white = Image.new("RGB", part.size, (255, 255, 255))
    white.paste(clear, mask=clear.getchannel("A"))
    return white


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
