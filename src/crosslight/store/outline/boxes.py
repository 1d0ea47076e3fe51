"""The outline of HEIC and AVIF: boxes as in an MP4 file (ISO 14496-12, 23008-12)."""

import re
import struct

from crosslight.store.bounds import Bounds, check_size
from crosslight.store.outline.outline import Outline

_AVIF = {b"avif", b"avis"}
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_SIZE = re.compile(rb"ispe\0\0\0\0(.{8})", re.DOTALL)
_HEADER = 1 << 20
"""Bytes in which the sizes of all pictures stand; their pixels come after them."""


def brand_of(data: bytes) -> str | None:
    """The format by the brands of the first box, the main one first; None for a video."""
    length = min(struct.unpack_from(">I", data)[0], 256, len(data))
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, length - 3, 4))]
    for brand in brands:
        if brand in _AVIF:
            return "AVIF"
        if brand in _HEIF:
            return "HEIF"
    return "HEIF" if brands[0] in (b"mif1", b"msf1") else None


def outline_boxes(data: bytes, bounds: Bounds) -> Outline:
    """Never plain: the decoders are those of videos. The size is that of the largest picture, a
    grid's tiles and thumbnails being smaller."""
    width = height = 0
    for found in _SIZE.finditer(data, 0, _HEADER):
        wide, high = struct.unpack(">II", found[1])
        if wide * high > width * height:
            width, height = wide, high
    if width:
        check_size(brand_of(data) or "HEIF", width, height, bounds)
    return Outline(width, height, plain=False)
