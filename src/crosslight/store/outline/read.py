"""From bytes to an outline: admitted by size and kind, then measured by its format's reader."""

from collections.abc import Callable, Mapping

from crosslight.store.bounds import BadImage, Bounds, check_size
from crosslight.store.outline.boxes import brand_of, outline_boxes
from crosslight.store.outline.jpeg import outline_jpeg
from crosslight.store.outline.outline import Outline
from crosslight.store.outline.simple import (
    outline_bmp,
    outline_gif,
    outline_png,
    outline_tiff,
    outline_webp,
)

READERS: Mapping[str, Callable[[bytes, Bounds], Outline]] = {
    "JPEG": outline_jpeg,
    "PNG": outline_png,
    "WEBP": outline_webp,
    "GIF": outline_gif,
    "BMP": outline_bmp,
    "TIFF": outline_tiff,
    "AVIF": outline_boxes,
    "HEIF": outline_boxes,
}
FORMATS = tuple(READERS)

_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)
_BMP_HEADERS = {size.to_bytes(4, "little") for size in (12, 40, 52, 56, 64, 108, 124)}


def sniff(data: bytes) -> str | None:
    """The allowed format that the first bytes belong to, or None. The file name is not asked."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return brand_of(data)
    # "BM" alone begins many a text; the header size after it does not.
    return "BMP" if data[:2] == b"BM" and data[14:18] in _BMP_HEADERS else None


def admit(data: bytes, bounds: Bounds) -> tuple[str, Outline]:
    """The format and the outline of a picture that may be decoded. Raises `BadImage`."""
    if not data:
        raise BadImage("empty", "0 bytes")
    if len(data) > bounds.max_bytes:
        raise BadImage("too_large", f"{len(data):,} bytes, the bound is {bounds.max_bytes:,}")
    kind = sniff(data)
    if kind is None:
        raise BadImage("not_an_image", f"{_guess(data)}; read are {', '.join(FORMATS)}")
    outline = READERS[kind](data, bounds)
    if outline.pixels:
        check_size(kind, outline.width, outline.height, bounds)
    return kind, outline


def _guess(data: bytes) -> str:
    """What a refused file seems to be, for people."""
    head = data[:512].lstrip().lower()
    if data[4:8] == b"ftyp":
        return "a video"
    if head.startswith((b"<svg", b"<?xml")) or b"<svg" in head:
        return "SVG or XML"
    if head.startswith((b"<!doctype", b"<html")):
        return "HTML"
    if head.startswith((b"%pdf", b"%!ps")):
        return "PDF or PostScript"
    return "no known image signature"
