"""Bytes of unknown origin to a bounded RGB image, or a `BadImage` with a stable reason.

Only formats that Pillow decodes are read (no SVG, EPS or PDF: nothing shells out). Size, scans,
chunks and tags are counted before anything is decoded. A picture whose cost those numbers bound is
decoded here; any other in a process of its own kind, with limits of time and memory.
"""

from crosslight.store.bounds import BadImage, Bounds
from crosslight.store.frames import Frames
from crosslight.store.outline.outline import PLAIN_PIXELS
from crosslight.store.outline.read import FORMATS, admit, sniff
from crosslight.store.pixels import WHITE, Decoded, Peek, decode_here, fit_image, peek_here
from crosslight.store.workers import DecoderDown, decode_aside, peek_aside, survey_aside


def decode_image(
    data: bytes,
    side: int | None = None,
    bounds: Bounds | None = None,
    *,
    frame: int = 0,
    ground: int = WHITE,
) -> Decoded:
    """Decode the first frame to RGB, or another one that `survey_image` named; with `side`, no
    larger than needed to fit that many pixels. Transparent parts become the grey `ground`.

    The result with `side` is at least as large as the fitted size (and at most twice as large,
    except where the aspect is extreme): resize it to `fit(width, height, side)` if it must be
    exact. Raises `BadImage`; `DecoderDown` where no decoding process can be had.
    """
    bounds = bounds or Bounds()
    kind, outline = admit(data, bounds)
    if outline.plain and not frame:
        return decode_here(data, kind, side, bounds, ground=ground)
    room = max(outline.pixels, PLAIN_PIXELS) if frame else outline.pixels
    return decode_aside(data, kind, side, bounds, room, frame, ground)


def survey_image(data: bytes, most: int, bounds: Bounds | None = None) -> Frames:
    """Which frames, pages or pictures of a file are worth a look, at most so many; always in a
    process with limits. Raises as `decode_image`."""
    bounds = bounds or Bounds()
    kind, outline = admit(data, bounds)
    # A later page may be larger than the first, which the outline tells of.
    return survey_aside(data, kind, most, bounds, max(outline.pixels, PLAIN_PIXELS))


def peek_image(data: bytes, bounds: Bounds | None = None) -> Peek:
    """What the header says, under the same bounds. Raises as `decode_image`."""
    bounds = bounds or Bounds()
    kind, outline = admit(data, bounds)
    if outline.plain:
        return peek_here(data, kind, bounds)
    return peek_aside(data, kind, bounds, outline.pixels)


__all__ = [
    "FORMATS",
    "BadImage",
    "Bounds",
    "Decoded",
    "DecoderDown",
    "Frames",
    "Peek",
    "decode_image",
    "fit_image",
    "peek_image",
    "sniff",
    "survey_image",
]
